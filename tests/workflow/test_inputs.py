"""Đề nghị phối hợp: what each verb does, whom it tells, what it makes of the work, and every kind of no."""

from __future__ import annotations

from datetime import date, datetime
from html import unescape
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate, now

from audit.models import Entry
from evidence.models import Use
from notifications.models import Notice
from notifications.registry import say, still_true
from organization.enums import Role, UnitKind
from organization.models import Delegation, Unit
from organization.rights import rights_of
from plans.enums import OwnerKind, Part
from plans.models import MeasureText, MeasureUnit
from tests.journeys.house import evidence
from tests.office import Office, last_digest, make_assignment, make_document, make_office, make_person, open_step, walk
from workflow import engine, services, stopping
from workflow.errors import Paused, Refused, StaleStep
from workflow.inputs import asking
from workflow.models import Assignment, Case, InputRequest, Reminder, Step, Suspension
from workflow.reminders import remind

pytestmark = pytest.mark.django_db
DUE = date(2026, 11, 13)
NOON = "T12:00:00+07:00"


@pytest.fixture(autouse=True)
def clock() -> Any:
    """Monday, 9 November 2026."""
    with time_machine.travel(f"2026-11-09{NOON}", tick=False) as traveller:
        yield traveller


def on(clock: Any, day: date) -> None:
    clock.move_to(datetime.fromisoformat(f"{day}{NOON}"))


@pytest.fixture
def work(office: Office) -> Assignment:
    """Work in the hands of its officer, due in two weeks."""
    assignment = make_assignment(office, due=date(2026, 11, 27), task="Số hóa hồ sơ")
    walk(office, assignment, "execute")
    return assignment


def ask(office: Office, work: Assignment, who: str = "officer", due: date = DUE, **units: Any) -> InputRequest:
    unit = units.get("unit", office.other_division)
    requests = asking.ask(
        work.pk, office.rights(who), units=[unit], due_on=due, question="Số liệu hồ sơ ngành công thương"
    )
    return requests[0]


def step_of(request: InputRequest) -> Step:
    return Step.objects.select_related("process").get(process_id=request.pk, finished=None)


def told(kind: str, office: Office) -> set[str]:
    names = {person.pk: name for name, person in office.people.items()}
    return {names[notice.to_id] for notice in Notice.objects.filter(kind=kind)}


def page(office: Office, name: str, address: str, data: dict[str, Any] | None = None) -> Any:
    client = Client()
    client.force_login(office[name])
    return client.get(address) if data is None else client.post(address, data)


def text(answer: Any) -> str:
    return unescape(answer.content.decode())


# --- asking and answering


def test_unit_is_asked_and_its_head_answers(office: Office, work: Assignment) -> None:
    request = ask(office, work)
    step = step_of(request)
    assert (step.stage, step.pool_unit, step.pool_role) == ("answer", office.other_division, Role.HEAD)
    assert step in Step.objects.inbox(office.rights("other_head"))
    assert (request.case.due_on, request.case.unit) == (DUE, office.other_division)
    assert told("input.asked", office) == {"other_head", "head", "deputy"}
    assert Entry.objects.filter(verb="input.asked", subject=work.case.subject).count() == 1
    asking.answer(step.pk, office.rights("other_head"), text="Có 120 hồ sơ")
    case = Case.objects.get(pk=request.pk)
    assert case.status == Case.DONE
    assert told("input.answered", office) == {"officer", "head", "deputy"}
    assert open_step(work).stage == "execute", "the work itself stays where it was"


def test_head_names_who_prepares_and_gets_it_back(office: Office, work: Assignment) -> None:
    request = ask(office, work)
    prepared = asking.name_helper(step_of(request).pk, office["other_officer"], office.rights("other_head"))
    assert (prepared.stage, prepared.owner) == ("prepare", office["other_officer"])
    assert told("input.named", office) == {"other_officer"}
    with pytest.raises(PermissionDenied):
        asking.answer(prepared.pk, office.rights("other_head"), text="Có 120 hồ sơ")
    back = asking.pass_to_head(prepared.pk, office.rights("other_officer"), text="Dự thảo: 120 hồ sơ")
    assert (back.stage, back.pool_unit_id) == ("answer", office.other_division.pk)
    assert told("input.passed", office) == {"other_head"}
    shown = page(office, "other_head", reverse("workflow:answer_input", args=[back.pk]))
    assert "Dự thảo: 120 hồ sơ</textarea>" in text(shown)
    assert "đã giao Nguyễn Văn Hùng chuẩn bị ý kiến" in text(shown)


