"""Scores: what they add up to, and how they are entered and proved."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from hypothesis import given
from hypothesis import strategies as st

from audit import services as audit
from audit.models import Entry
from evidence.models import Use
from evidence.services import store_document, store_file
from plans.criteria.arithmetic import Claim, Leaf, Sum, by, once, total
from plans.criteria.models import CriteriaSet, CriterionLink, Score
from plans.criteria.rules import HUNDRED, Absent, Rule
from plans.criteria.scoring import sheet_of, stated
from plans.models import MeasureText, Plan, PlanVersion
from tests.evidence.files import PDF, upload
from tests.office import Office, make_document, make_measure, make_plan
from tests.plans.test_criteria_pages import criterion_of, html, make_set, said

CORRECTED = PDF + b"\n% corrected"
points = st.decimals(0, 20, places=2)


@st.composite
def leaves(draw: st.DrawFn) -> list[Leaf]:
    found = []
    for maximum in draw(st.lists(points, max_size=12)):
        got = draw(st.one_of(st.none(), st.decimals(0, maximum, places=2)))
        found.append(Leaf(maximum, got, draw(st.booleans())))
    return found


@given(leaves())
def test_rescaled_stays_within_the_whole_and_is_the_sum_where_nothing_is_dropped(found: list[Leaf]) -> None:
    sums = total(found)
    assert 0 <= sums.exact <= sums.full == sum(leaf.maximum for leaf in found)
    assert 0 <= sums.index <= 100
    everything = total([Leaf(leaf.maximum, leaf.points) for leaf in found])
    assert everything.rescaled == everything.points


@given(leaves(), points)
def test_a_dropped_criterion_changes_nothing_but_the_scale(found: list[Leaf], maximum: Decimal) -> None:
    sums, more = total(found), total([*found, Leaf(maximum, maximum, dropped=True)])
    assert (more.points, more.applicable, more.exact_index) == (sums.points, sums.applicable, sums.exact_index)
    assert more.full == sums.full + maximum


@given(leaves())
def test_all_points_of_what_applies_are_the_whole_whatever_is_dropped(found: list[Leaf]) -> None:
    sums = total([Leaf(leaf.maximum, leaf.maximum, leaf.dropped) for leaf in found])
    assert sums.exact == (sums.full if sums.applicable else 0)
    assert sums.needed(HUNDRED) == 0


@given(leaves(), st.integers(0, 12))
def test_parts_add_up_to_the_whole(found: list[Leaf], cut: int) -> None:
    assert total(found[:cut]) + total(found[cut:]) == total(found)


@given(st.lists(st.tuples(st.integers(0, 4), points, st.integers(0, 3)), max_size=20))
def test_a_criterion_counts_once_however_many_tasks_name_it(rows: list[tuple[int, Decimal, int]]) -> None:
    claims = [Claim(criterion, worth, unit) for criterion, worth, unit in rows]
    alone = once(claims)
    assert alone == once([*claims, *claims])
    assert alone == sum(max(worth for other, worth, _ in rows if other == one) for one in {row[0] for row in rows})
    units = by(claims, lambda claim: claim.work)
    assert all(worth <= alone for worth in units.values())
    assert sum(units.values(), Decimal(0)) >= alone
    assert once(claims[1:]) <= alone


def test_the_newest_stage_counts() -> None:
    rule = Rule()
    assert stated(Score(self_score=Decimal(1)), rule, Decimal(2)) == Leaf(Decimal(2), Decimal(1))
    assert stated(Score(self_score=Decimal(1), appraisal_1=Decimal(0)), rule, Decimal(2)).points == 0
    assert stated(Score(appraisal_1=Decimal(0), appraisal_2=Decimal(2)), rule, Decimal(2)).points == 2
    assert stated(None, rule, Decimal(2)) == Leaf(Decimal(2))
    assert stated(Score(standing="not-applicable"), rule, Decimal(2)).dropped
    assert stated(Score(standing="nothing"), rule, Decimal(2)).dropped
    assert stated(Score(standing="nothing"), Rule(absent=Absent.FULL), Decimal(2)) == Leaf(Decimal(2), Decimal(2))
    assert Sum(Decimal(100), Decimal(80), Decimal(60)).needed(Decimal(90)) == 12


@pytest.fixture
def reviewer(client: Client, office: Office) -> Client:
    client.force_login(office["reviewer"])
    return client


def entry(**said: str) -> dict[str, str]:
    names = ("reason", "last_year", "self_score", "basis", "appraisal_1", "explanation", "appraisal_2", "seen")
    return {"standing": "scored"} | dict.fromkeys(names, "") | said


def test_scores_are_entered_by_the_rule_and_stage_by_stage(reviewer: Client, office: Office) -> None:
    found = make_set(office)
    ratio, passed, steps = (criterion_of(found, code) for code in ("3.3.3", "3.3.4", "4.1"))
    for criterion, measured, expected in ((ratio, "62,5", "25.00"), (passed, "0", "20.00"), (steps, "1", "20.00")):
        answer: Any = reviewer.post(
            reverse("plans:score", args=[criterion.pk]), entry(measured=measured, last_year="10")
        )
        assert answer.url == reverse("plans:criterion", args=[criterion.pk])
        assert str(Score.objects.get(criterion=criterion).self_score) == expected
    made = sheet_of(found)
    assert (made.now.points, made.now.unscored, made.last.points) == (Decimal(65), 0, Decimal(30))
    page = html(reviewer.get(reverse("plans:score_sheet", args=[found.pk])))
    assert "65,00%" in page
    assert "Ước tính nội bộ, không phải điểm chính thức." in page
    assert "5,00 điểm" in page  # to nhóm C
    assert Entry.objects.filter(verb="criterion.scored").count() == 3


def test_a_criterion_that_does_not_apply_leaves_the_scale(reviewer: Client, office: Office) -> None:
    found = make_set(office)
    address = reverse("plans:score", args=[criterion_of(found, "4.1").pk])
    assert "Chưa ghi lý do." in html(reviewer.post(address, entry(standing="not-applicable")))
    reviewer.post(address, entry(standing="not-applicable", reason="Không có đơn vị sự nghiệp"))
    reviewer.post(reverse("plans:score", args=[criterion_of(found, "3.3.3").pk]), entry(self_score="30"))
    sums = sheet_of(found).now
    assert [sums.full, sums.applicable, sums.index, sums.rescaled] == [Decimal(each) for each in (100, 60, 50, 50)]


def test_wrong_scores_and_scores_changed_under_the_person_are_refused(reviewer: Client, office: Office) -> None:
    criterion = criterion_of(make_set(office), "3.3.4")
    address = reverse("plans:score", args=[criterion.pk])
    assert "Cao hơn điểm tối đa 20,00." in html(reviewer.post(address, entry(self_score="20,5")))
    assert "nhiều nhất hai chữ số thập phân" in html(reviewer.post(address, entry(self_score="1,125")))
    reviewer.post(address, entry(self_score="15"))
    answer = reviewer.post(address, entry(self_score="5"))
    assert answer.status_code == 409
    assert "đã ghi điểm lúc" in html(answer)
    assert Score.objects.get().self_score == 15
    CriteriaSet.objects.update(retired_at="2024-01-01T00:00Z")
    score = Score.objects.get()
    answer = reviewer.post(address, entry(self_score="5", seen=score.at.isoformat()))
    assert answer.status_code == 409
    assert "đã ngừng áp dụng" in html(answer)


def test_one_document_proves_several_criteria(reviewer: Client, office: Office, other_office: Office) -> None:
    found = make_set(office)
    document = make_document(office, office["officer"], "Báo cáo số hóa", "45/BC-SKHĐT")
    foreign = make_document(other_office, other_office["officer"])
    for code in ("3.3.3", "3.3.4"):
        address = reverse("plans:criterion_documents", args=[criterion_of(found, code).pk])
        assert "45/BC-SKHĐT" in html(reviewer.get(address, {"tim": "so hoa"}))
        assert "45/BC-SKHĐT" not in html(reviewer.get(address, {"tim": "khác"}))
        reviewer.post(address, {"document": document.pk, "place": "mục 2, trang 5"})
        assert reviewer.post(address, {"document": foreign.pk}).status_code == 404
        assert "Chưa chọn tài liệu." in html(reviewer.post(address, {}))
    assert Use.objects.filter(document=document, subject__startswith="criterion:").count() == 2
    criterion = criterion_of(found, "3.3.3")
    assert "mục 2, trang 5" in html(reviewer.get(reverse("plans:criterion", args=[criterion.pk])))
    remove = reverse("plans:remove_criterion_document", args=[criterion.pk, document.pk])
    assert said(reviewer.post(remove)) == ["Đã bỏ 45/BC-SKHĐT khỏi tiêu chí 3.3.3."]
    assert reviewer.post(remove).status_code == 404
    assert Use.objects.filter(document=document).count() == 1


def test_last_year_is_taken_through_the_mapping(reviewer: Client, office: Office) -> None:
    older, found = make_set(office, "Bộ cũ", year=2023), make_set(office)
    take = reverse("plans:last_year_scores", args=[found.pk])
    assert said(reviewer.post(take))[0].startswith("Chưa lấy được điểm nào.")
    for code, got in (("3.3.3", "30"), ("3.3.4", "12,5")):
        reviewer.post(reverse("plans:score", args=[criterion_of(older, code).pk]), entry(self_score=got))
        CriterionLink.objects.create(new=criterion_of(found, "3.3.3"), old=criterion_of(older, code))
    assert said(reviewer.post(take))[-1] == "Đã lấy điểm năm trước cho 01 tiêu chí."
    assert Score.objects.get(criterion__criteria_set=found).last_year == Decimal("42.5")


@pytest.mark.parametrize("who", ["director", "viewer", "head", "administrator"])
def test_only_the_office_enters_scores(client: Client, office: Office, other_office: Office, who: str) -> None:
    found, foreign = make_set(office), make_set(other_office)
    leaf, strange, field = criterion_of(found, "4.1"), criterion_of(foreign, "4.1"), criterion_of(found, "4")
    client.force_login(office[who])
    expected = 403 if who == "administrator" else 200
    assert client.get(reverse("plans:score_sheet", args=[found.pk])).status_code == expected
    for name, keys in (("score", [leaf.pk]), ("criterion_documents", [leaf.pk]), ("remove_criterion_document", [leaf.pk, 1]),
                       ("last_year_scores", [found.pk])):  # fmt: skip
        assert client.post(reverse(f"plans:{name}", args=keys)).status_code == 403
    client.force_login(office["reviewer"])
    for name, keys in (("score", [strange.pk]), ("criterion_documents", [strange.pk]), ("score", [field.pk]),
                       ("score_sheet", [foreign.pk])):  # fmt: skip
        assert client.get(reverse(f"plans:{name}", args=keys)).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_sheet_costs_the_same_with_one_and_three(reviewer: Client, office: Office, number: int,
                                                 django_assert_num_queries: Callable[[int], Any]) -> None:  # fmt: skip
    found = make_set(office)
    for code in ("3.3.3", "3.3.4", "4.1")[:number]:
        reviewer.post(reverse("plans:score", args=[criterion_of(found, code).pk]), entry(self_score="10"))
    with django_assert_num_queries(11):
        reviewer.get(reverse("plans:score_sheet", args=[found.pk]))


def test_last_year_counts_one_version_and_divides_what_became_several(reviewer: Client, office: Office) -> None:
    older, newer = make_set(office, "Bộ cũ", year=2023), make_set(office, "Bộ cũ sửa", year=2023)
    found = make_set(office)
    for old in (older, newer):
        reviewer.post(reverse("plans:score", args=[criterion_of(old, "4.1").pk]), entry(self_score="30"))
        for code in ("3.3.3", "3.3.4"):  # 40 and 20 points
            CriterionLink.objects.create(new=criterion_of(found, code), old=criterion_of(old, "4.1"))
    reviewer.post(reverse("plans:last_year_scores", args=[found.pk]))
    scores = Score.objects.filter(criterion__criteria_set=found).order_by("criterion__position")
    assert list(scores.values_list("criterion__code", "last_year")) == [("3.3.3", 20), ("3.3.4", 10)]


def test_a_level_chosen_later_counts_and_an_explicit_score_is_kept(reviewer: Client, office: Office) -> None:
    steps = criterion_of(make_set(office), "4.1")  # có: 40; chậm: 20; không: 0
    address = reverse("plans:score", args=[steps.pk])
    reviewer.post(address, entry(measured="0"))
    for said_now, expected in (({"self_score": "40,00", "measured": "1"}, 20), ({"self_score": "15", "measured": "0"}, 15),
                            ({"self_score": "15,00", "measured": ""}, 15)):  # fmt: skip
        score = Score.objects.get()
        reviewer.post(address, entry(seen=score.at.isoformat(), **said_now))
        score.refresh_from_db()
        assert score.self_score == expected


def test_settings_write_down_what_was(reviewer: Client, office: Office) -> None:
    found = make_set(office)
    reviewer.post(reverse("plans:criteria_settings", args=[found.pk]), {"name": "Tên khác", "bands": "Nhóm A | 80"})
    text = json.loads(Entry.objects.get(verb="criteria.changed").text)["body"]
    assert [text[when]["name"] for when in ("before", "after")] == ["Bộ tiêu chí năm 2024", "Tên khác"]


def make_draft(office: Office, year: int = 2025) -> Plan:
    plan = Plan.objects.create(
        agency=office.agency, year=year, title=f"Kế hoạch năm {year}", by=office["chief"], at=now()
    )
    PlanVersion.objects.create(plan=plan, at=now())
    return plan


def test_points_lost_become_rows_of_next_years_draft(reviewer: Client, office: Office, other_office: Office) -> None:
    make_measure(office, make_plan(office, 2024), lead=office.division)
    MeasureText.objects.update(lead_raw="Phòng Đăng ký kinh doanh")
    found, later = make_set(office), make_set(office, "Bộ năm sau", year=2025)
    CriterionLink.objects.create(new=criterion_of(later, "3.3.4"), old=criterion_of(found, "3.3.3"))
    address = reverse("plans:lost_points", args=[found.pk])
    assert "Chưa thấy điểm mất" in html(reviewer.get(address))
    for code, got in (("3.3.3", "30"), ("3.3.4", "20"), ("4.1", "35,5")):
        reviewer.post(reverse("plans:score", args=[criterion_of(found, code).pk]), entry(self_score=got))
    page = html(reviewer.get(address))
    assert "02 tiêu chí chưa đủ điểm, mất 14,50 điểm" in page
    assert "Chưa có dự thảo kế hoạch nào để nhận" in page
    draft, foreign = make_draft(office), make_draft(other_office)
    assert "Chưa chọn nhiệm vụ nào." in html(reviewer.post(address, {"plan": draft.pk}))
    assert "Dự thảo này không còn nữa" in html(reviewer.post(address, {"plan": foreign.pk, "codes": "4.1"}))
    answer: Any = reviewer.post(address, {"plan": draft.pk, "codes": ["3.3.3", "4.1"]})
    assert answer.url == reverse("plans:plan", args=[draft.pk])
    rows = MeasureText.objects.filter(version__plan=draft).order_by("position")
    assert [(row.order, row.lead_raw, row.criteria.get().code, row.points) for row in rows] == [
        ("1", "Phòng Đăng ký kinh doanh", "3.3.4", 40), ("2", "", "4.1", 40),
    ]  # fmt: skip
    again = reviewer.post(address, {"plan": draft.pk, "codes": ["4.1"]})
    assert again.status_code == 409
    assert f"Dự thảo đã có nhiệm vụ khắc phục ở dòng {rows[1].code}." in html(again)
    assert MeasureText.objects.filter(version__plan=draft).count() == 2
    assert rows[0].task == "Khắc phục điểm mất của tiêu chí 3.3.3 “Tỷ lệ số hóa hồ sơ”: từ 30,00 lên 40,00 điểm"


def test_scores_are_taken_away_as_table_and_files_named_by_criterion(
    reviewer: Client, office: Office, other_office: Office
) -> None:
    found = make_set(office)
    with audit.transaction():
        document = store_document(
            agency_id=office.agency.pk, by=office["officer"], number="45/BC", dated=None, issuer="Sở", abstract="Báo cáo",
            files=[upload(name="báo cáo.pdf")],
        )  # fmt: skip
    for code in ("3.3.3", "4.1"):
        criterion = criterion_of(found, code)
        reviewer.post(
            reverse("plans:criterion_documents", args=[criterion.pk]), {"document": document.pk, "place": "trang 2"}
        )
        reviewer.post(reverse("plans:score", args=[criterion.pk]), entry(self_score="12,5", basis="=1+1"))
    with audit.transaction():
        store_file(document, upload(CORRECTED, "báo cáo.pdf"), office["officer"])
    address = reverse("plans:criteria_export", args=[found.pk])
    table = BytesIO(b"".join(reviewer.get(address).streaming_content))  # type: ignore[arg-type, attr-defined]
    rows = list(openpyxl.load_workbook(table).active.values)
    assert "Ước tính nội bộ, không phải điểm chính thức" in rows[0][0]
    line = next(row for row in rows if row[0] == "4.1")
    assert (line[2], line[4], line[7], line[9], line[11]) == (40, 12.5, 12.5, "'=1+1", "45/BC, trang 2")
    assert rows[-1][:2] + rows[-1][7:8] == (None, "Cộng", 25)
    package = ZipFile(BytesIO(b"".join(reviewer.get(address, {"tai-lieu": ""}).streaming_content)))  # type: ignore[arg-type, attr-defined]
    names = sorted(package.namelist())
    assert names[:2] == ["3.3.3_01_báo cáo.pdf", "4.1_01_báo cáo.pdf"]
    assert len(names) == 3  # of two files of one name the corrected one
    assert package.read(names[0]) == CORRECTED
    assert Entry.objects.filter(verb="criteria.exported").count() == 2
    foreign = make_set(other_office)
    for name in ("criteria_export", "lost_points"):
        assert reviewer.get(reverse(f"plans:{name}", args=[foreign.pk])).status_code == 404
    reviewer.force_login(office["leader"])
    for name in ("criteria_export", "lost_points"):
        assert reviewer.get(reverse(f"plans:{name}", args=[found.pk])).status_code == 403
