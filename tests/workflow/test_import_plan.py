"""`manage import_plan` as others script it."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from organization.enums import Role, UnitKind
from organization.models import Alias, Post, Unit
from plans.models import MeasureText, Occurrence, Plan
from tests.office import Office
from tests.plans.files import HEADINGS, ROW, SAMPLES, word
from workflow.models import Assignment, Case

UNITS = {
    "TTr": ("Thanh tra", False),
    "THQH": ("Phòng Tổng hợp - Quy hoạch", False),
    "KGVX": ("Phòng Khoa giáo - Văn xã", False),
    "ĐTTĐ": ("Phòng Đấu thầu, Thẩm định và Giám sát đầu tư", True),
    "KTĐN": ("Phòng Kinh tế đối ngoại", True),
}
SAMPLE = SAMPLES / "ke-hoach-2024.docx"
GOLDEN = Path(__file__).parents[1] / "plans" / "golden" / "ke-hoach-2024.json"

pytestmark = pytest.mark.django_db


@pytest.fixture
def department(office: Office) -> Office:
    """The eight units of the sample, three of them with procedures."""
    Unit.objects.filter(pk=office.division.pk).update(has_procedures=True)
    for code, (name, procedures) in UNITS.items():
        Unit.objects.create(agency=office.agency, parent=office.agency, kind=UnitKind.DIVISION, code=code, name=name,
                            has_procedures=procedures)  # fmt: skip
    Alias.objects.create(agency=office.agency, unit=Unit.objects.get(code="ĐTTĐ"), text="phòng ĐT,TĐ&GSĐT")
    return office


def run(*arguments: object) -> dict[str, Any]:
    out = io.StringIO()
    call_command("import_plan", *map(str, arguments), "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def refused(*arguments: object) -> tuple[int, dict[str, Any]]:
    out = io.StringIO()
    with pytest.raises(CommandError) as stopped:
        call_command("import_plan", *map(str, arguments), "--json", stdout=out, stderr=io.StringIO())
    return stopped.value.returncode, json.loads(out.getvalue())


def test_sample_becomes_a_draft_and_says_what_was_agreed(department: Office) -> None:
    told, agreed = run(SAMPLE), json.loads(GOLDEN.read_text("utf-8"))
    plan = Plan.objects.get()
    assert told == agreed | {"plan": agreed["plan"] | {"id": plan.pk}}
    assert (plan.number, str(plan.issued_on), plan.year, plan.issued_at) == ("45/KH-SKHĐT", "2024-06-18", 2024, None)
    texts = MeasureText.objects.filter(version__plan=plan)
    assert texts.count() == 44
    assert texts.filter(units__part="lead", units__unit=department.office).count() == 21
    assert str(texts.get(deadline_raw="Từ tháng 7/2024").begins_on) == "2024-07-01"
    due = Occurrence.objects.filter(text__version__plan=plan)
    assert due.count() == sum(len(m["deadline"]["due"]) for m in agreed["measures"])


def test_dry_run_saves_nothing(department: Office) -> None:
    assert run(SAMPLE, "--dry-run")["plan"]["id"] is None
    assert not Plan.objects.exists()


def test_without_imported_people_units_are_matched_by_name_alone() -> None:
    told = run(SAMPLE)
    assert told["plan"]["id"] is None
    assert Counter(name for m in told["measures"] for name in m["lead"])["Văn phòng"] == 21


def test_another_year_moves_deadlines_and_the_plans_date(department: Office) -> None:
    told = run(SAMPLE, "--year", 2026)
    assert told["plan"]["year"] == 2026
    assert {due[:4] for m in told["measures"] for due in m["deadline"]["due"]} == {"2026"}
    assert str(Plan.objects.get().issued_on) == "2026-06-18"


@time_machine.travel("2024-06-18T08:00:00+07:00")
def test_sample_issued_on_its_day_makes_the_work_of_each_unit(department: Office) -> None:
    told = run(SAMPLE, "--issue")
    plan = Plan.objects.get()
    assert plan.issued_by == department["chief"]
    counts = Counter(Case.objects.filter(plan=plan).values_list("unit__code", flat=True))
    assert counts == {"VP": 26, "TTr": 6, "THQH": 17, "ĐKKD": 27, "KTN": 2, "KGVX": 2, "ĐTTĐ": 4, "KTĐN": 5}
    assert not Case.objects.filter(due_on__lt=plan.issued_on).exists()
    assert not Assignment.objects.filter(measure__texts__order__in=["5", "18"], measure__texts__appendix="I").exists()
    waiting = {(problem["row"], problem["column"]) for problem in told["problems"]}
    assert {("I.5", "Đơn vị chủ trì"), ("I.18", "Đơn vị chủ trì"), ("I.1", "Thời hạn"), ("I.16", "Thời hạn")} <= waiting
    assert len(told["problems"]) == len(waiting)


@time_machine.travel("2026-03-02T08:00:00+07:00")
def test_plan_whose_day_is_still_ahead_is_issued_today(department: Office) -> None:
    run(SAMPLE, "--year", 2026, "--issue")
    assert str(Plan.objects.get().issued_on) == "2026-03-02"


def test_the_same_number_is_refused_and_leaves_no_draft(department: Office) -> None:
    run(SAMPLE, "--issue")
    code, told = refused(SAMPLE, "--issue")
    assert (code, Plan.objects.count()) == (1, 1)
    assert told["error"].startswith("Kế hoạch có số và ngày này")


def test_issue_by_one_who_is_not_of_the_office_is_refused(department: Office) -> None:
    code, told = refused(SAMPLE, "--issue", "--by", department["head"].code)
    assert (code, told["error"]) == (1, "Lương Thu Hạnh không có quyền nhập kế hoạch.")
    assert not Plan.objects.exists()


def test_issue_without_a_reviewer_is_refused(department: Office) -> None:
    Post.objects.filter(role=Role.REVIEWER).delete()
    assert refused(SAMPLE, "--issue")[0] == 1
    assert not Plan.objects.exists()


def test_several_agencies_ask_which(department: Office, other_office: Office) -> None:
    assert refused(SAMPLE)[0] == 1
    run(SAMPLE, "--agency", "skhđt")
    assert Plan.objects.get().agency == department.agency


def test_file_that_cannot_be_read_exits_2(department: Office, tmp_path: Path) -> None:
    broken = tmp_path / "hong.docx"
    broken.write_bytes(b"khong phai Word")
    for path in (broken, tmp_path / "khong-co.docx", SAMPLES / "nhan-su-2024.xlsx"):
        code, told = refused(path)
        assert (code, list(told)) == (2, ["error"])
    assert not Plan.objects.exists()


def test_cells_longer_than_any_column_and_html_are_kept_as_written(department: Office, tmp_path: Path) -> None:
    html = "<script>alert(1)</script>" * 40
    path = tmp_path / "la.docx"
    path.write_bytes(word([HEADINGS, ("9" * 40, html, "=1+1", "", html, html, "31/02"), ROW]).getvalue())
    told = run(path, "--year", 2026)
    first = MeasureText.objects.order_by("position").first()
    assert (first.task, first.lead_raw, first.solution, first.deadline_raw) == (html, html, "'=1+1", "31/02")
    assert any(p["message"] == "Ngày “31/02” không có trong lịch. Sửa lại ngày." for p in told["problems"])
