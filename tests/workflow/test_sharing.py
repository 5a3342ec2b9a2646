"""Kết quả dùng chung: one product counts in two or three live plans; one level, no circle, by hands that took no part."""

from __future__ import annotations

from datetime import date, datetime
from html import unescape
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say
from organization.calendar import soon_until
from tests.journeys.house import hand_in
from tests.office import Office, last_digest, make_assignment, make_plan, open_step, walk
from tests.threads import race
from workflow import closing, services, sharing, stopping
from workflow.errors import Refused
from workflow.models import Assignment, Case, ResultShare, SharedResult, Step
from workflow.timeliness import State

pytestmark = pytest.mark.django_db
NOON = "T12:00:00+07:00"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(f"2026-11-09{NOON}", tick=False) as traveller:
        yield traveller


def row(office: Office, due: date | None = None, **more: Any) -> Assignment:
    """A row of a plan of its own."""
    return make_assignment(office, version=make_plan(office), due=due or date(2026, 11, 30), **more)


def state(assignment: Assignment, office: Office) -> State:
    cases = Case.objects.with_timeliness(localdate(), soon_until(office.agency.pk, localdate()))
    return State(cases.get(pk=assignment.pk).timeliness)


def share(office: Office, one: Assignment, other: Assignment, who: str = "director") -> SharedResult:
    return sharing.share(one.pk, other.pk, office.rights(who))


def test_accepted_result_is_the_result_of_both_with_its_day_and_papers(office: Office, clock: Any) -> None:
    one, other = row(office), row(office, due=date(2026, 11, 6), lead=office.other_division)
    share(office, one, other)
    walk(office, one, "execute")
    hand_in(office, one)
    clock.move_to(datetime.fromisoformat(f"2026-11-10{NOON}"))
    walk(office, one, "approve")
    assert open_step(other).stage == "assign"
    clock.move_to(datetime.fromisoformat(f"2026-11-20{NOON}"))
    walk(office, one, "end")
    made, took = one.submissions.get(), other.submissions.get()
    assert (took.on, made.on) == (date(2026, 11, 10), date(2026, 11, 10))
    assert [d.document_id for d in took.documents.all()] == [d.document_id for d in made.documents.all()] != []
    assert took.statement == f"Kết quả dùng chung với nhiệm vụ {one.case.code}, {one.case.plan}, lần nộp thứ 1: Đã xong"
    # each has its own due date and its own lateness
    assert (state(one, office), state(other, office)) == (State.DONE, State.DONE_LATE)
    last = Step.objects.get(process_id=other.pk, pulled=True)
    assert (last.outcome, last.acted_by) == ("shared", office["leader"])
    assert Entry.objects.filter(verb="assign.shared", subject=other.case.subject).count() == 1
    names = {person.pk: name for name, person in office.people.items()}
    told = Notice.objects.filter(kind="case.shared")
    assert sorted(names[notice.to_id] for notice in told) == ["chief", "other_head", "reviewer"]
    assert "hoàn thành theo kết quả ấy" in say([told[0]])[told[0].pk].text


def test_result_that_is_there_already_counts_at_once(office: Office) -> None:
    one, other = row(office), row(office)
    walk(office, one, "end")
    share(office, one, other)
    assert state(other, office) == State.DONE
    assert other.submissions.get().on == one.submissions.get().on


def test_three_plans_and_no_fourth(office: Office) -> None:
    one, *others = (row(office) for _ in range(4))
    share(office, one, others[0])
    share(office, one, others[1])
    with pytest.raises(Refused, match="ba kế hoạch"):
        share(office, one, others[2])
    walk(office, one, "end")
    assert [state(other, office) for other in others[:2]] == [State.DONE, State.DONE]
    assert open_step(others[2])