def test_officer_of_the_lead_unit_is_not_named(office: Office, work: Assignment) -> None:
    request = ask(office, work)
    with pytest.raises(Refused, match="không thuộc đơn vị"):
        asking.name_helper(step_of(request).pk, office["colleague"], office.rights("other_head"))


def test_person_named_who_is_away_hands_over_within_the_unit(office: Office, work: Assignment) -> None:
    other = make_person(office.other_division, "Vi Ngọc Nam", Role.OFFICER)
    request = ask(office, work)
    step = asking.name_helper(step_of(request).pk, office["other_officer"], office.rights("other_head"))
    engine.hand_over(step.pk, other, office.rights("other_head"), note="Đi công tác")
    assert step_of(request).owner == other
    with pytest.raises(Refused):
        engine.hand_over(step.pk, office["officer"], office.rights("other_head"), note="Nhầm")


@pytest.mark.parametrize("who", ["colleague", "chief", "leader", "other_head", "viewer"])
def test_only_head_and_officer_of_the_lead_ask(office: Office, work: Assignment, who: str) -> None:
    with pytest.raises(PermissionDenied):
        ask(office, work, who)


def test_substitute_of_the_head_asks_in_both_names(office: Office, work: Assignment) -> None:
    substitute = make_person(office.other_division, "Vi Ngọc Nam")
    Delegation.objects.create(agency=office.agency, principal=office["head"], substitute=substitute, legal_basis="GUQ",
                              since=localdate(), until=localdate())  # fmt: skip
    (request,) = asking.ask(work.pk, rights_of(substitute), units=[office.office], due_on=DUE, question="Ý kiến")
    assert (request.by, request.on_behalf_of_id) == (substitute, office["head"].pk)


def test_refusals_of_asking(office: Office, work: Assignment, clock: Any) -> None:
    rights = office.rights("head")
    given: dict[str, Any] = {"units": [office.other_division], "due_on": DUE, "question": "Số liệu"}
    for changes, words in (
        ({"question": " "}, "Chưa ghi nội dung"),
        ({"units": []}, "Chưa chọn đơn vị"),
        ({"units": [office.division]}, "không phối hợp"),
        ({"units": [office.leadership]}, "không phối hợp"),
        ({"units": [make_office("B").division]}, "không phối hợp"),
        ({"due_on": date(2026, 11, 8)}, "từ ngày 09/11/2026"),
        ({"due_on": date(2026, 11, 28)}, "không sau thời hạn của nhiệm vụ, 27/11/2026"),
    ):
        with pytest.raises(Refused, match=words):
            asking.ask(work.pk, rights, **given | changes)
    asking.ask(work.pk, rights, **given)
    with pytest.raises(Refused, match="Phòng Kinh tế ngành đang có đề nghị"):
        asking.ask(work.pk, rights, **given)
    stopping.suspend(work.pk, office.rights("chief"), reason="Chờ hướng dẫn")
    with pytest.raises(Paused):
        asking.ask(work.pk, rights, **given)
    stopping.resume(work.pk, office.rights("chief"))
    walk(office, work, "review")
    with pytest.raises(Refused, match="đang chờ duyệt"):
        asking.ask(work.pk, rights, **given)
    assert InputRequest.objects.count() == 1


def test_late_work_may_still_ask_past_its_due_date(office: Office, work: Assignment, clock: Any) -> None:
    on(clock, date(2026, 11, 30))
    assert ask(office, work, due=date(2026, 12, 2)).case.due_on == date(2026, 12, 2)


