"""Rút lại, tạm dừng, tiếp tục, dừng thực hiện, mở lại: what each does, whom it tells, and every kind of no."""

from __future__ import annotations

from datetime import date, datetime
from html import unescape
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, now

from audit.models import Entry
from evidence.models import Document
from notifications.models import Notice
from notifications.registry import still_true
from organization.calendar import soon_until
from organization.models import WorkingDay
from tests.journeys.house import evidence
from tests.office import Office, last_digest, make_assignment, open_step, walk
from workflow import services, stopping
from workflow.errors import Paused, Refused
from workflow.models import Assignment, Case, Reminder, Sighting, Step, Suspension
from workflow.reminders import remind
from workflow.timeliness import State

pytestmark = pytest.mark.django_db
NOON = "T12:00:00+07:00"


@pytest.fixture
def clock() -> Any:
    """Monday, 9 November 2026."""
    with time_machine.travel(f"2026-11-09{NOON}", tick=False) as traveller:
        yield traveller


def on(clock: Any, day: date) -> None:
    clock.move_to(datetime.fromisoformat(f"{day}{NOON}"))


def state(assignment: Assignment, office: Office) -> State:
    cases = Case.objects.with_timeliness(localdate(), soon_until(office.agency.pk, localdate()))
    return State(cases.get(pk=assignment.pk).timeliness)


def told(kind: str, office: Office) -> set[str]:
    names = {person.pk: name for name, person in office.people.items()}
    return {names[notice.to_id] for notice in Notice.objects.filter(kind=kind).order_by("pk")}


def page(office: Office, name: str, address: str, data: dict[str, Any] | None = None) -> Any:
    client = Client()
    client.force_login(office[name])
    return client.get(address) if data is None else client.post(address, data)


def text(answer: Any) -> str:
    return unescape(answer.content.decode())


# --- tạm dừng


def test_paused_work_stands_still_for_everybody(office: Office, clock: Any) -> None:
    assignment = make_assignment(office, due=date(2026, 11, 11))
    step = walk(office, assignment, "execute")
    stopping.suspend(assignment.pk, office.rights("chief"), reason="Chờ hướng dẫn của tỉnh")
    with pytest.raises(Paused, match="tạm dừng"):
        services.finish(step.pk, office.rights("officer"), statement="Xong")
    assert not Step.objects.inbox(office.rights("officer")).filter(pk=step.pk).exists()
    assert state(assignment, office) == State.PAUSED
    assert told("case.paused", office) == {"officer", "head", "deputy", "reviewer"}
    assert Entry.objects.filter(verb="case.paused", subject=assignment.case.subject).count() == 1


def test_paused_work_is_not_reminded_and_what_was_owed_is_withdrawn(office: Office, clock: Any) -> None:
    assignment = make_assignment(office, due=date(2026, 11, 10))
    walk(office, assignment, "execute")
    remind(localdate())
    notice = Notice.objects.get(kind="reminder")
    assert still_true([notice]) == {notice.pk}
    stopping.suspend(assignment.pk, office.rights("leader"), reason="Chờ hướng dẫn")
    assert still_true([notice]) == set()
    on(clock, date(2026, 11, 12))
    remind(localdate())
    assert Reminder.objects.count() == 1


def test_due_date_moves_by_the_working_days_lost_and_the_original_stays(office: Office, clock: Any) -> None:
    """Paused on Monday, on again the Monday after: five working days, one of them a holiday."""
    assignment = make_assignment(office, due=date(2026, 11, 18))
    walk(office, assignment, "execute")
    WorkingDay.objects.filter(day=date(2026, 11, 11)).update(works=False)
    stopping.suspend(assignment.pk, office.rights("chief"), reason="Chờ hướng dẫn")
    on(clock, date(2026, 11, 16))
    then = stopping.resume(assignment.pk, office.rights("leader"))
    case = Case.objects.get(pk=assignment.pk)
    assert (then.days, case.due_on, case.original_due_on) == (4, date(2026, 11, 24), date(2026, 11, 18))
    assert Suspension.objects.get().until == date(2026, 11, 16)
    assert told("case.resumed", office) == {"officer", "head", "deputy", "reviewer", "chief"}
    services.finish(open_step(assignment).pk, office.rights("officer"), statement="Xong")


def test_pause_within_one_day_moves_nothing(office: Office, clock: Any) -> None:
    assignment = make_assignment(office, due=date(2026, 11, 18))
    stopping.suspend(assignment.pk, office.rights("chief"), reason="Nhầm")
    assert stopping.resume(assignment.pk, office.rights("chief")).days == 0
    assert Case.objects.get(pk=assignment.pk).due_on == date(2026, 11, 18)


