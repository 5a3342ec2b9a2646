"""SIPAS: reading a survey workbook, its arithmetic, and what the command prints."""

import io
import json
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from organization.office_files import UnreadableError
from plans.surveys import selectors, services
from plans.surveys.answers import Wrong, read_answer
from plans.surveys.catalogues import FIVE_LEVELS, WrongLine, read_lines, shipped, written
from plans.surveys.index import Answers, mean, percent, pooled, sample_size, wilson
from plans.surveys.models import Method, Survey, SurveySheet
from plans.surveys.reading import SurveyFile, read_survey_file
from tests.plans.files import SAMPLES, excel, repacked, stream_of, word

SAMPLE = SAMPLES / "khao-sat-sipas-2024.xlsx"
HEADINGS = ("Mã phiếu", "Ngày khảo sát", "Thủ tục", "Giới tính", "TC1", "TC2", "CC1")
SHEET = ("P1", "14/09/2024", "Đăng ký", "Nữ", 4, 5, 3)


def read(*rows: tuple[object, ...], key: str = "") -> SurveyFile:
    return read_survey_file(excel([HEADINGS, *rows], title="Phiếu"), 10**8, shipped(), key)


def said(found: SurveyFile) -> list[str]:
    return [problem.message for problem in found.problems]


def by_hand(answers: list[object]) -> Decimal:
    valid = [answer for answer in answers if answer in {1, 2, 3, 4, 5}]
    satisfied = [answer for answer in valid if answer in {4, 5}]
    return (Decimal(len(satisfied)) * 100 / len(valid)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_sample_by_hand(office, capsys):
    call_command("import_survey", str(SAMPLE), "--json")
    printed = json.loads(capsys.readouterr().out)
    rows = list(openpyxl.load_workbook(SAMPLE)["Phiếu"].values)
    codes = rows[0][5:]
    columns = {code: [row[5 + place] for row in rows[1:]] for place, code in enumerate(codes)}
    factors = dict(row[:2] for row in list(openpyxl.load_workbook(SAMPLE)["Danh mục câu hỏi"].values)[1:])
    pools: dict[str, list[object]] = {}
    for code, answers in columns.items():
        pools.setdefault(factors[code], []).extend(answers)
    assert printed == {
        "respondents": 220,
        "overall": float(by_hand([answer for answers in columns.values() for answer in answers])),
        "factors": {name: float(by_hand(answers)) for name, answers in pools.items()},
        "questions": {code: float(by_hand(answers)) for code, answers in columns.items()},
    }
    assert printed["overall"] == 74.03
    assert printed["questions"]["TC1"] == 75.24


def test_stored_survey_says_what_the_file_says(office):
    found = services.read_survey(SAMPLE.open("rb"), office.agency.pk)
    survey = services.put_aside(found, agency_id=office.agency.pk, by_id=None, filename="a.xlsx", sha256="1" * 64)
    for method in Method:
        survey.method = method
        stored, direct = selectors.findings_of(survey), selectors.findings_of_file(found, method)
        assert selectors.to_json(220, stored) == selectors.to_json(220, direct)
        assert stored.overall == direct.overall
    assert SurveySheet.objects.filter(survey=survey).count() == 220
    assert not [question for question in survey.asked if not question.text]


def test_groups_add_up_to_everybody(office):
    found = services.read_survey(SAMPLE.open("rb"), office.agency.pk)
    survey = services.put_aside(found, agency_id=office.agency.pk, by_id=None, filename="a.xlsx", sha256="1" * 64)
    whole = selectors.findings_of(survey)
    assert [grouping["name"] for grouping in survey.groupings] == ["Thủ tục", "Giới tính", "Nhóm tuổi"]
    for place in (1, 2, 3):
        groups = selectors.groups_of(survey, place)
        assert sum(group.respondents for group in groups) == 220
        assert sum(group.findings.overall.valid for group in groups) == whole.overall.valid
    women = next(group for group in selectors.groups_of(survey, 2) if group.name == "Nữ")
    rows = list(openpyxl.load_workbook(SAMPLE)["Phiếu"].values)[1:]
    assert women.findings.overall.percent == by_hand([a for row in rows if row[3] == "Nữ" for a in row[5:]])


def test_cross_of_two_groupings_is_that_of_its_sheets(office):
    found = services.read_survey(SAMPLE.open("rb"), office.agency.pk)
    survey = services.put_aside(found, agency_id=office.agency.pk, by_id=None, filename="a.xlsx", sha256="1" * 64)
    cross = selectors.cross_of(survey, 1, 2)
    assert cross.across == ["Nam", "Nữ"]
    rows = list(openpyxl.load_workbook(SAMPLE)["Phiếu"].values)[1:]
    for procedure, cells in cross.rows:
        for gender, (number, index) in zip(cross.across, cells, strict=True):
            sheets = [row[5:] for row in rows if row[2:4] == (procedure, gender)]
            assert number == len(sheets)
            assert index.percent == by_hand([answer for sheet in sheets for answer in sheet])


def test_half_a_hundredth_goes_up():
    assert percent(Fraction(1, 16)) == Decimal("6.25")
    assert percent(Fraction(83945, 100_000)) == Decimal("83.95")
    assert percent(Fraction(1, 3)) == Decimal("33.33")
    assert str(percent(Fraction(1))) == "100.00"
    assert percent(None) is None


def test_pooled_and_mean_differ_where_answers_are_missing():
    two = [Answers(1, 1, 9), Answers(5, 10, 0)]
    assert pooled(two) == Fraction(6, 11)
    assert mean(two) == Fraction(3, 4)
    assert pooled([Answers(0, 0, 5)]) is None
    assert mean([]) is None


def test_wilson_interval():
    assert wilson(Fraction(81, 100), 100) == (Decimal("72.22"), Decimal("87.49"))
    assert wilson(Fraction(0), 10) == (Decimal("0.00"), Decimal("27.75"))
    assert wilson(Fraction(1), 10) == (Decimal("72.25"), Decimal("100.00"))
    assert wilson(None, 10) is None


@pytest.mark.parametrize(("population", "error", "size"), [(10_000, "5", 385), (400, "5", 200), (401, "5", 201), (1, "5", 1), (1_000_000, "2.5", 1598)])  # fmt: skip
def test_sample_size(population, error, size):
    assert sample_size(population, Decimal(error)) == size


@pytest.mark.parametrize("value", [4, 4.0, "4", " 4 ", "4.0", "4,0", "4 - Hài lòng", "4. Hài lòng", "Hài lòng", "HÀI LÒNG", "4: hài lòng"])  # fmt: skip
def test_answer_is_read(value):
    assert read_answer(value, FIVE_LEVELS) == 4


@pytest.mark.parametrize("value", ["", "-", "Không biết", "KB", "không trả lời"])
def test_answer_left_open(value):
    assert read_answer(value, FIVE_LEVELS) is None


@pytest.mark.parametrize("value", [0, 6, 9, 99, -1, 3.5, "3,5", "4/5", "4;5", "abc", "=SUM(A1)", True, "#N/A"])
def test_wrong_answer_is_refused(value):
    with pytest.raises(Wrong):
        read_answer(value, FIVE_LEVELS)


def test_wrong_cell_is_left_out_and_named_by_row():
    found = read(SHEET, ("P2", "15/09/2024", "Đăng ký", "Nam", 7, 5, None))
    assert said(found) == ["Dòng 3, cột “TC1”: “7” không thuộc thang 1–5 nên không tính. Sửa thành số từ 1 đến 5."]
    assert [sheet.answers for sheet in found.sheets] == [(4, 5, 3), (None, 5, None)]


def test_twin_and_empty_sheets_do_not_count():
    found = read(SHEET, SHEET, ("P3", None, "Đăng ký", "Nam", None, None, "KB"), ("Tổng", None, None, None, 9, 9, 9))
    assert said(found) == [
        "Dòng 3, cột “Mã phiếu”: mã phiếu trùng với dòng 2 nên phiếu này không tính. Sửa mã phiếu.",
        "Dòng 4, phiếu không có câu trả lời hợp lệ nào nên không tính.",
    ]
    assert len(found.sheets) == 1


def test_personal_columns_and_long_groups_are_not_kept():
    headings = ("Họ và tên", "Điện thoại", "Nơi ở", "Thủ tục", "TC1")
    rows = [(f"Nguyễn Văn {n}", f"09{n}", f"Thôn {n}", "Đăng ký", 4) for n in range(100)]
    found = read_survey_file(excel([headings, *rows]), 10**8, shipped())
    assert found.not_kept == ["Họ và tên", "Điện thoại", "Nơi ở"]
    assert [grouping.values for grouping in found.groupings] == [["Đăng ký"]]
    assert found.sheets[0].groups == (0,)


def test_unknown_question_and_second_column_are_said():
    found = read_survey_file(excel([("TC1", "TC1", "ZZ9"), (4, 5, 3)]), 10**8, shipped())
    assert [question.code for question in found.questions] == ["TC1"]
    assert len(said(found)) == 2


def test_whole_text_and_code_with_text_are_headings():
    found = read_survey_file(excel([("TC1. Nơi ngồi chờ", "Kết quả được trả đúng hẹn"), (4, 5)]), 10**8, shipped())
    assert [question.code for question in found.questions] == ["TC1", "KQ1"]


def test_catalogue_that_fits_best_is_taken_or_the_named_one():
    assert read_survey_file(excel([("A1.1", "B2.4"), (4, 5)]), 10**8, shipped()).catalogue.key == "hai-khoi"
    with pytest.raises(UnreadableError, match="Không tìm thấy trang phiếu"):
        read_survey_file(excel([("A1.1", "B2.4"), (4, 5)]), 10**8, shipped(), "nam-yeu-to")


def test_two_blocks_have_an_index_each():
    found = read_survey_file(excel([("A1.1", "A2.1", "B2.4"), (4, 2, 5), (4, 5, 5)]), 10**8, shipped())
    findings = selectors.findings_of_file(found, Method.POOLED)
    assert [(block.name[0], str(block.percent)) for block in findings.blocks] == [("A", "75.00"), ("B", "100.00")]


def test_file_with_another_scale_is_refused():
    workbook = openpyxl.load_workbook(SAMPLE)
    workbook["Danh mục câu hỏi"]["C2"] = "1-10"
    with pytest.raises(UnreadableError, match="thang đo 1–10"):
        read_survey_file(stream_of(workbook), 10**8, shipped())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: io.BytesIO(b""), "Tệp rỗng"),
        (lambda: io.BytesIO(b"%PDF-1.7 x"), "Tệp không phải Word"),
        (lambda: word([HEADINGS[:3]]), "Kết quả khảo sát phải là tệp Excel"),
        (lambda: excel([("a", "b"), (1, 2)]), "Không tìm thấy trang phiếu"),
        (lambda: excel([HEADINGS]), "Không có phiếu nào"),
        (lambda: repacked(excel([HEADINGS, SHEET]), {"xl/worksheets/sheet1.xml": b"<a><b></a>"}), "Tệp Excel bị hỏng"),
        (lambda: repacked(excel([HEADINGS, SHEET]), {"xl/vbaProject.bin": b"x"}), "Tệp có chứa macro"),
        (lambda: repacked(excel([HEADINGS, SHEET]), {"xl/worksheets/sheet1.xml": bytes(60 << 20)}), "Tệp nén bất thường"),
        (lambda: repacked(excel([HEADINGS]), {"xl/sharedStrings.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'}), "Tệp có khai báo XML"),
    ],
)  # fmt: skip
def test_file_of_no_use_is_refused_with_a_sentence(make, words):
    with pytest.raises(UnreadableError) as caught:
        read_survey_file(make(), 10**8, shipped())
    assert str(caught.value).startswith(words)


def test_shipped_catalogues_survive_their_lines():
    for catalogue in shipped():
        assert read_lines(written(catalogue.questions)) == catalogue.questions


@pytest.mark.parametrize("text", ["", "TC1", "TC1 |  | x", "T C | a | b", "TC1 | a\nTC1 | b", "a | b | c | d | e"])
def test_wrong_lines_are_refused(text):
    with pytest.raises(WrongLine):
        read_lines(text)


def test_command_keeps_the_same_file_once(office, capsys):
    for _ in range(2):
        call_command("import_survey", str(SAMPLE), "--json")
    first, second = capsys.readouterr().out.strip().split("\n")
    assert first == second
    assert Survey.objects.kept().count() == 1


def test_command_without_an_agency_computes_all_the_same(db, capsys):
    call_command("import_survey", str(SAMPLE), "--json")
    heard = capsys.readouterr()
    assert json.loads(heard.out)["overall"] == 74.03
    assert "Chưa có cơ quan nào" in heard.err


@pytest.mark.parametrize(("name", "words"), [("khong-co.xlsx", "Không mở được tệp"), ("ke-hoach-2024.docx", "phải là tệp Excel")])  # fmt: skip
def test_command_refuses_what_it_cannot_read(office, capsys, name, words):
    with pytest.raises(CommandError, match=words) as caught:
        call_command("import_survey", str(SAMPLES / name), "--json")
    assert caught.value.returncode == 2
    assert words in json.loads(capsys.readouterr().out)["error"]