def test_lead_takes_a_request_back(office: Office, work: Assignment) -> None:
    request = ask(office, work)
    step = step_of(request)
    with pytest.raises(PermissionDenied):
        asking.withdraw(step.pk, office.rights("other_head"))
    asking.withdraw(step.pk, office.rights("head"), note="Đã có số liệu")
    assert Case.objects.get(pk=request.pk).status != Case.DONE
    assert told("input.withdrawn", office) == {"other_head"}
    with pytest.raises(StaleStep):
        asking.answer(step.pk, office.rights("other_head"), text="Muộn")
    assert ask(office, work).pk != request.pk, "the unit may be asked anew"


def test_nobody_else_takes_any_outcome(office: Office, work: Assignment) -> None:
    step = step_of(ask(office, work))
    for name in office.people:
        for outcome in step.node.outcomes:
            if name != "other_head":
                with pytest.raises(PermissionDenied):
                    engine.act(step.pk, outcome, office.rights(name), note="Có", **named(office, outcome))
        if name not in {"head", "deputy", "officer"}:
            with pytest.raises(PermissionDenied):
                engine.pull(step.pk, "withdrawn", office.rights(name))
        with pytest.raises(PermissionDenied):
            engine.pull(step.pk, "ended", office.rights(name))
    with pytest.raises(PermissionDenied):
        engine.act(step.pk, "passed", office.rights("other_head"), note="Có")


def named(office: Office, outcome: str) -> dict[str, Any]:
    return {"officer": office["other_officer"]} if outcome == "named" else {}


# --- who helped judges nothing


def test_who_helped_neither_reviews_nor_approves(office: Office, work: Assignment) -> None:
    """Văn phòng is asked: its chief names the reviewer, who answers; neither judges the work, nor in another's name."""
    request = ask(office, work, unit=office.office)
    step = asking.name_helper(step_of(request).pk, office["reviewer"], office.rights("chief"))
    asking.answer(step.pk, office.rights("reviewer"), text="Đồng ý")
    third = make_person(office.office, "Vi Ngọc Nam", Role.REVIEWER)
    review = walk(office, work, "review")
    judges = [name for name in ("reviewer", "chief") if review in Step.objects.actionable(office.rights(name))]
    assert judges == []
    with pytest.raises(PermissionDenied):
        services.accept(review.pk, office.rights("reviewer"), seen=last_digest(work))
    assert services.accept(review.pk, rights_of(third), seen=last_digest(work)).stage == "approve"


def test_work_goes_past_the_office_when_all_of_it_helped(office: Office, work: Assignment) -> None:
    request = ask(office, work, unit=office.office)
    step = asking.name_helper(step_of(request).pk, office["reviewer"], office.rights("chief"))
    asking.answer(step.pk, office.rights("reviewer"), text="Đồng ý")
    assert Step.objects.get(pk=walk(office, work, "approve").previous_id).stage == "submit"


def test_who_put_a_document_beside_a_request_helped(office: Office, work: Assignment) -> None:
    request = ask(office, work, unit=office.office)
    document = make_document(office, office["reviewer"])
    Use.objects.create(
        document=document, subject=request.case.subject, agency=office.agency, by=office["reviewer"], at=now()
    )
    review = walk(office, work, "review")
    assert review not in Step.objects.actionable(office.rights("reviewer"))
    assert review in Step.objects.actionable(office.rights("chief"))


# --- the clock


def test_the_request_has_its_own_reminders_and_urges_an_answer(office: Office, work: Assignment, clock: Any) -> None:
    request = ask(office, work)
    on(clock, date(2026, 11, 12))
    remind(localdate())
    assert set(Reminder.objects.filter(case_id=request.pk).values_list("to_id", flat=True)) == {office["other_head"].pk}
    notice = Notice.objects.get(kind="reminder", subject=request.case.subject)
    assert still_true([notice]) == {notice.pk}
    (said,) = say([notice]).values()
    assert "Phối hợp nhiệm vụ" in said.title
    assert "gửi Phòng Kinh tế ngành còn 01 ngày làm việc đến hạn (13/11/2026). Đề nghị gửi ý kiến phối hợp" in said.text
    asking.answer(step_of(request).pk, office.rights("other_head"), text="Có")
    assert still_true([notice]) == set()


