"""Criteria as they are read and scored: pure, and through the command."""

from __future__ import annotations

import json
import unicodedata
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from organization.office_files import UnreadableError
from plans.criteria import bands
from plans.criteria.models import CriteriaSet, Criterion
from plans.criteria.reading import CriteriaFile, WrongCell, read_code, read_criteria_file, read_points
from plans.criteria.rules import Absent, Kind, Rule, Rung, WrongRule, propose, read_steps
from tests.office import Office
from tests.plans.files import SAMPLES, excel, word

SAMPLE = SAMPLES / "bo-tieu-chi-par-index-mau.xlsx"
HEADING = ("Mã", "Tiêu chí", "Điểm tối đa", "Cách chấm")
MOST = 10_000_000


def read(*rows: tuple[object, ...], heading: tuple[str, ...] = HEADING) -> CriteriaFile:
    return read_criteria_file(excel([heading, *rows]), MOST)


def messages(found: CriteriaFile) -> list[str]:
    return [problem.message for problem in found.problems]


def test_sample_is_read_whole_and_adds_up() -> None:
    with SAMPLE.open("rb") as stream:
        found = read_criteria_file(stream, MOST)
    assert len(found.lines) == 139
    assert [line.code for line in found.lines if line.parent is None] == list("12345678")
    assert found.total == Decimal(100)
    assert messages(found) == []
    by_code = {line.code: line for line in found.lines}
    assert by_code["7.2.4"].parent == found.lines.index(by_code["7.2"])
    assert by_code["8.1"].method == "SIPAS"


def test_totals_that_disagree_are_named_by_row() -> None:
    found = read(
        ("1", "Chỉ đạo", 10, ""),
        ("1.1", "Kế hoạch", 4.5, ""),
        ("1.2", "Báo cáo", "5,25", ""),
        ("", "Tổng cộng", 90, ""),
    )
    assert messages(found) == [
        "Dòng 2: 1 ghi 10,00 điểm nhưng các mục trong đó cộng lại 9,75 điểm.",
        "Dòng tổng ghi 90,00 điểm nhưng các lĩnh vực cộng lại 10,00 điểm.",
    ]
    assert all(problem.total for problem in found.problems)


def test_rows_that_cannot_be_read_say_what_and_where() -> None:
    found = read(
        ("1", "Chỉ đạo", 100, ""), ("1.1", "Kế hoạch", 100, ""), (1.1, "Thứ mười", 1, ""), (date(2024, 1, 2), "Ngày", 1, ""),
        ("1.3", "Điểm chữ", "nhiều", ""), ("1.4", "Lẻ", 0.125, ""), ("", "Không mã", 1, ""), ("2.1.1", "Mồ côi", 0, ""),
        ("mục", "Mã lạ", 1, ""), ("1.5", "", 1, ""),
    )  # fmt: skip
    said = messages(found)
    assert said[0].startswith("Dòng 4: mã 1.1 đã có ở dòng 3")
    assert said[1].startswith("Dòng 5: Excel đã đổi mã thành ngày")
    assert said[2].startswith("Dòng 6: điểm “nhiều” không phải số")
    assert said[3].startswith("Dòng 7: điểm 0.125 có hơn hai chữ số thập phân")
    assert said[4].startswith("Dòng 8: chưa có mã")
    assert said[5].startswith("Dòng 10: “mục” không phải mã tiêu chí")
    assert said[6].startswith("Dòng 11: tiêu chí 1.5 chưa có tên")
    assert said[7].startswith("Dòng 9: tiêu chí 2.1.1 không có dòng 2.1 ở trên, nay đứng riêng")
    assert [line.code for line in found.lines] == ["1", "1.1", "2.1.1"]


def test_a_heading_without_points_is_worth_its_parts() -> None:
    found = read(
        ("I", "Chỉ đạo", None, ""), ("1", "Kế hoạch", None, ""), ("1.1", "Ban hành", 60.5, ""), ("1.2", "Đủ", 39.5, "")
    )
    assert [line.points for line in found.lines] == [Decimal(100), Decimal(100), Decimal("60.5"), Decimal("39.5")]
    assert messages(found) == []


def test_other_layouts_are_read_by_the_meaning_of_their_columns() -> None:
    rows = (
        ("BỘ TIÊU CHÍ NĂM 2025", None, None, None, None),
        ("STT", "Thang điểm", "Lĩnh vực", "Tiêu chí thành phần", "Mã TC"),
        (1, 100, unicodedata.normalize("NFD", "Chỉ đạo"), None, "1"),
        (2, "99,5 ", None, "Ban hành\u00a0kế hoạch", "1.1"),
        (None, None, None, None, None),
        ("STT", "Thang điểm", "Lĩnh vực", "Tiêu chí thành phần", "Mã TC"),
        (3, 0.5, None, "Báo cáo", "1.2."),
    )
    found = read_criteria_file(excel(rows), MOST)
    assert [(line.code, line.name, line.points) for line in found.lines] == [
        ("1", "Chỉ đạo", Decimal(100)), ("1.1", "Ban hành kế hoạch", Decimal("99.5")), ("1.2", "Báo cáo", Decimal("0.5")),
    ]  # fmt: skip
    assert (found.year, messages(found)) == (2025, [])