def test_late_round_does_not_come_in_time_by_a_pause_at_its_judge(office: Office, clock: Any) -> None:
    assignment = make_assignment(office, due=date(2026, 11, 6))
    walk(office, assignment, "review")
    stopping.suspend(assignment.pk, office.rights("leader"), reason="Chờ hướng dẫn")
    on(clock, date(2026, 11, 20))
    assert stopping.resume(assignment.pk, office.rights("leader")).days == 0
    assert state(assignment, office) == State.SUBMITTED_LATE


def test_answer_to_a_request_for_papers_waits_as_long(office: Office, clock: Any) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    asked = services.ask_for_papers(
        step.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Thiếu biểu"
    )
    until = asked.answer_by
    stopping.suspend(assignment.pk, office.rights("chief"), reason="Chờ")
    on(clock, date(2026, 11, 16))
    stopping.resume(assignment.pk, office.rights("chief"))
    assert until is not None
    assert (open_step(assignment).answer_by - until).days == 7  # type: ignore[operator]


def test_pause_is_said_once_and_only_what_is_paused_goes_on(office: Office, clock: Any) -> None:
    assignment = make_assignment(office)
    rights = office.rights("chief")
    with pytest.raises(Refused, match="lý do"):
        stopping.suspend(assignment.pk, rights, reason=" ")
    with pytest.raises(Refused, match="không còn tạm dừng"):
        stopping.resume(assignment.pk, rights)
    stopping.suspend(assignment.pk, rights, reason="Chờ")
    with pytest.raises(Refused, match="đang tạm dừng rồi"):
        stopping.suspend(assignment.pk, rights, reason="Chờ nữa")


@pytest.mark.parametrize("name", ["head", "officer", "clerk", "viewer", "administrator"])
def test_only_office_and_leadership_pause(office: Office, name: str) -> None:
    assignment = make_assignment(office)
    for verb in (
        lambda: stopping.suspend(assignment.pk, office.rights(name), reason="Chờ"),
        lambda: stopping.resume(assignment.pk, office.rights(name)),
    ):
        with pytest.raises(PermissionDenied):
            verb()


def test_another_agency_pauses_nothing_here(office: Office, other_office: Office) -> None:
    assignment = make_assignment(office)
    with pytest.raises(Case.DoesNotExist):
        stopping.suspend(assignment.pk, other_office.rights("chief"), reason="Chờ")


def test_ended_work_is_not_paused(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "end")
    with pytest.raises(Refused, match="đã kết thúc"):
        stopping.suspend(assignment.pk, office.rights("chief"), reason="Chờ")


def test_paused_work_is_not_recalled(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    stopping.suspend(assignment.pk, office.rights("chief"), reason="Chờ")
    with pytest.raises(Paused):
        services.recall(step.pk, office.rights("head"))


def test_page_of_a_paused_step_says_so_and_keeps_what_was_typed(office: Office, clock: Any) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "execute")
    stopping.suspend(assignment.pk, office.rights("chief"), reason="Chờ hướng dẫn của tỉnh.")
    shown = page(office, "officer", f"/buoc/{step.pk}/thuc-hien/")
    assert (shown.status_code, "Chờ hướng dẫn của tỉnh. Chưa xử lý được" in text(shown)) == (200, True)
    sent = page(office, "officer", f"/buoc/{step.pk}/thuc-hien/", {"statement": "Đã rà soát 12 thủ tục"})
    assert (sent.status_code, "Đã rà soát 12 thủ tục" in text(sent)) == (409, True)
    task = text(page(office, "officer", f"/nhiem-vu/{assignment.pk}/"))
    assert "Nhiệm vụ tạm dừng từ ngày 09/11/2026" in task
    assert "đã tạm dừng" in task
    assert "Tạm dừng" in text(page(office, "officer", "/nhiem-vu/?tinh_trang=paused"))


def test_days_of_a_pause_are_nobodys(office: Office, clock: Any) -> None:
    assignment = make_assignment(office, due=date(2026, 12, 18))
    walk(office, assignment, "execute")
    stopping.suspend(assignment.pk, office.rights("chief"), reason="Chờ")
    on(clock, date(2026, 11, 16))
    stopping.resume(assignment.pk, office.rights("chief"))
    on(clock, date(2026, 11, 18))
    services.finish(open_step(assignment).pk, office.rights("officer"), statement="Xong")
    assert "Thực hiện: 02 ngày làm việc" in text(page(office, "officer", f"/nhiem-vu/{assignment.pk}/"))