def test_lateness_is_charged_to_who_holds_the_request(office: Office, work: Assignment, clock: Any) -> None:
    request = ask(office, work)
    on(clock, date(2026, 11, 16))
    step = asking.name_helper(step_of(request).pk, office["other_officer"], office.rights("other_head"))
    on(clock, date(2026, 11, 18))
    row = text(page(office, "other_officer", reverse("workflow:inbox")))
    assert "Quá hạn 03 ngày" in row
    assert "Phòng Đăng ký kinh doanh đề nghị" in row
    asking.answer(step.pk, office.rights("other_officer"), text="Có 120 hồ sơ")
    shown = text(page(office, "head", reverse("workflow:input", args=[request.pk])))
    assert "Đã trả lời muộn 03 ngày làm việc" in shown
    assert "Nguyễn Văn Ánh: 05 ngày làm việc, trong đó quá hạn 01 ngày" in shown
    assert "Nguyễn Văn Hùng: 02 ngày làm việc, trong đó quá hạn 02 ngày" in shown
    assert Case.objects.get(pk=work.pk).due_on == date(2026, 11, 27), "the work's own clock is another"


def test_request_stands_still_while_the_work_does(office: Office, work: Assignment, clock: Any) -> None:
    request = ask(office, work)
    stopping.suspend(work.pk, office.rights("chief"), reason="Chờ hướng dẫn")
    with pytest.raises(Paused):
        asking.answer(step_of(request).pk, office.rights("other_head"), text="Có")
    on(clock, date(2026, 11, 11))
    stopping.resume(work.pk, office.rights("chief"))
    case = Case.objects.get(pk=request.pk)
    assert (case.due_on, case.original_due_on) == (date(2026, 11, 17), DUE)
    asking.answer(step_of(request).pk, office.rights("other_head"), text="Có")


def test_request_ends_with_the_work(office: Office, work: Assignment) -> None:
    request, other = ask(office, work), ask(office, work, unit=office.office)
    asking.name_helper(step_of(other).pk, office["office_officer"], office.rights("chief"))
    stale = step_of(request)
    walk(office, work, "end")
    assert set(Case.objects.filter(pk__in=[request.pk, other.pk]).values_list("status", flat=True)) == {"CANCELED"}
    assert told("input.ended", office) == {"other_head", "office_officer"}
    with pytest.raises(StaleStep):
        asking.answer(stale.pk, office.rights("other_head"), text="Muộn")
    assert still_true(Notice.objects.filter(kind="input.asked")) == set()


def test_request_ends_with_work_that_is_stopped_while_paused(office: Office, work: Assignment) -> None:
    request = ask(office, work)
    stopping.suspend(work.pk, office.rights("chief"), reason="Chờ hướng dẫn")
    stopping.discontinue(open_step(work).pk, office.rights("leader"), number="5/QĐ", dated=localdate())
    assert Case.objects.get(pk=request.pk).finished
    assert not Suspension.objects.filter(until=None).exists()


# --- pages


def ask_page(work: Assignment) -> str:
    return reverse("workflow:ask_input", args=[work.pk])


def test_page_asks_several_units_those_of_the_plan_ticked(office: Office, work: Assignment) -> None:
    row = MeasureText.objects.get(measure_id=work.measure_id)
    MeasureUnit.objects.create(
        text=row, part=Part.COORDINATING, position=1, written="VP", kind=OwnerKind.UNIT, unit=office.office
    )
    answer = page(office, "officer", ask_page(work))
    shown = text(answer)
    assert answer.context["form"]["units"].value() == [str(office.office.pk)]
    assert shown.index("Văn phòng</label>") < shown.index("Phòng Kinh tế ngành</label>")
    units = [office.office.pk, office.other_division.pk]
    given = {"units": units, "question": "Số liệu", "due_on": "13/11/2026"}
    answer = page(office, "officer", ask_page(work), given)
    assert answer.status_code == 302
    assert InputRequest.objects.filter(of_id=work.pk).count() == 2
    again = page(office, "officer", ask_page(work), given)
    assert again.status_code == 409
    assert "đang có đề nghị phối hợp" in text(again)
    assert "Số liệu</textarea>" in text(again)
    bad = page(office, "officer", ask_page(work), {"question": "", "due_on": "", "units": []})
    assert bad.status_code == 200
    for words in ("Chưa chọn đơn vị", "Chưa ghi nội dung", "Chưa ghi hạn trả lời"):
        assert words in text(bad)


