"""Bàn giao đơn vị: the open work of a unit that ends goes on under its successors; what is done stays."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate
from docx import Document

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say
from organization.enums import Role, UnitKind
from organization.models import Post, Unit
from plans.enums import OwnerKind, Part
from plans.models import MeasureUnit
from tests.office import START, Office, make_assignment, make_person, open_step, walk
from tests.threads import race
from workflow import engine, services, transferring
from workflow.errors import Refused
from workflow.inputs import asking as inputs
from workflow.models import Assignment, Case, HandOver, Step, Transfer
from workflow.requests import asking as requests

pytestmark = pytest.mark.django_db
BASIS = "Quyết định số 05/QĐ-UBND ngày 01/3/2025"


def wish(unit: Unit, to: Unit, **more: Any) -> transferring.Wish:
    cases = {case.pk: to for case in transferring.open_work(unit)}
    helping = {row.pk: to for row in transferring.helping_in(unit)}
    return transferring.Wish(more.pop("on", localdate()), more.pop("basis", BASIS), cases | more, helping)


def merge(office: Office, by: str = "reviewer") -> Transfer:
    return transferring.transfer(office.division, wish(office.division, office.other_division), office.rights(by))


def signed_in(office: Office, who: str) -> Client:
    client = Client()
    client.force_login(office[who])
    return client


def test_open_work_goes_on_under_the_successor_and_the_unit_ends(office: Office) -> None:
    works = {
        stage: make_assignment(office, task=f"Việc {stage}")
        for stage in ("assign", "execute", "submit", "review", "approve")
    }
    for stage, work in works.items():
        walk(office, work, stage)
    row = merge(office)
    assert set(Case.objects.values_list("unit", flat=True)) == {office.other_division.pk}
    assert set(Assignment.objects.values_list("unit", flat=True)) == {office.other_division.pk}
    held = {stage: open_step(work) for stage, work in works.items()}
    assert {stage: (step.owner_id, step.pool_unit_id, step.pool_role) for stage, step in held.items()} == {
        "assign": (None, office.other_division.pk, "head"), "execute": (None, office.other_division.pk, "head"),
        "submit": (None, office.other_division.pk, "head"), "review": (None, office.office.pk, "reviewer"),
        "approve": (office["leader"].pk, None, ""),
    }  # fmt: skip
    assert Step.objects.actionable(office.rights("other_head")).count() == 3
    assert not Step.objects.actionable(office.rights("head")).exists()
    office.division.refresh_from_db()
    assert office.division.until == localdate() - timedelta(days=1)
    assert list(office.division.successors.all()) == [office.other_division]
    assert (len(row.lines), HandOver.objects.count(), Entry.objects.filter(verb="case.transferred").count()) == (
        5,
        5,
        5,
    )
    assert Entry.objects.get(verb="unit.ended").stream == "access"


def test_what_has_ended_stays_with_the_unit_that_did_it(office: Office) -> None:
    done = make_assignment(office, task="Đã xong")
    walk(office, done, "end")
    make_assignment(office)
    merge(office)
    done.refresh_from_db()
    assert (done.unit, done.case.unit) == (office.division, office.division)


def test_officer_who_comes_along_keeps_the_work(office: Office) -> None:
    Post.objects.create(
        agency=office.agency, user=office["officer"], unit=office.other_division, role=Role.OFFICER, since=START
    )
    work = make_assignment(office)
    walk(office, work, "execute")
    merge(office)
    work.refresh_from_db()
    assert (open_step(work).owner, work.officer) == (office["officer"], office["officer"])


def test_work_goes_on_to_the_end_after_the_transfer(office: Office) -> None:
    work = make_assignment(office)
    walk(office, work, "submit")
    merge(office)
    services.submit(open_step(work).pk, office.rights("other_head"), statement="Đã xong")
    assert walk(office, Assignment.objects.get(), "end").finished


def test_who_did_the_work_before_judges_none_of_it_after(office: Office) -> None:
    work = make_assignment(office)
    walk(office, work, "execute")
    merge(office)
    Post.objects.create(
        agency=office.agency, user=office["officer"], unit=office.office, role=Role.REVIEWER, since=START
    )
    Post.objects.filter(user=office["officer"], unit=office.division).delete()
    services.finish(open_step(work).pk, office.rights("other_head"), statement="Đã xong")
    step = services.submit(open_step(work).pk, office.rights("other_head"), statement="Đã xong")
    assert not Step.objects.actionable(office.rights("officer")).filter(pk=step.pk).exists()
    assert Step.objects.actionable(office.rights("reviewer")).filter(pk=step.pk).exists()


def third(office: Office) -> Unit:
    unit = Unit.objects.create(
        agency=office.agency, parent=office.agency, kind=UnitKind.DIVISION, code="TT", name="Thanh tra"
    )
    office.people["third_head"] = make_person(unit, "Trần Văn Bình", Role.HEAD)
    return unit


def test_split_sends_each_piece_where_it_was_said(office: Office) -> None:
    unit, works = third(office), [make_assignment(office, task=f"Việc {number}") for number in range(3)]
    asked = wish(office.division, office.other_division)
    asked = transferring.Wish(asked.on, asked.basis, dict(asked.cases) | {works[1].pk: unit}, asked.helping)
    transferring.transfer(office.division, asked, office.rights("director"))
    assert [Assignment.objects.get(pk=work.pk).unit for work in works] == [
        office.other_division,
        unit,
        office.other_division,
    ]
    assert set(office.division.successors.all()) == {office.other_division, unit}


def test_coordinating_part_moves_and_keeps_its_words(office: Office) -> None:
    work = make_assignment(office, lead=office.other_division)
    text = work.measure.texts.get()
    MeasureUnit.objects.create(
        text=text, part=Part.COORDINATING, position=1, written="Phòng ĐKKD", kind=OwnerKind.UNIT, unit=office.division
    )
    unit = third(office)
    row = transferring.transfer(office.division, wish(office.division, unit), office.rights("reviewer"))
    part = MeasureUnit.objects.get(part=Part.COORDINATING)
    assert (part.unit, part.written) == (unit, "Phòng ĐKKD")
    assert [line["part"] for line in row.lines] == ["coordinating"]
    assert Case.objects.visible_to(office.rights("third_head")).filter(pk=work.pk).exists()


def test_reviews_of_others_go_to_the_office_that_follows(office: Office) -> None:
    work = make_assignment(office)
    walk(office, work, "review")
    new = Unit.objects.create(
        agency=office.agency, parent=office.agency, kind=UnitKind.OFFICE, code="VP2", name="Văn phòng mới"
    )
    with pytest.raises(Refused, match="cùng loại"):
        own = make_assignment(office, lead=office.office)
        transferring.transfer(office.office, wish(office.office, office.other_division), office.rights("director"))
    transferring.transfer(office.office, wish(office.office, new), office.rights("director"))
    assert (open_step(work).pool_unit, open_step(own).pool_unit) == (new, new)
    work.refresh_from_db()
    assert work.unit == office.division


def test_unit_that_leads_the_same_row_already_does_not_take_it_twice(office: Office) -> None:
    work = make_assignment(office)
    other = make_assignment(office, lead=office.other_division)
    Assignment.objects.filter(pk=other.pk).update(measure=work.measure)
    with pytest.raises(Refused, match="đã chủ trì nhiệm vụ"):
        merge(office)
    office.division.refresh_from_db()
    assert (office.division.until, Transfer.objects.count()) == (None, 0)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"basis": "  "}, "Chưa ghi căn cứ"),
        ({"on": localdate() + timedelta(days=1)}, "Chưa đến ngày"),
        ({"on": START.replace(year=1999)}, "Chọn ngày bàn giao sau"),
    ],
)
def test_transfer_that_makes_no_sense_is_refused(office: Office, given: dict[str, Any], words: str) -> None:
    make_assignment(office)
    with pytest.raises(Refused, match=words):
        transferring.transfer(
            office.division, wish(office.division, office.other_division, **given), office.rights("reviewer")
        )


@pytest.mark.parametrize("to", ["leadership", "division", "agency"])
def test_work_goes_to_another_working_unit_of_the_agency(office: Office, other_office: Office, to: str) -> None:
    make_assignment(office)
    for successor in (getattr(office, to), other_office.division):
        with pytest.raises(Refused, match="Chọn đơn vị nhận"):
            transferring.transfer(office.division, wish(office.division, successor), office.rights("reviewer"))


def test_list_that_changed_meanwhile_is_asked_about_again(office: Office) -> None:
    make_assignment(office)
    asked = wish(office.division, office.other_division)
    make_assignment(office)
    with pytest.raises(Refused, match="vừa thay đổi"):
        transferring.transfer(office.division, asked, office.rights("reviewer"))


def test_successor_that_ended_meanwhile_takes_nothing(office: Office) -> None:
    make_assignment(office)
    asked = wish(office.division, office.other_division)
    Unit.objects.filter(pk=office.other_division.pk).update(until=localdate() - timedelta(days=1))
    with pytest.raises(Refused, match="Chọn đơn vị nhận"):
        transferring.transfer(office.division, asked, office.rights("reviewer"))


def test_unit_is_not_transferred_twice(office: Office) -> None:
    make_assignment(office)
    merge(office)
    office.division.refresh_from_db()
    with pytest.raises(Refused, match="đã kết thúc"):
        merge(office)


@pytest.mark.django_db(transaction=True)
def test_two_units_that_end_into_each_other_lose_nothing(office: Office) -> None:
    one, other = office.division, office.other_division
    for lead in (one, other):
        make_assignment(office, lead=lead)
    by, there, back = office.rights("reviewer"), wish(one, other), wish(other, one)
    results = race([lambda: transferring.transfer(one, there, by), lambda: transferring.transfer(other, back, by)] * 3)
    assert sorted(type(result).__name__ for result in results) == ["Refused"] * 5 + ["Transfer"], results
    assert Case.objects.filter(unit__until=None).count() == 2


@pytest.mark.parametrize("by", ["head", "officer", "other_head", "clerk", "viewer", "administrator"])
def test_others_transfer_nothing(office: Office, by: str) -> None:
    make_assignment(office)
    with pytest.raises(PermissionDenied):
        merge(office, by=by)
    assert signed_in(office, by).get(reverse("workflow:transfers")).status_code == 403
    assert signed_in(office, by).get(reverse("workflow:transfer_unit", args=[office.division.pk])).status_code == 403


def test_stranger_sees_and_transfers_nothing(office: Office, other_office: Office) -> None:
    make_assignment(office)
    client = signed_in(other_office, "reviewer")
    assert client.get(reverse("workflow:transfer_unit", args=[office.division.pk])).status_code == 404
    with pytest.raises(PermissionDenied):
        merge_by = transferring.transfer
        merge_by(office.division, wish(office.division, office.other_division), other_office.rights("reviewer"))
    row = merge(office)
    for page in ("minutes", "minutes_file"):
        assert client.get(reverse(f"workflow:{page}", args=[row.pk])).status_code == 404


def test_pages_lead_from_the_choice_to_the_minutes(office: Office) -> None:
    unit, works = third(office), [make_assignment(office, task=f"Việc {number}") for number in range(2)]
    client = signed_in(office, "reviewer")
    address = reverse("workflow:transfer_unit", args=[office.division.pk])
    assert client.get(address).status_code == 200
    data = {"on": f"{localdate():%d/%m/%Y}", "basis": BASIS, "successor": office.other_division.pk,
            "shown": [f"c{work.pk}" for work in works], f"c{works[1].pk}": unit.pk}  # fmt: skip
    late = client.post(address, data | {"shown": [f"c{works[0].pk}"]})
    assert (late.status_code, Transfer.objects.count()) == (409, 0)
    assert f'<option value="{unit.pk}" selected>' in late.content.decode()
    answer = client.post(address, data)
    row = Transfer.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, reverse("workflow:minutes", args=[row.pk]))
    assert [Assignment.objects.get(pk=work.pk).unit for work in works] == [office.other_division, unit]
    assert "Thanh tra" in client.get(answer["Location"]).content.decode()
    assert "Phòng Đăng ký kinh doanh" in client.get(reverse("workflow:transfers")).content.decode()
    assert signed_in(office, "other_head").get(answer["Location"]).status_code == 200
    assert signed_in(office, "administrator").get(answer["Location"]).status_code == 403
    history = signed_in(office, "other_head").get(f"/nhiem-vu/{works[0].pk}/").content.decode()
    assert "đã bàn giao bước Phân công từ Phòng Đăng ký kinh doanh cho Phòng Kinh tế ngành" in history


def test_minutes_are_an_official_letter_that_says_all(office: Office) -> None:
    make_assignment(office, task="Số hóa hồ sơ")
    row = merge(office)
    answer = signed_in(office, "reviewer").get(reverse("workflow:minutes_file", args=[row.pk]))
    letter = Document(BytesIO(answer.content))
    text = "\n".join(paragraph.text for paragraph in letter.paragraphs)
    cells = [cell.text for table in letter.tables for line in table.rows for cell in line.cells]
    assert "BIÊN BẢN" in text
    assert f"Căn cứ {BASIS}." in text
    assert ("Bên giao: Phòng Đăng ký kinh doanh." in text, "Bên nhận: Phòng Kinh tế ngành." in text) == (True, True)
    assert {
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n",
        "BÊN GIAO\nPhòng Đăng ký kinh doanh",
        "BÊN NHẬN\nPhòng Kinh tế ngành",
        "LÃNH ĐẠO XÁC NHẬN\n",
        "Phòng Kinh tế ngành",
    } <= set(cells)
    assert any("Số hóa hồ sơ" in cell for cell in cells)
    assert Entry.objects.filter(verb="minutes.downloaded", stream="access").count() == 1


def test_people_of_both_units_are_told(office: Office) -> None:
    make_assignment(office)
    merge(office)
    told = Notice.objects.filter(kind="unit.transferred")
    assert set(told.values_list("to__full_name", flat=True)) == {
        "Lương Thu Hạnh", "Lý Minh Hạnh", "Nguyễn Văn Hùng", "Nông Thị Thuỳ", "Nguyễn Văn Ánh",
    }  # fmt: skip
    assert say(told[:1]).popitem()[1].title == "Công việc của Phòng Đăng ký kinh doanh được bàn giao"


@pytest.mark.django_db(transaction=True)
def test_acts_against_a_transfer_never_deadlock(office: Office) -> None:
    steps = [walk(office, make_assignment(office, task=f"Việc {number}"), "execute") for number in range(4)]
    officer = office.rights("officer")
    asked, by = wish(office.division, office.other_division), office.rights("reviewer")
    calls = [lambda step=step: services.finish(step.pk, officer, statement="Đã xong") for step in steps]
    results = race([*calls, lambda: transferring.transfer(office.division, asked, by)])
    kinds = {type(result).__name__ for result in results}
    assert kinds <= {"Step", "Transfer", "PermissionDenied", "Busy"}, results
    assert set(Case.objects.values_list("unit", flat=True)) == {office.other_division.pk}
    assert Step.objects.open().count() == 4


def test_question_to_the_unit_goes_along_as_help(office: Office) -> None:
    work, unit = make_assignment(office, lead=office.other_division), third(office)
    walk(office, work, "execute", officer="other_officer", head="other_head")
    asked = inputs.ask(
        work.pk, office.rights("other_head"), units=[office.division], due_on=localdate(), question="Số liệu quý III"
    )
    assert (
        "Phối hợp, Trả lời phối hợp"
        in signed_in(office, "reviewer")
        .get(reverse("workflow:transfer_unit", args=[office.division.pk]))
        .content.decode()
    )
    row = transferring.transfer(office.division, wish(office.division, unit), office.rights("reviewer"))
    assert [(line["part"], line["to"]) for line in row.lines] == [("coordinating", "Thanh tra")]
    inputs.answer(
        Step.objects.get(process_id=asked[0].pk, finished=None).pk, office.rights("third_head"), text="Có 12 hồ sơ"
    )
    assert Case.objects.get(pk=asked[0].pk).unit == unit


def test_what_the_unit_asked_goes_with_its_work(office: Office) -> None:
    unit, works = third(office), [make_assignment(office, task=f"Việc {number}") for number in range(2)]
    for work in works:
        walk(office, work, "execute")
    asked = requests.ask_extension(
        works[1].pk, office.rights("head"), due_on=localdate() + timedelta(days=60), reason="Chờ số liệu"
    )
    chosen = {works[0].pk: office.other_division, works[1].pk: unit}
    assert {case.pk for case in transferring.open_work(office.division)} == set(chosen)
    row = transferring.transfer(
        office.division, transferring.Wish(localdate(), BASIS, chosen, {}), office.rights("reviewer")
    )
    assert (len(row.lines), Case.objects.get(pk=asked.pk).unit) == (3, unit)
    step = Step.objects.get(process_id=asked.pk, finished=None)
    step = requests.advise(step.pk, office.rights("reviewer"), agrees=True)
    engine.hand_over(step.pk, office["other_leader"], office.rights("director"), note="Đi công tác")
    requests.grant_extension(step.pk, office.rights("other_leader"))
    assert Case.objects.get(pk=works[1].pk).due_on == localdate() + timedelta(days=60)


@pytest.mark.django_db(transaction=True)
def test_decision_against_a_transfer_never_deadlocks(office: Office) -> None:
    for _ in range(3):
        lead, to = (office.division, office.other_division)
        work = make_assignment(office)
        walk(office, work, "execute")
        asked = requests.ask_extension(
            work.pk, office.rights("head"), due_on=localdate() + timedelta(days=60), reason="Chờ số liệu"
        )
        step = requests.advise(
            Step.objects.get(process_id=asked.pk, finished=None).pk, office.rights("reviewer"), agrees=True
        )
        given, by, leader = wish(lead, to), office.rights("reviewer"), office.rights("leader")
        results = race(
            [lambda: requests.grant_extension(step.pk, leader)] * 4 + [lambda: transferring.transfer(lead, given, by)]
        )
        kinds = [type(result).__name__ for result in results]
        assert set(kinds) <= {"Step", "Transfer", "StaleStep", "Refused"}, results
        assert (kinds.count("Step"), kinds[-1]) == (1, "Transfer"), results
        Unit.objects.filter(pk=lead.pk).update(until=None)
        Case.objects.filter(finished=None).update(finished="2026-01-01T00:00:00+07:00", status=Case.DONE)
        Step.objects.filter(finished=None).update(finished="2026-01-01T00:00:00+07:00")


# --- what is taken up again after its unit ended


def ended_work(office: Office) -> Assignment:
    work = make_assignment(office)
    walk(office, work, "end")
    return work


def test_reopened_work_of_a_unit_that_ended_goes_to_its_successor(office: Office) -> None:
    work = ended_work(office)
    make_assignment(office)
    merge(office)
    step = services.reopen(Case.objects.get(pk=work.pk), office.rights("leader"), reason="Số liệu chưa khớp")
    assert (step.owner, step.pool_unit, step.pool_role) == (None, office.other_division, "head")
    assert Case.objects.get(pk=work.pk).unit == office.other_division
    assert Assignment.objects.get(pk=work.pk).unit == office.other_division
    assert Step.objects.actionable(office.rights("other_head")).filter(pk=step.pk).exists()
    page = signed_in(office, "other_head").get(f"/nhiem-vu/{work.pk}/").content.decode()
    assert "Phòng Đăng ký kinh doanh đã kết thúc, Phòng Kinh tế ngành tiếp nhận nhiệm vụ" in page


def test_successor_that_ended_too_is_followed(office: Office) -> None:
    work, third = ended_work(office), Unit.objects.create(
        agency=office.agency, parent=office.agency, kind=UnitKind.DIVISION, code="TH", name="Phòng Tổng hợp"
    )  # fmt: skip
    make_assignment(office)
    merge(office)
    Unit.objects.filter(pk=office.other_division.pk).update(until=localdate() - timedelta(days=1))
    office.other_division.successors.add(third)
    services.reopen(Case.objects.get(pk=work.pk), office.rights("leader"), reason="Xem lại")
    assert Case.objects.get(pk=work.pk).unit == third


@pytest.mark.parametrize(("successors", "said"), [(0, "chưa có đơn vị kế tiếp"), (2, "chia cho nhiều đơn vị")])
def test_reopening_without_one_successor_is_refused_in_words(office: Office, successors: int, said: str) -> None:
    work = ended_work(office)
    Unit.objects.filter(pk=office.division.pk).update(until=localdate() - timedelta(days=1))
    office.division.successors.add(*[office.other_division, office.office][:successors])
    client = signed_in(office, "leader")
    answer = client.post(f"/nhiem-vu/{work.pk}/mo-lai/", {"reason": "Xem lại"})
    assert answer.status_code == 409
    assert said in answer.content.decode()
    case = Case.objects.get(pk=work.pk)
    assert case.finished
    assert case.unit == office.division


def test_reopening_what_the_successor_leads_already_is_refused(office: Office) -> None:
    work, theirs = ended_work(office), make_assignment(office, lead=office.other_division)
    Assignment.objects.filter(pk=theirs.pk).update(measure=work.measure)
    make_assignment(office)
    merge(office)
    with pytest.raises(Refused, match="đang chủ trì chính nhiệm vụ này"):
        services.reopen(Case.objects.get(pk=work.pk), office.rights("leader"), reason="Xem lại")