# --- dừng thực hiện, mở lại


def test_decision_ends_the_work_with_its_paper(office: Office, clock: Any) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "approve")
    stopping.suspend(assignment.pk, office.rights("chief"), reason="Chờ")
    stopping.discontinue(step.pk, office.rights("chief"), number="15/QĐ-SKHĐT", dated=date(2026, 11, 6), note="Bỏ chỉ tiêu",
                         by=office["chief"], files=[evidence("15/QĐ-SKHĐT")])  # fmt: skip
    assert state(assignment, office) == State.DROPPED
    assert told("case.dropped", office) == {"officer", "head", "deputy", "reviewer", "leader"}
    assert Suspension.objects.get().ended_by == office["chief"]
    assert Document.objects.get(uses__subject=assignment.case.subject).number == "15/QĐ-SKHĐT"
    shown = text(page(office, "officer", f"/nhiem-vu/{assignment.pk}/"))
    assert "Quyết định 15/QĐ-SKHĐT ngày 06/11/2026. Bỏ chỉ tiêu" in shown
    assert "đã cho tiếp tục" not in shown
    with pytest.raises(Refused, match="đã được xử lý"):
        services.approve(step.pk, office.rights("leader"), seen=last_digest(assignment))


def test_refused_decision_leaves_no_paper(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "end")
    with pytest.raises(Refused):
        stopping.discontinue(step.pk, office.rights("chief"), number="15/QĐ", dated=localdate(), by=office["chief"],
                             files=[evidence()])  # fmt: skip
    assert not Document.objects.exists()


def test_reopened_work_tells_officer_head_and_office(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "end")
    case = Case.objects.get(pk=assignment.pk)
    services.reopen(case, office.rights("leader"), reason="Số liệu chưa khớp")
    assert told("case.reopened", office) == {"officer", "head", "deputy", "reviewer", "chief"}
    with pytest.raises(Refused, match="không cần mở lại"):
        services.reopen(case, office.rights("leader"), reason="Nữa")
    shown = text(page(office, "officer", f"/nhiem-vu/{assignment.pk}/"))
    assert "đã mở lại" in shown
    assert "Số liệu chưa khớp" in shown


# --- rút lại