def test_task_page_says_who_is_missing_and_the_history_what_was_said(office: Office, work: Assignment) -> None:
    address, many = reverse("workflow:task", args=[work.pk]), [ask(office, work), ask(office, work, unit=office.office)]
    shown = text(page(office, "officer", address))
    assert "02 đơn vị chưa trả lời" in shown
    assert "Chưa trả lời, còn 04 ngày" in shown
    asking.answer(step_of(many[0]).pk, office.rights("other_head"), text="Có 120 hồ sơ")
    shown = text(page(office, "officer", address))
    assert "01 đơn vị chưa trả lời" in shown
    assert "Có 120 hồ sơ" in shown
    assert "đã đề nghị Văn phòng phối hợp, hạn 13/11/2026" in shown
    assert "đã trả lời phối hợp (Phòng Kinh tế ngành)" in shown
    for name in ("execute", "history"):
        key = open_step(work).pk if name == "execute" else work.pk
        assert "Có 120 hồ sơ" in text(page(office, "officer", reverse(f"workflow:{name}", args=[key])))
    assert "Đề nghị phối hợp" in shown
    assert "Đề nghị phối hợp</a>" not in text(page(office, "chief", address))


def test_queries_of_the_task_page_do_not_grow_with_the_requests(office: Office, work: Assignment) -> None:
    ask(office, work)
    client = Client()
    client.force_login(office["officer"])
    address = reverse("workflow:task", args=[work.pk])
    client.get(address)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    one = queries()
    for number in range(2):
        ask(office, work, unit=office.office if number else make_unit(office))
    assert queries() == one


def make_unit(office: Office) -> Any:
    unit = Unit.objects.create(
        agency=office.agency, parent=office.agency, kind=UnitKind.DIVISION, code="TH", name="Phòng Tổng hợp"
    )
    make_person(unit, "Vi Ngọc Nam", Role.HEAD)
    return unit


def test_head_answers_in_the_browser_with_a_document(office: Office, work: Assignment) -> None:
    request = ask(office, work)
    inbox = text(page(office, "other_head", reverse("workflow:inbox")))
    address = reverse("workflow:answer_input", args=[step_of(request).pk])
    assert address in inbox
    assert "Phòng Đăng ký kinh doanh đề nghị" in inbox
    add = reverse("workflow:add_document", args=[request.pk])
    assert page(office, "other_head", add, {"abstract": "Bảng số liệu", "uploads": [evidence()]}).status_code == 302
    empty = page(office, "other_head", address, {"decision": "answered", "text": ""})
    assert (empty.status_code, "Chưa ghi ý kiến phối hợp" in text(empty)) == (200, True)
    nobody = page(office, "other_head", address, {"decision": "named", "officer": ""})
    assert "Chọn người chuẩn bị" in text(nobody)
    done = page(office, "other_head", address, {"decision": "answered", "text": "Có 120 hồ sơ"})
    assert done.status_code == 302
    late = page(office, "other_head", address, {"decision": "answered", "text": "Lần nữa"})
    assert (late.status_code, "Lần nữa" in text(late)) == (409, True)
    shown = text(page(office, "officer", reverse("workflow:input", args=[request.pk])))
    assert "Bảng số liệu" in shown
    assert "Đã trả lời đúng hạn" in shown
    assert "Đưa tài liệu vào hồ sơ nhiệm vụ" in shown
    take = reverse("workflow:take_over_input", args=[request.pk])
    assert page(office, "other_head", take, {}).status_code == 403
    for number in ("01 tài liệu", "đã có"):
        assert page(office, "officer", take, {}).status_code == 302, number
    assert Use.objects.filter(subject=work.case.subject, by=office["officer"]).count() == 1
    file = Use.objects.get(subject=request.case.subject).document.files.get()
    assert page(office, "officer", reverse("workflow:download", args=[file.pk])).status_code == 200
    assert page(office, "other_head", add, {"abstract": "Thêm", "uploads": [evidence()]}).status_code == 409


