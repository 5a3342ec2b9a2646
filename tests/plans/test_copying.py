"""Lập kế hoạch năm sau: what becomes of words, leads, dates and codes; once, and where it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, now

from audit.models import Entry
from organization.enums import UnitKind
from organization.models import Unit
from plans.closing import Choice, Row, close, keep_choices
from plans.copying import AlreadyCopied, copy_plan, in_dates, in_words
from plans.criteria.models import CriteriaSet, Criterion, CriterionLink, Level
from plans.drafting import CRITERIA, DEADLINE, LEAD, DraftRow, unchanged
from plans.enums import Confirmation, OwnerKind, Part, Settled
from plans.errors import PlanRefused
from plans.imports import correct_import_row, discard_import, drop_import_row, rows_of_import, save_import
from plans.models import Measure, MeasureText, MeasureUnit, Plan, PlanImport
from plans.services import discard_draft
from tests.office import Office
from tests.threads import race
from tests.workflow.drafts import Draft, make_draft

pytestmark = pytest.mark.django_db
YEAR = 2026


@pytest.fixture
def plan(office: Office) -> Draft:
    draft = make_draft(office, YEAR)
    Plan.objects.filter(pk=draft.plan.pk).update(
        number="45/KH", issued_on=date(YEAR, 1, 5), issued_at=now(), issued_by=office["chief"]
    )
    return draft


def row(draft: Draft, *leads: Any, raw: str = "Trước ngày 30/11/2026", **words: str) -> MeasureText:
    text = draft.row(*(leads or (draft.office.division,)))
    text.deadline_raw = raw
    for name, said in words.items():
        setattr(text, name, said)
    text.save()
    return text


def copied(draft: Draft) -> list[DraftRow]:
    return rows_of_import(copy_plan(draft.plan.pk, draft.office.rights("chief")))


def settle(draft: Draft, outcomes: dict[Measure, Settled]) -> None:
    from audit import services as audit

    rights = draft.office.rights("director")
    with audit.transaction():
        keep_choices(
            draft.plan, [Choice(Row(measure.pk), outcome, "") for measure, outcome in outcomes.items()], rights
        )
        close(draft.plan, [Row(measure.pk) for measure in outcomes], rights, on_behalf_of=None)


def said(row: DraftRow, column: str) -> list[str]:
    return [problem.message for problem in row.told(column)]


# --- words and dates


@pytest.mark.parametrize(("text", "then"), [
    ("Ban hành Kế hoạch cải cách hành chính năm 2026", "Ban hành Kế hoạch cải cách hành chính năm 2027"),
    ("Tăng so với năm 2025, chuẩn bị cho năm 2027", "Tăng so với năm 2026, chuẩn bị cho năm 2028"),
    ("Thực hiện Nghị quyết 76/NQ-CP giai đoạn 2021-2030", "Thực hiện Nghị quyết 76/NQ-CP giai đoạn 2021-2030"),
    ("Chương trình năm 2026-2030 theo Quyết định 12/2026/QĐ-UBND", "Chương trình năm 2026-2030 theo Quyết định 12/2026/QĐ-UBND"),
])  # fmt: skip
def test_years_in_words(text: str, then: str) -> None:
    assert in_words(text, 2026) == then


@pytest.mark.parametrize(("raw", "then"), [
    ("Trước ngày 30/11/2026", "Trước ngày 30/11/2027"),
    ("Quý IV/2026; báo cáo trước 15/01/2027", "Quý IV/2027; báo cáo trước 15/01/2028"),
    ("Hằng tháng", "Hằng tháng"),
    ("Theo Quyết định 12/2026/QĐ-UBND", "Theo Quyết định 12/2026/QĐ-UBND"),
    ("Năm 2024", "Năm 2024"),
])  # fmt: skip
def test_years_in_deadlines(raw: str, then: str) -> None:
    assert in_dates(raw, 2026) == then


def test_deadlines_are_read_anew_for_the_year(plan: Draft) -> None:
    row(plan)
    row(plan, raw="Quý III")
    row(plan, raw="Hằng tháng")
    one, quarter, monthly = copied(plan)
    assert (one.deadline.raw, [o.due_on for o in one.deadline.occurrences]) == (
        "Trước ngày 30/11/2027",
        [date(2027, 11, 30)],
    )
    assert [o.due_on for o in quarter.deadline.occurrences] == [date(2027, 9, 30)]
    assert [o.due_on.year for o in monthly.deadline.occurrences] == [2027] * 12
    assert {o.number for o in monthly.deadline.occurrences} == {0}


def test_rows_keep_their_words_with_the_year_moved(plan: Draft) -> None:
    text = row(plan, task="Kế hoạch năm 2026", product="Báo cáo năm 2026", note="Theo Sở Nội vụ")
    (one,) = copied(plan)
    assert (one.task, one.product, one.note, one.row) == (
        "Kế hoạch năm 2027",
        "Báo cáo năm 2027",
        "Theo Sở Nội vụ",
        text.code,
    )
    assert (one.measure_id, one.continues, one.carried) == (None, text.measure_id, False)


# --- leads


def test_lead_that_merged_is_the_unit_that_follows_and_says_so(plan: Draft, office: Office) -> None:
    row(plan, office.other_division)
    last = Unit.objects.create(agency=office.agency, kind=UnitKind.DIVISION, code="TC", name="Phòng Tài chính")
    middle = Unit.objects.create(
        agency=office.agency, kind=UnitKind.DIVISION, code="TG", name="Phòng Trung gian", until=date(2020, 6, 1)
    )
    Unit.objects.filter(pk=office.other_division.pk).update(until=date(2020, 5, 1))
    office.other_division.successors.add(middle)
    middle.successors.add(last, office.other_division)
    (one,) = copied(plan)
    assert [(owner.name, owner.unit_id) for owner in one.leads] == [("Phòng Tài chính", last.pk)]
    assert one.lead_raw == "Phòng Tài chính"
    assert said(one, LEAD) == ["Phòng Kinh tế ngành không còn, thay bằng Phòng Tài chính. Xác nhận lại."]
    assert one.standing == "ask"


def test_lead_that_was_split_is_every_unit_that_follows(plan: Draft, office: Office) -> None:
    row(plan, office.division, office.other_division)
    Unit.objects.filter(pk=office.other_division.pk).update(until=date(2020, 5, 1))
    office.other_division.successors.add(office.division, office.office)
    (one,) = copied(plan)
    assert [owner.unit_id for owner in one.leads] == [office.division.pk, office.office.pk]
    assert "Mỗi đơn vị sẽ nhận một việc riêng" in said(one, LEAD)[0]


def test_lead_without_a_successor_is_to_be_chosen(plan: Draft, office: Office) -> None:
    text = row(plan, office.other_division)
    MeasureUnit.objects.create(text=text, part=Part.COORDINATING, position=1, written="Phòng KTN", kind=OwnerKind.UNIT,
                               unit=office.other_division)  # fmt: skip
    Unit.objects.filter(pk=office.other_division.pk).update(until=localdate().replace(year=2020))
    (one,) = copied(plan)
    assert (one.leads, one.standing, one.lead_missing) == ((), "bad", True)
    assert "chưa có đơn vị thay" in said(one, "Đơn vị phối hợp")[0]


def test_group_and_unknown_leads_stay_as_they_were(plan: Draft) -> None:
    row(plan, "all")
    unknown = row(plan, "?")
    unknown.remarks = [{"column": LEAD, "message": "Chưa rõ", "severity": "error"}]
    unknown.save()
    group, nobody = copied(plan)
    assert [owner.group for owner in group.leads] == ["all"]
    assert (nobody.standing, said(nobody, LEAD)) == ("bad", ["Chưa rõ"])


# --- criteria


def make_sets(office: Office, links: dict[str, list[str]]) -> tuple[CriteriaSet, CriteriaSet]:
    old, new = (
        CriteriaSet.objects.create(agency=office.agency, name=f"Bộ {year}", level=Level.DEPARTMENT, year=year, at=now(), kept_at=now())
        for year in (YEAR, YEAR + 1)
    )  # fmt: skip
    for number, (code, heirs) in enumerate(links.items()):
        was = Criterion.objects.create(criteria_set=old, code=code, name=f"Cũ {code}", max_points=1, position=number)
        for place, heir in enumerate(heirs):
            now_is, _ = Criterion.objects.get_or_create(criteria_set=new, code=heir, defaults={
                "name": f"Mới {heir}", "max_points": Decimal("2.50"), "position": 10 * number + place})  # fmt: skip
            CriterionLink.objects.create(new=now_is, old=was)
    return old, new


def test_codes_are_those_of_the_newer_set(plan: Draft, office: Office) -> None:
    row(plan)
    make_sets(office, {"3.3.3": ["4.1.2"]})
    (one,) = copied(plan)
    assert [(c.code, c.name, c.points) for c in one.criteria] == [("4.1.2", "Mới 4.1.2", Decimal("2.50"))]
    assert said(one, CRITERIA) == []


def test_code_that_became_several_and_code_that_is_not_mapped_are_asked_about(plan: Draft, office: Office) -> None:
    row(plan)
    lost = row(plan)
    lost.criteria.update(code="9.9")
    make_sets(office, {"3.3.3": ["4.1", "4.2"]})
    split, unmapped = copied(plan)
    assert [c.code for c in split.criteria] == ["4.1", "4.2"]
    assert said(split, CRITERIA) == ["Tiêu chí 3.3.3 nay là 4.1, 4.2 trong Bộ 2027. Giữ lại các mã đúng với dòng này."]
    assert [c.code for c in unmapped.criteria] == ["9.9"]
    assert said(unmapped, CRITERIA) == ["Tiêu chí 9.9 không có trong bảng đối chiếu với Bộ 2027. Ghi lại mã tiêu chí."]


def test_two_codes_that_became_one_stand_once(plan: Draft, office: Office) -> None:
    text = row(plan)
    text.criteria.create(position=2, code="3.3.4", points=1)
    make_sets(office, {"3.3.3": ["4.1"], "3.3.4": ["4.1"]})
    (one,) = copied(plan)
    assert [c.code for c in one.criteria] == ["4.1"]


def test_without_a_newer_set_codes_stay_and_the_page_says_so(plan: Draft) -> None:
    row(plan)
    kept = copy_plan(plan.plan.pk, plan.office.rights("chief"))
    (one,) = rows_of_import(kept)
    assert ([c.code for c in one.criteria], said(one, CRITERIA)) == (["3.3.3"], [])
    assert kept.problems[0].startswith("Chưa có bộ tiêu chí năm 2027")


def test_newer_set_that_is_not_mapped_is_said(plan: Draft, office: Office) -> None:
    row(plan)
    make_sets(office, {})
    kept = copy_plan(plan.plan.pk, office.rights("chief"))
    assert kept.problems == ["Bộ 2027 (năm 2027) chưa được đối chiếu với Bộ 2026 (năm 2026). Đối chiếu ở trang Bộ tiêu chí rồi lập lại, hoặc sửa từng dòng."]  # fmt: skip


def test_what_is_asked_of_a_code_stays_until_the_code_is_written_anew(plan: Draft, office: Office) -> None:
    row(plan)
    make_sets(office, {"1.1": ["1.1"]})
    kept, rights = copy_plan(plan.plan.pk, office.rights("chief")), office.rights("chief")
    (one,) = rows_of_import(kept)
    from dataclasses import replace

    again = correct_import_row(kept.pk, 0, replace(unchanged(one), note="Ghi chú"), rights).row
    assert len(said(again, CRITERIA)) == 1
    done = correct_import_row(kept.pk, 0, replace(unchanged(again), criteria=()), rights).row
    assert (said(done, CRITERIA), done.continues) == ([], one.continues)


# --- what the closing said


def test_carried_rows_come_first_and_dropped_ones_do_not_come(plan: Draft, office: Office) -> None:
    done, carried, dropped = row(plan), row(plan, task="Việc năm 2026", raw="Quý III/2026"), row(plan)
    settle(plan, {carried.measure: Settled.CARRIED, dropped.measure: Settled.DROPPED})
    kept = copy_plan(plan.plan.pk, office.rights("chief"))
    rows = rows_of_import(kept)
    assert [one.continues for one in rows] == [done.measure_id, carried.measure_id]
    assert [one.carried for one in rows] == [False, True]
    assert (rows[1].task, rows[1].note) == ("Việc năm 2026", "Chuyển tiếp từ năm 2026.")
    assert said(rows[1], DEADLINE) == ["Chưa xong khi đóng kế hoạch năm 2026, thời hạn khi đó là “Quý III/2026”. Xác nhận thời hạn của năm 2027."]  # fmt: skip
    assert dropped.code in kept.problems[-1]
    client = Client()
    client.force_login(office["chief"])
    body = client.get(reverse("plans:preview", args=[kept.pk])).content.decode()
    assert body.index("Chuyển tiếp<b>") < body.index("Cần xem<b>") < body.index("Tất cả<b>")
    assert body.count('id="dong-') == 1


def test_plan_of_which_nothing_is_carried_on_is_not_copied(plan: Draft) -> None:
    text = row(plan)
    settle(plan, {text.measure: Settled.DROPPED})
    with pytest.raises(PlanRefused, match="không có gì để đưa sang"):
        copied(plan)


# --- once, and saved


def test_what_was_decided_of_a_row_goes_on_with_it(plan: Draft, office: Office) -> None:
    text = row(plan)
    Measure.objects.filter(pk=text.measure_id).update(confirmation=Confirmation.OFFICE, target=12, target_unit="hồ sơ")
    kept = copy_plan(plan.plan.pk, office.rights("chief"))
    made = save_import(kept.pk, office.rights("chief"))
    measure = Measure.objects.get(plan=made)
    assert (measure.continues_id, measure.confirmation, measure.target, measure.target_unit) == (
        text.measure_id,
        "office",
        12,
        "hồ sơ",
    )
    assert (made.year, made.title, made.number, made.issued_on) == (2027, "Kế hoạch năm 2027", "", None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Measure.objects.filter(pk=measure.pk).update(continues=measure.pk)


def test_second_copy_is_refused_and_says_where_the_first_is(plan: Draft, office: Office) -> None:
    row(plan)
    rights = office.rights("chief")
    kept = copy_plan(plan.plan.pk, rights)
    with pytest.raises(AlreadyCopied, match="đang được xem lại") as refusal:
        copy_plan(plan.plan.pk, rights)
    assert refusal.value.kept == kept
    made = save_import(kept.pk, rights)
    with pytest.raises(AlreadyCopied, match="đã lưu thành dự thảo"):
        copy_plan(plan.plan.pk, rights)
    discard_draft(made.pk, rights)
    with pytest.raises(AlreadyCopied, match="đang được xem lại"):
        copy_plan(plan.plan.pk, rights)
    discard_import(kept.pk, rights)
    assert copy_plan(plan.plan.pk, rights).pk != kept.pk
    assert Entry.objects.filter(verb="plan.copied").count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_people_copy_once(office: Office) -> None:
    draft = make_draft(office, YEAR)
    Plan.objects.filter(pk=draft.plan.pk).update(number="45/KH", issued_on=date(YEAR, 1, 5), issued_at=now())
    row(draft)
    results = race(
        [lambda who=who: copy_plan(draft.plan.pk, who) for who in (office.rights("chief"), office.rights("reviewer"))]
    )
    assert sorted(type(one).__name__ for one in results) == ["AlreadyCopied", "PlanImport"]


def test_draft_is_not_copied_nor_a_strangers_plan_and_only_by_the_office(
    office: Office, other_office: Office, plan: Draft
) -> None:
    draft = make_draft(office)
    draft.row(office.division)
    with pytest.raises(PlanRefused, match="dự thảo"):
        copy_plan(draft.plan.pk, office.rights("chief"))
    with pytest.raises(Plan.DoesNotExist):
        copy_plan(plan.plan.pk, other_office.rights("chief"))
    for name in ("head", "leader", "director", "clerk", "viewer", "administrator"):
        with pytest.raises(PermissionDenied):
            copy_plan(plan.plan.pk, office.rights(name))


def test_copy_by_its_button(office: Office, other_office: Office, plan: Draft) -> None:
    row(plan)
    client, url = Client(), reverse("plans:copy", args=[plan.plan.pk])
    client.force_login(other_office["chief"])
    assert client.post(url).status_code == 404
    client.force_login(office["head"])
    assert client.post(url).status_code == 403
    client.force_login(office["chief"])
    assert client.get(url).status_code == 405
    assert "Lập kế hoạch năm 2027" in client.get(reverse("plans:plan", args=[plan.plan.pk])).content.decode()
    kept_url = client.post(url).headers["Location"]
    assert "Đã lập 01 dòng cho năm 2027" in client.get(kept_url).content.decode()
    again = client.post(url)
    assert again.headers["Location"] == kept_url
    kept = PlanImport.objects.get(copies=plan.plan)
    assert "đã được lập từ kế hoạch này" in client.get(kept_url).content.decode()
    save_import(kept.pk, office.rights("chief"))
    assert client.post(url).headers["Location"] == kept_url


def test_row_is_left_out_where_it_stood(office: Office, plan: Draft) -> None:
    one, two = row(plan), row(plan)
    rights = office.rights("chief")
    kept = copy_plan(plan.plan.pk, rights)
    with pytest.raises(PlanRefused, match="không còn"):
        drop_import_row(kept.pk, 1, one.code, rights)
    with pytest.raises(PermissionDenied):
        drop_import_row(kept.pk, 0, one.code, office.rights("head"))
    client = Client()
    client.force_login(office["chief"])
    assert client.post(reverse("plans:import_drop", args=[kept.pk, 0]), {"row": one.code}).status_code == 302
    with pytest.raises(PlanRefused, match="ít nhất một dòng"):
        drop_import_row(kept.pk, 0, two.code, rights)
    assert [left.row for left in rows_of_import(PlanImport.objects.get(pk=kept.pk))] == [two.code]
