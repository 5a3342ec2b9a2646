"""Kinds are asked for many notices at once; a broken kind or record stops nothing else."""

from collections.abc import Sequence

import pytest
from django.utils.timezone import now

from notifications import registry
from notifications.models import Notice
from notifications.registry import Said, register, say, still_true
from tests.office import Office, numbers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_kinds", {})


def owe(office: Office, kind: str, **params: object) -> Notice:
    return Notice.objects.create(agency=office.agency, to=office["officer"], kind=kind, subject="x:1", key=f"{kind}:{next(numbers)}",
                                 params=params, at=now())  # fmt: skip


def render(notices: Sequence[Notice]) -> list[Said]:
    return [Said(notice.params["title"], "", "") for notice in notices]


def test_notices_of_kinds_that_share_a_function_are_said_together(office: Office) -> None:
    calls: list[int] = []

    def counting(notices: Sequence[Notice]) -> list[Said]:
        calls.append(len(notices))
        return render(notices)

    register("a", counting, lambda notices: set())
    register("b", counting, lambda notices: set())
    first, second, third = (owe(office, kind, title=title) for kind, title in (("a", "1"), ("b", "2"), ("a", "3")))
    said = say([first, second, third])
    assert calls == [3]
    assert [said[notice.pk].title for notice in (first, second, third)] == ["1", "2", "3"]


def test_poisoned_record_stops_no_other(office: Office) -> None:
    register("a", render, lambda notices: set())
    first, poisoned, last = owe(office, "a", title="1"), owe(office, "a"), owe(office, "a", title="3")
    said = say([first, poisoned, last])
    assert (said[first.pk].title, said[last.pk].title) == ("1", "3")
    assert said[poisoned.pk] == Said(f"Thông báo số {poisoned.pk}", "Thông báo này không hiển thị được. Báo quản trị kèm số thông báo.", "")  # fmt: skip


def test_kind_that_nobody_registered_is_shown_as_such(office: Office) -> None:
    notice = owe(office, "from.the.past")
    assert say([notice])[notice.pk].title == f"Thông báo số {notice.pk}"
    assert still_true([notice]) == {notice.pk}


def test_renderer_that_answers_too_little_is_asked_one_by_one(office: Office) -> None:
    register("a", lambda notices: render(notices)[:1], lambda notices: set())
    first, second = owe(office, "a", title="1"), owe(office, "a", title="2")
    assert {words.title for words in say([first, second]).values()} == {"1", "2"}


def test_record_that_cannot_be_asked_is_kept(office: Office) -> None:
    register("a", render, lambda notices: {notice.pk for notice in notices if notice.params["true"]})
    true, false, poisoned = owe(office, "a", true=True), owe(office, "a", true=False), owe(office, "a")
    assert still_true([true, false, poisoned]) == {true.pk, poisoned.pk}