def test_person_named_answers_in_the_browser(office: Office, work: Assignment) -> None:
    request = ask(office, work)
    address = reverse("workflow:answer_input", args=[step_of(request).pk])
    given = {"decision": "named", "officer": office["other_officer"].pk, "note": "Làm sớm"}
    assert page(office, "other_head", address, given).status_code == 302
    mine = reverse("workflow:answer_input", args=[step_of(request).pk])
    assert page(office, "other_head", mine).status_code == 403
    assert page(office, "other_officer", mine).status_code == 200
    assert page(office, "other_officer", mine, {"decision": "passed", "text": "120"}).status_code == 302
    assert step_of(request).stage == "answer"


def test_lead_withdraws_in_the_browser(office: Office, work: Assignment) -> None:
    request = ask(office, work)
    address = reverse("workflow:withdraw_input", args=[request.pk])
    assert "Rút đề nghị" in text(page(office, "head", reverse("workflow:input", args=[request.pk])))
    assert page(office, "other_head", address, {"note": ""}).status_code == 403
    assert page(office, "head", address, {"note": "Đủ rồi"}).status_code == 302
    again = page(office, "head", address, {"note": ""})
    assert again.status_code == 302
    assert "Đã rút" in text(page(office, "head", reverse("workflow:input", args=[request.pk])))


def test_strangers_find_nothing_and_others_may_not(office: Office, other_office: Office, work: Assignment) -> None:
    request = ask(office, work, unit=office.office)
    step = step_of(request)
    pages = [
        ask_page(work),
        reverse("workflow:input", args=[request.pk]),
        reverse("workflow:answer_input", args=[step.pk]),
    ]
    for address in pages:
        assert page(other_office, "head", address).status_code == 404
        assert page(office, "other_head", address).status_code == 404
    assert page(other_office, "head", reverse("workflow:withdraw_input", args=[request.pk]), {}).status_code == 404
    assert [page(office, "leader", address).status_code for address in pages] == [403, 200, 403]
    assert [page(office, "officer", address).status_code for address in pages] == [200, 200, 403]
    assert not Case.objects.visible_to(other_office.rights("chief")).filter(pk=request.pk).exists()
    with pytest.raises(Case.DoesNotExist):
        asking.ask(work.pk, other_office.rights("head"), units=[office.office], due_on=DUE, question="?")


def test_unit_that_is_asked_sees_the_work(office: Office, work: Assignment) -> None:
    address = reverse("workflow:task", args=[work.pk])
    assert page(office, "other_officer", address).status_code == 404
    ask(office, work)
    assert page(office, "other_officer", address).status_code == 200


def test_every_notice_has_words_and_stands_while_it_should(office: Office, work: Assignment) -> None:
    request = ask(office, work)
    step = asking.name_helper(step_of(request).pk, office["other_officer"], office.rights("other_head"))
    asking.pass_to_head(step.pk, office.rights("other_officer"), text="120")
    notices = list(Notice.objects.filter(kind__startswith="input.").order_by("pk"))
    stands = {(one.kind, one.to_id) for one in notices if one.pk in still_true(notices)}
    assert ("input.passed", office["other_head"].pk) in stands
    assert ("input.named", office["other_officer"].pk) not in stands
    asking.answer(step_of(request).pk, office.rights("other_head"), text="Có")
    stopped = ask(office, work)
    asking.withdraw(step_of(stopped).pk, office.rights("head"))
    ask(office, work)
    walk(office, work, "end")
    notices = list(Notice.objects.filter(kind__startswith="input."))
    assert {one.kind for one in notices} == {
        "input.asked", "input.named", "input.passed", "input.answered", "input.withdrawn", "input.ended",
    }  # fmt: skip
    for said in say(notices).values():
        assert work.case.code in said.title
        assert said.text.endswith((".", "”"))
        assert said.url