@pytest.mark.parametrize(("file", "words"), [
    (excel([HEADING, ("1", "Quá lớn", None, ""), *((f"1.{n}", "Mục", 999, "") for n in range(1, 12))]), "quá 9.999,99 điểm"),
    (word([["Mã", "Tiêu chí"]]), "phải là tệp Excel"),
    (excel([("a", "b")]), "Không thấy bảng tiêu chí nào"),
    (excel([HEADING]), "không có tiêu chí nào"),
])  # fmt: skip
def test_files_of_no_use_are_refused(file: Any, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read_criteria_file(file, MOST)


CELL = st.one_of(st.none(), st.text(max_size=6), st.floats(), st.integers(), st.dates(), st.booleans())


@given(CELL)
def test_any_cell_of_points_is_a_number_in_bounds_or_refused(value: Any) -> None:
    try:
        points = read_points(value)
    except WrongCell:
        return
    assert points is None or (0 <= points < 1000 and points == round(points, 2))


@given(CELL)
def test_any_cell_of_codes_is_a_code_or_refused(value: Any) -> None:
    try:
        code = read_code(value)
    except WrongCell:
        return
    assert 0 < len(code) <= 11


@pytest.mark.parametrize(("text", "kind", "floor"), [
    ("Đạt/không đạt", Kind.PASS, 0),
    ("Theo tỷ lệ hoàn thành; 100%: tối đa", Kind.RATIO, 0),
    ("100%: tối đa; 80-dưới 100%: theo công thức; dưới 80%: 0", Kind.RATIO, 80),
    ("Đạt từ 95% (hoặc ngưỡng quy định) trở lên: theo công thức; dưới ngưỡng: 0", Kind.RATIO, 95),
    ("Ban hành đúng hạn: 0,5; chậm: 0,25; không: 0", Kind.STEPS, 0),
    ("Theo tỷ lệ/đạt - không đạt", Kind.FREE, 0),
    ("", Kind.FREE, 0),
])  # fmt: skip
def test_rule_is_proposed_from_its_words(text: str, kind: Kind, floor: int) -> None:
    rule = propose(text, Decimal("0.50"))
    assert (rule.kind, rule.floor) == (kind, Decimal(floor))
    assert Rule.of(rule.body()) == rule
    assert rule.words()


def test_nothing_came_up_is_full_points_where_the_words_say_so() -> None:
    assert propose("Không phát sinh: điểm tối đa", Decimal(1)).absent is Absent.FULL
    assert propose("100%: tối đa", Decimal(1)).absent is Absent.DROP


@given(st.decimals(0, 120, places=2), st.decimals(0, 20, places=2), st.decimals(0, 100, places=2))
def test_a_ratio_gives_between_nothing_and_everything(percent: Decimal, maximum: Decimal, floor: Decimal) -> None:
    points = Rule(Kind.RATIO, floor=floor).of_ratio(percent, maximum)
    assert 0 <= points <= maximum
    assert points == 0 or percent >= floor
    assert points == maximum or percent < 100


def test_steps_are_read_line_by_line() -> None:
    assert read_steps("Đúng hạn | 0,5\nChậm: 0.25", Decimal("0.5")) == (
        Rung("Đúng hạn", Decimal("0.5")),
        Rung("Chậm", Decimal("0.25")),
    )
    for text, words in (("Đúng hạn", "Dòng 1"), ("a | 0,5\nb | 0,75", "Dòng 2"), ("a | 0,125", "hai chữ số")):
        with pytest.raises(WrongRule, match=words):
            read_steps(text, Decimal("0.5"))


def test_band_is_the_highest_that_is_reached() -> None:
    read_back = bands.read_lines(bands.written(bands.OF_PROVINCES))
    assert read_back == bands.OF_PROVINCES
    assert [band and band.name for band in (bands.band_of(Decimal(x), read_back) for x in (90, "89.99", 70, 69))] == [
        "Nhóm A", "Nhóm B", "Nhóm C", None,
    ]  # fmt: skip
    for text in ("Nhóm A", "Nhóm A | 101", "A | 90\nB | 90"):
        with pytest.raises(WrongRule):
            bands.read_lines(text)


def run(*args: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_criteria", str(SAMPLE), *args, "--json", stdout=out, stderr=StringIO())
    body: dict[str, Any] = json.loads(out.getvalue())
    return body


def test_command_keeps_a_file_once_and_versions_it_by_year_and_level(office: Office) -> None:
    body = run("--year", "2024")
    assert {key: body[key] for key in ("fields", "criteria", "scored", "total", "problems", "totals")} == {
        "fields": 8, "criteria": 139, "scored": 97, "total": "100.00", "problems": [], "totals": [],
    }  # fmt: skip
    assert run("--year", "2024")["kept"] is None
    run("--year", "2024", "--level", "department")
    run("--year", "2025")
    assert list(CriteriaSet.objects.kept().order_by("pk").values_list("year", "level", "version")) == [
        (2024, "province", 1), (2024, "department", 1), (2025, "province", 1),
    ]  # fmt: skip
    assert CriteriaSet.objects.count() == 3
    first = Criterion.objects.get(criteria_set_id=body["kept"], code="1.1.2")
    assert (first.parent and first.parent.code, first.depth, first.leaf, first.max_points) == (
        "1.1",
        2,
        True,
        Decimal(1),
    )
    assert first.scored_by == Rule(Kind.RATIO, floor=Decimal(80))


def test_command_refuses_what_it_does_not_know(office: Office, other_office: Office) -> None:
    for args, code in ((("--year", "2024"), 1), (("--agency", "XX"), 1), (("--agency", "SNV", "--by", "XX"), 1)):
        with pytest.raises(CommandError) as refusal:
            run(*args)
        assert refusal.value.returncode == code
    assert run("--dry-run")["kept"] is None
    assert not CriteriaSet.objects.exists()
