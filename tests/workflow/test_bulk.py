"""Many decisions in one press: each its own act, on the digest its row showed; nothing a single one could not do."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry
from plans.enums import Confirmation
from tests.office import Office, last_digest, make_assignment, open_step, walk
from tests.threads import race
from workflow import services
from workflow.models import Assignment, Case, Step
from workflow.services import Result

pytestmark = pytest.mark.django_db
BULK = "/viec/nhieu/"


def at(office: Office, stage: str, number: int = 1) -> list[Assignment]:
    made = [make_assignment(office, task=f"Việc {stage} {n}") for n in range(number)]
    for one in made:
        walk(office, one, stage)
    return made


def ticked(*assignments: Assignment) -> dict[str, list[str]]:
    return {"muc": [f"{open_step(one).pk}:{last_digest(one)}" for one in assignments]}


def press(client: Client, office: Office, name: str, data: dict[str, object]) -> str:
    client.force_login(office[name])
    answer = client.post(BULK, data)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def confirmable(office: Office) -> Assignment:
    """Văn phòng may say the last word on it: there is a later period."""
    first, later = make_assignment(office), make_assignment(office)
    Assignment.objects.filter(pk=later.pk).update(measure=first.measure, period=2)
    first.measure.confirmation = Confirmation.OFFICE
    first.measure.save()
    walk(office, first, "review")
    return first


def test_inbox_offers_ticks_to_judges_only(client: Client, office: Office) -> None:
    (waiting,) = at(office, "review")
    make_assignment(office, lead=office.office)
    client.force_login(office["chief"])
    page = client.get("/viec/").content.decode()
    assert re.findall(r'name="viec" value="(\d+)"', page) == [str(open_step(waiting).pk)]
    assert "data-bulk-bar" in page
    client.force_login(office["other_head"])
    assert "data-bulk" not in client.get("/viec/").content.decode()


def test_rows_show_what_is_decided_on(client: Client, office: Office) -> None:
    one, other = at(office, "review", 2)
    client.force_login(office["reviewer"])
    page = unescape(client.get(BULK, {"viec": [open_step(one).pk, open_step(other).pk]}).content.decode())
    for assignment in (one, other):
        assert f'value="{open_step(assignment).pk}:{last_digest(assignment)}"' in page
    assert "Trình duyệt 02 nhiệm vụ" in page
    assert "Đã xong" in page


def test_office_accepts_many_each_in_its_own_act(client: Client, office: Office) -> None:
    both = at(office, "review", 2)
    page = press(client, office, "reviewer", ticked(*both))
    assert "Đã xử lý 02 nhiệm vụ" in page
    assert [open_step(one).stage for one in both] == ["approve", "approve"]
    assert Entry.objects.filter(verb="review.accepted").count() == 2


def test_leader_approves_many(client: Client, office: Office) -> None:
    both = at(office, "approve", 2)
    assert "Đã xử lý 02 nhiệm vụ" in press(client, office, "leader", ticked(*both))
    assert set(Case.objects.values_list("status", flat=True)) == {"DONE"}


def test_each_row_says_what_came_of_it(client: Client, office: Office) -> None:
    done, changed, gone = at(office, "approve", 3)
    data = ticked(done, changed, gone)
    data["muc"][1] = f"{open_step(changed).pk}:{'0' * 64}"
    walk(office, gone, "end")
    page = press(client, office, "leader", data)
    assert "Đã xử lý 01 nhiệm vụ" in page
    assert "Hồ sơ đã có lần nộp khác" in page
    assert "Đã có người xử lý." in page
    assert open_step(changed).stage == "approve"


def test_only_rows_that_are_ticked_are_done(client: Client, office: Office) -> None:
    one, other = at(office, "approve", 2)
    press(client, office, "leader", ticked(one))
    assert open_step(other).stage == "approve"


def test_nobody_does_in_bulk_what_they_may_not_do_singly(client: Client, office: Office) -> None:
    (waiting,) = at(office, "approve")
    for name in ("reviewer", "clerk", "other_leader"):
        page = press(client, office, name, ticked(waiting))
        assert "Bạn không có quyền" in page
        assert "Đã xử lý 00" in page
    assert open_step(waiting).stage == "approve"


def test_officer_finds_no_step_of_the_judges(client: Client, office: Office) -> None:
    own, strange = at(office, "review", 1), make_assignment(office, lead=office.other_division)
    walk(office, strange, "review", officer="other_officer", head="other_head")
    page = press(client, office, "officer", ticked(strange))
    assert strange.case.code not in page
    assert open_step(own[0]).stage == "review"


def test_another_agency_is_not_there(client: Client, office: Office, other_office: Office) -> None:
    (theirs,) = at(other_office, "review")
    client.force_login(office["reviewer"])
    page = client.get(BULK, {"viec": [open_step(theirs).pk]}).content.decode()
    assert theirs.case.title not in page
    page = press(client, office, "reviewer", ticked(theirs))
    assert theirs.case.code not in page
    assert open_step(theirs).stage == "review"


def test_nothing_ticked_is_said(client: Client, office: Office) -> None:
    (waiting,) = at(office, "review")
    client.force_login(office["reviewer"])
    answer = client.post(BULK, {"viec": open_step(waiting).pk})
    assert answer.status_code == 409
    assert "Chưa chọn nhiệm vụ nào" in answer.content.decode()
    assert waiting.case.code in answer.content.decode()


def test_office_confirms_in_bulk_only_what_it_may(client: Client, office: Office) -> None:
    allowed, (not_allowed,) = confirmable(office), at(office, "review")
    data: dict[str, object] = ticked(allowed, not_allowed)
    steps = [open_step(allowed).pk, open_step(not_allowed).pk]
    client.force_login(office["reviewer"])
    page = client.get(BULK, {"viec": steps}).content.decode()
    assert [f'name="cach-{key}"' in page for key in steps] == [True, False]
    data |= {f"cach-{key}": "confirmed" for key in steps}
    page = press(client, office, "reviewer", data)
    assert Case.objects.get(pk=allowed.pk).status == "DONE"
    assert "Nhiệm vụ này do lãnh đạo phê duyệt." in page
    assert open_step(not_allowed).stage == "review"


@pytest.mark.parametrize("rows", [1, 3])
def test_page_costs_the_same_for_any_number(
    client: Client, office: Office, other_office: Office, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = at(office, "review", rows)
    at(other_office, "review")
    keys = [open_step(one).pk for one in made]
    client.force_login(office["reviewer"])
    with django_assert_num_queries(10):
        assert client.get(BULK, {"viec": keys}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_bulk_against_single_presses(office: Office) -> None:
    made = at(office, "approve", 3)
    shown = [(Step.objects.select_related("process").get(pk=open_step(one).pk), last_digest(one)) for one in made]
    rights = office.rights("leader")
    took = race([
        lambda: services.approve_many(shown, rights),
        lambda: services.approve_many(reversed(shown), rights),
        lambda: services.approve(shown[1][0].pk, rights, seen=shown[1][1]),
    ])  # fmt: skip
    results = [one for some in took if isinstance(some, list) for one in some]
    assert all(isinstance(one, Result) and one.refusal in {"", services.ALREADY_DONE} for one in results)
    single = isinstance(took[2], Step)
    assert sum(not one.refusal for one in results) + single == 3
    assert Entry.objects.filter(verb="approve.approved").count() == 3