def test_one_level_and_no_circle(office: Office) -> None:
    one, two, three, four = (row(office) for _ in range(4))
    share(office, one, two)
    for main, other, words in ((two, three, "đang dùng kết quả"), (two, one, "đang dùng kết quả"), (four, one, "đã dùng chung"),
                               (four, two, "đã dùng chung"), (one, two, "đã dùng chung"), (one, one, "cùng một kế hoạch")):  # fmt: skip
        with pytest.raises(Refused, match=words):
            share(office, main, other)
    assert ResultShare.objects.count() == 2


def test_two_rows_of_one_plan_do_not_share(office: Office) -> None:
    version = make_plan(office)
    one, two = (make_assignment(office, version=version) for _ in range(2))
    with pytest.raises(Refused, match="cùng một kế hoạch"):
        share(office, one, two)
    third = row(office)
    share(office, third, one)
    with pytest.raises(Refused, match="đã có một dòng"):
        share(office, third, two)


def test_what_is_over_or_handed_in_takes_no_result(office: Office) -> None:
    one, over, handed = row(office), row(office), row(office)
    walk(office, over, "end")
    walk(office, handed, "review")
    with pytest.raises(Refused, match="đã kết thúc"):
        share(office, one, over)
    with pytest.raises(Refused, match="đang chờ quyết định"):
        share(office, one, handed)
    stopping.discontinue(open_step(one).pk, office.rights("director"), number="1/QĐ", dated=localdate())
    with pytest.raises(Refused, match="không có kết quả"):
        share(office, one, row(office))


def test_round_of_its_own_is_decided_by_itself(office: Office) -> None:
    one, other = row(office), row(office)
    share(office, one, other)
    walk(office, other, "review")
    walk(office, one, "end")
    assert open_step(other).stage == "review"


@pytest.mark.parametrize("name", ["head", "officer", "clerk", "viewer", "administrator"])
def test_others_may_not(office: Office, name: str) -> None:
    one, other = row(office), row(office)
    with pytest.raises(PermissionDenied):
        share(office, one, other, name)
    share(office, one, other)
    with pytest.raises(PermissionDenied):
        sharing.withdraw(other.pk, office.rights(name))


def test_who_took_part_in_either_row_may_not(office: Office) -> None:
    one, other = row(office), row(office)
    own = row(office, lead=office.office)
    share(office, one, other, "reviewer")
    with pytest.raises(Refused, match="đã tham gia"):
        share(office, one, own, "reviewer")


def test_stranger_finds_neither(office: Office, other_office: Office) -> None:
    one, other, theirs = row(office), row(office), row(other_office)
    for main, second in ((one, other), (one, theirs), (theirs, one)):
        with pytest.raises(Case.DoesNotExist):
            sharing.share(main.pk, second.pk, other_office.rights("director"))
    for name in ("share_result", "unshare_result"):
        client = Client()
        client.force_login(other_office["director"])
        assert client.post(reverse(f"workflow:{name}", args=[one.pk]), {"case": other.pk}).status_code == 404


def test_result_that_is_looked_at_again_is_none_elsewhere(office: Office) -> None:
    one, other = row(office), row(office)
    share(office, one, other)
    walk(office, other, "execute")
    walk(office, one, "end")
    services.reopen(one.case, office.rights("director"), reason="Số liệu sai")
    assert (open_step(one).stage, open_step(other).stage) == ("execute", "execute")
    walk(office, one, "end")
    assert state(other, office) == State.DONE
    assert other.submissions.count() == 2


def test_closed_year_keeps_its_result(office: Office) -> None:
    one, other = row(office), row(office)
    share(office, one, other)
    walk(office, one, "end")
    closing.close_plan(other.case.plan_id, office.rights("director"))
    services.reopen(one.case, office.rights("director"), reason="Số liệu sai")
    assert state(other, office) == State.DONE