def test_recall_tells_the_head_and_who_would_have_judged(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    services.recall(step.pk, office.rights("head"))
    assert told("case.recalled", office) == {"officer", "deputy", "chief", "reviewer"}
    assert open_step(assignment).stage == "submit"


# --- pages


VERBS = {
    "tam-dung": {"reason": "Chờ hướng dẫn"},
    "dung-thuc-hien": {"number": "15/QĐ-SKHĐT", "dated": "06/11/2026", "note": ""},
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("name", "status"), [("chief", 200), ("leader", 200), ("head", 403), ("viewer", 403), ("other_head", 404)])  # fmt: skip
def test_page_of_a_verb_is_for_who_may(office: Office, verb: str, name: str, status: int) -> None:
    assignment = make_assignment(office)
    assert page(office, name, f"/nhiem-vu/{assignment.pk}/{verb}/").status_code == status


@pytest.mark.parametrize("verb", ["rut-lai", "tam-dung", "tiep-tuc", "dung-thuc-hien", "mo-lai"])
def test_strangers_find_no_verb(office: Office, other_office: Office, verb: str) -> None:
    assignment = make_assignment(other_office)
    for name in ("leader", "chief", "head"):
        assert page(office, name, f"/nhiem-vu/{assignment.pk}/{verb}/").status_code == 404
        assert page(office, name, f"/nhiem-vu/{assignment.pk}/{verb}/", {}).status_code == 404


@pytest.mark.parametrize("verb", VERBS)
def test_press_does_it_and_says_so(office: Office, verb: str) -> None:
    assignment = make_assignment(office)
    answer = page(office, "chief", f"/nhiem-vu/{assignment.pk}/{verb}/", VERBS[verb])
    assert (answer.status_code, answer.url) == (302, f"/nhiem-vu/{assignment.pk}/")
    again = page(office, "chief", f"/nhiem-vu/{assignment.pk}/{verb}/", VERBS[verb])
    assert again.status_code == 409
    assert page(office, "chief", f"/nhiem-vu/{assignment.pk}/{verb}/").status_code == 302


@pytest.mark.parametrize("verb", VERBS)
def test_missing_words_are_asked_for(office: Office, verb: str) -> None:
    assignment = make_assignment(office)
    answer = page(office, "chief", f"/nhiem-vu/{assignment.pk}/{verb}/", {})
    assert answer.status_code == 200
    assert "Chưa ghi" in text(answer)


def test_decision_of_tomorrow_is_not_taken(office: Office) -> None:
    assignment = make_assignment(office)
    data = {"number": "15/QĐ", "dated": "31/12/2098"}
    assert "không sau ngày" in text(page(office, "chief", f"/nhiem-vu/{assignment.pk}/dung-thuc-hien/", data))
    assert open_step(assignment)


def test_resumption_says_what_becomes_of_the_dates(office: Office, clock: Any) -> None:
    assignment = make_assignment(office, due=date(2026, 11, 18))
    stopping.suspend(assignment.pk, office.rights("chief"), reason="Chờ")
    on(clock, date(2026, 11, 12))
    address = f"/nhiem-vu/{assignment.pk}/tiep-tuc/"
    assert "Đã mất 03 ngày làm việc: thời hạn 18/11/2026 lùi đến 23/11/2026" in text(page(office, "chief", address))
    assert page(office, "chief", address, {}).status_code == 302
    assert page(office, "chief", address, {}).status_code == 409


def test_head_recalls_from_the_page_until_it_is_opened(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    address = f"/nhiem-vu/{assignment.pk}/rut-lai/"
    assert "Rút lại" in text(page(office, "head", f"/nhiem-vu/{assignment.pk}/"))
    assert "sẽ trở lại bước trước" in text(page(office, "head", address))
    assert page(office, "reviewer", address).status_code == 403
    Sighting.objects.create(step=step, user=office["reviewer"], at=step.created)
    refused = page(office, "head", address, {"step": step.pk})
    assert (refused.status_code, "đã mở xem" in text(refused)) == (409, True)
    Sighting.objects.all().delete()
    assert page(office, "head", address, {"step": step.pk}).status_code == 302
    assert open_step(assignment).stage == "submit"


def test_what_has_gone_on_is_not_recalled(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    walk(office, assignment, "approve")
    answer = page(office, "head", f"/nhiem-vu/{assignment.pk}/rut-lai/", {"step": step.pk})
    assert (answer.status_code, "đã được xử lý" in text(answer)) == (409, True)
    assert page(office, "head", f"/nhiem-vu/{assignment.pk}/rut-lai/").status_code == 302


def test_leadership_reopens_from_the_page_and_nobody_else(office: Office) -> None:
    assignment = make_assignment(office)
    address = f"/nhiem-vu/{assignment.pk}/mo-lai/"
    assert page(office, "leader", address).status_code == 302  # still under way
    walk(office, assignment, "end")
    assert page(office, "chief", address).status_code == 403
    assert "Chưa ghi lý do" in text(page(office, "leader", address, {}))
    assert page(office, "leader", address, {"reason": "Số liệu chưa khớp"}).status_code == 302
    assert open_step(assignment).stage == "execute"
    assert page(office, "leader", address, {"reason": "Nữa"}).status_code == 409


# --- the inbox's line of what may be recalled


def test_inbox_names_what_was_just_handed_on_until_it_is_opened(
    office: Office, other_office: Office, clock: Any
) -> None:
    assignment, theirs = make_assignment(office), make_assignment(other_office)
    walk(office, assignment, "submit")
    walk(other_office, theirs, "submit")
    inbox = reverse("workflow:inbox")
    link = reverse("workflow:recall", args=[assignment.pk])
    assert link in text(page(office, "officer", inbox))
    assert link not in text(page(office, "head", inbox))
    stopping.suspend(assignment.pk, office.rights("chief"), reason="Chờ hướng dẫn")
    assert link not in text(page(office, "officer", inbox))
    stopping.resume(assignment.pk, office.rights("chief"))
    Sighting.objects.create(step=open_step(assignment), user=office["head"], at=now())
    assert link not in text(page(office, "officer", inbox))
    review = services.submit(open_step(assignment).pk, office.rights("head"), statement="Xong")
    assert link in text(page(office, "head", inbox))
    on(clock, date(2026, 11, 12))
    assert link not in text(page(office, "head", inbox))
    on(clock, date(2026, 11, 9))
    services.return_work(review.pk, office.rights("reviewer"), reason="Thiếu", seen=last_digest(assignment))
    assert link not in text(page(office, "reviewer", inbox))