def test_sharing_is_taken_back_until_it_counts(office: Office) -> None:
    one, other = row(office), row(office)
    share(office, one, other)
    with pytest.raises(Refused, match="không dùng kết quả"):
        sharing.withdraw(one.pk, office.rights("director"))
    sharing.withdraw(other.pk, office.rights("director"))
    assert not SharedResult.objects.exists()
    walk(office, one, "end")
    assert open_step(other)
    share(office, one, other)
    with pytest.raises(Refused, match="Mở lại nhiệm vụ"):
        sharing.withdraw(other.pk, office.rights("director"))
    verbs = (
        Entry.objects.filter(subject=other.case.subject, verb__contains="shared")
        .order_by("pk")
        .values_list("verb", flat=True)
    )
    assert list(verbs) == ["case.result_shared", "case.result_unshared", "case.result_shared", "assign.shared"]


def test_both_rows_hear_each_time(office: Office) -> None:
    one, other = row(office), row(office, lead=office.other_division)
    share(office, one, other)
    sharing.withdraw(other.pk, office.rights("director"))
    names = {person.pk: name for name, person in office.people.items()}
    told = sorted(names[notice.to_id] for notice in Notice.objects.filter(kind="case.sharing"))
    assert told == sorted(2 * ["chief", "reviewer", "head", "deputy", "chief", "reviewer", "other_head"])
    assert all(say([notice])[notice.pk].url for notice in Notice.objects.filter(kind="case.sharing"))


def test_database_keeps_it_flat(office: Office) -> None:
    one, other, more = row(office), row(office), row(office)
    result = share(office, one, other)
    now = ResultShare.objects.all()[0].at

    def put(**given: Any) -> Any:
        fields = {
            "case": more.case,
            "result": result,
            "plan": more.case.plan,
            "position": 3,
            "by": office["chief"],
            "at": now,
        }
        return lambda: ResultShare.objects.create(**fields | given)

    for write in (put(position=4), put(position=2), put(plan=one.case.plan), put(case=one.case)):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


@pytest.mark.django_db(transaction=True)
def test_sharing_while_the_result_is_accepted(office: Office) -> None:
    for _ in range(3):
        one, other = row(office), row(office)
        step = walk(office, one, "approve")
        seen, leader, director = last_digest(one), office.rights("leader"), office.rights("director")
        results = race([
            lambda: services.approve(step.pk, leader, seen=seen),
            lambda: sharing.share(one.pk, other.pk, director),
        ])  # fmt: skip
        assert not any(isinstance(result, Exception) for result in results), results
        assert state(other, office) == State.DONE


def test_pages(office: Office) -> None:
    one, other, alike = (
        row(office, task="Rà soát thủ tục"),
        row(office, task="Khảo sát hài lòng"),
        row(office, task="Rà soát các thủ tục"),
    )
    client, url = Client(), reverse("workflow:share_result", args=[one.pk])
    client.force_login(office["head"])
    assert client.get(url).status_code == 403
    client.force_login(office["director"])
    page = unescape(client.get(url).content.decode())
    assert page.index("Rà soát các thủ tục") < page.index("Khảo sát hài lòng")
    page = unescape(client.get(url, {"tim": "khao sat"}).content.decode())
    assert ("Khảo sát hài lòng" in page, "Rà soát các thủ tục" in page) == (True, False)
    assert client.post(url, {}).status_code == 409
    assert client.post(url, {"case": "9" * 30}).status_code == 409
    assert client.post(url, {"case": 10**12}).status_code == 404
    assert client.post(url, {"case": one.pk}).status_code == 409
    assert client.post(url, {"case": alike.pk}).status_code == 302
    for work in (one, alike):
        page = unescape(client.get(reverse("workflow:task", args=[work.pk])).content.decode())
        assert "Kết quả dùng chung" in page
        assert ("Thôi dùng chung" in page) == (work == alike)
    assert client.post(reverse("workflow:unshare_result", args=[alike.pk])).status_code == 302
    assert client.get(reverse("workflow:unshare_result", args=[alike.pk])).status_code == 405
    assert not ResultShare.objects.exists()
    assert open_step(other)
