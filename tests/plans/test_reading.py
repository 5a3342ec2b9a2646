"""Plan files as offices make them: layouts, merged cells, abbreviations; and what is wrong with a cell."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import docx
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.reading import Criterion, UnreadableError, read_plan_file
from plans.reading.headings import meaning
from tests.plans.files import HEADINGS, ROW, SAMPLES, excel, fill, stream_of, word


def read(*rows, **kwargs):
    return read_plan_file(excel([HEADINGS, *rows], **kwargs))


def test_both_samples_give_the_same_rows():
    from_word, from_excel = (read_plan_file(SAMPLES / name) for name in ("ke-hoach-2024.docx", "phu-luc-2024.xlsx"))
    assert from_word.rows == from_excel.rows
    assert (len(from_word.rows), from_word.problems, from_excel.problems) == (44, [], [])


def test_header_of_the_sample_comes_from_its_letterhead():
    header = read_plan_file(SAMPLES / "ke-hoach-2024.docx").header
    assert (header.number, header.issued_on, header.year) == ("45/KH-SKHĐT", date(2024, 6, 18), 2024)
    assert header.title.startswith("Triển khai nâng cao Chỉ số cải cách hành chính (PAR INDEX)")
    assert read_plan_file(SAMPLES / "phu-luc-2024.xlsx").header.year == 2024


def test_amended_sample_differs_by_content_in_one_dropped_three_changed_two_added():
    old, new = (
        {row.task: replace(row, row="", order="") for row in read_plan_file(SAMPLES / name).rows}
        for name in ("ke-hoach-2024.docx", "ke-hoach-2024-dieu-chinh.docx")
    )
    changed = [task for task in old.keys() & new.keys() if old[task] != new[task]]
    assert (len(old.keys() - new.keys()), len(changed), len(new.keys() - old.keys())) == (1, 3, 2)


def test_number_used_twice_still_names_each_row():
    rows = read_plan_file(SAMPLES / "ke-hoach-2024-dieu-chinh.docx").rows
    assert [row.row for row in rows if row.order == "34" and row.appendix == "I"] == ["I.34", "I.34 (lần 2)"]
    assert len({row.row for row in rows}) == len(rows)


def test_columns_are_found_by_meaning_in_any_order():
    headings = (
        "Thời hạn hoàn thành",
        "Đơn vị phối hợp",
        "Kết quả, sản phẩm",
        "Nội dung công việc",
        "Cơ quan thực hiện",
    )
    (row,) = read_plan_file(excel([headings, ("Quý I", "Thanh tra", "Báo cáo", "Việc", "Văn phòng")])).rows
    assert (row.task, row.product, row.lead_raw, row.coordinating_raw, row.deadline_raw) == (
        "Việc",
        "Báo cáo",
        "Văn phòng",
        "Thanh tra",
        "Quý I",
    )


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("TT", "Số thứ tự"),
        ("Đơn vị (phòng) chủ trì", "Đơn vị chủ trì"),
        ("Trách nhiệm thực hiện", "Đơn vị chủ trì"),
        ("Cơ quan phối hợp", "Đơn vị phối hợp"),
        ("Thời gian (tiến độ) hoàn thành", "Thời hạn"),
        ("Sản phẩm hoàn thành", "Sản phẩm"),
        ("Điểm năm trước (điểm bị trừ)", "Cột khác"),
        ("Lĩnh vực/Tiêu chí/TCTP", "Tiêu chí"),
        ("Nhiệm vụ, giải pháp", "Nhiệm vụ"),
        ("GIẢI PHÁP THỰC HIỆN", "Giải pháp"),
        ("Văn bản giao nhiệm vụ", "Cột khác"),
        ("Mã nhiệm vụ", "Cột khác"),
        ("Nhóm nhiệm vụ", "Lĩnh vực"),
        ("Họ và tên", None),
    ],
)
def test_heading_has_one_meaning(heading, column):
    assert meaning(heading) == column


def test_column_of_groups_is_the_field_and_a_blank_group_is_the_one_above():
    headings = ("STT", "Nhóm nhiệm vụ", "Nhiệm vụ", "Chủ trì", "Tiến độ")
    rows = [("1", "Thể chế", "Việc một", "Văn phòng", "Quý I"), ("2", None, "Việc hai", "Văn phòng", "Quý I")]
    plan_file = read_plan_file(excel([headings, *rows]))
    assert [(row.field, row.task) for row in plan_file.rows] == [("Thể chế", "Việc một"), ("Thể chế", "Việc hai")]
    assert (plan_file.problems, plan_file.ignored) == ([], [])


@pytest.mark.parametrize(
    ("first", "second"),
    [("Nội dung nhiệm vụ", "Nhiệm vụ cụ thể"), ("Mục tiêu, nhiệm vụ", "Nội dung công việc")],
)
def test_task_in_two_columns_is_read_whole(first, second):
    headings = ("STT", first, second, "Chủ trì", "Tiến độ")
    rows = [
        ("1", "Tuyên truyền:", "Đăng 02 tin\n- Viết tin\n- Duyệt tin", "Văn phòng", "Quý I"),
        ("2", None, "Phát tờ rơi", "Văn phòng", "Quý I"),
        ("3", "Kiểm tra", None, "Văn phòng", "Quý I"),
        ("4", "=1+1", "Việc", "Văn phòng", "Quý I"),
    ]
    plan_file = read_plan_file(excel([headings, *rows]))
    assert [(row.task, row.solution) for row in plan_file.rows] == [
        ("Tuyên truyền: Đăng 02 tin", "Viết tin\nDuyệt tin"),
        ("Phát tờ rơi", ""),
        ("Kiểm tra", ""),
        ("'=1+1: Việc", ""),
    ]
    assert [(p.row, p.column) for p in plan_file.problems] == [("I.4", "Nhiệm vụ")]
    assert plan_file.ignored == []


def test_column_with_content_that_no_row_takes_is_named():
    headings = ("STT", "Nhiệm vụ", "Chủ trì", "Đơn vị thực hiện", "Tiến độ", "Kinh phí", "Họ và tên", None, "Ghi nhớ")
    rows = [
        ("1", "Việc một", "Văn phòng", "Thanh tra", "Quý I", None, None, None, None),
        ("2", "Việc hai", "Văn phòng", None, "Quý I", "10 triệu", None, "x", None),
    ]
    assert read_plan_file(excel([headings, *rows])).ignored == ["Đơn vị thực hiện", "Kinh phí", "cột thứ 8"]


def test_column_that_no_row_takes_still_makes_a_heading():
    rows = [("Nhiệm vụ", "Chủ trì", "Kinh phí"), ("Việc", "Văn phòng", "=1+1")]
    plan_file = read_plan_file(excel(rows))
    assert ([row.task for row in plan_file.rows], plan_file.problems, plan_file.ignored) == (["Việc"], [], ["Kinh phí"])


def test_headings_of_two_levels_with_merged_cells():
    rows = [
        ("STT", "Nhiệm vụ", "Trách nhiệm thực hiện", None, "Thời gian", None),
        (None, None, "Chủ trì", "Phối hợp", "Bắt đầu", "Hoàn thành"),
        (1, "Việc một", "Văn phòng", "Thanh tra", "Tháng 1", "Tháng 6"),
        (2, "Việc hai", "Thanh tra", None, "Tháng 2", "Tháng 7"),
    ]
    for merges in (("A1:A2", "B1:B2", "C1:D1", "E1:F1"), ()):
        found = read_plan_file(excel(rows, merges=merges)).rows
        assert [(r.task, r.lead_raw, r.coordinating_raw, r.deadline_raw) for r in found] == [
            ("Việc một", "Văn phòng", "Thanh tra", "Tháng 6"),
            ("Việc hai", "Thanh tra", "", "Tháng 7"),
        ]


def test_two_level_header_in_word():
    document = docx.Document()
    table = fill(
        document.add_table(3, 5),
        [
            ("STT", "Nhiệm vụ", "Đơn vị", "", "Tiến độ"),
            ("", "", "Chủ trì", "Phối hợp", ""),
            ("1", "Việc", "Văn phòng", "Thanh tra", "Quý I"),
        ],
    )
    table.cell(0, 2).merge(table.cell(0, 3))
    for column in (0, 1, 4):
        table.cell(0, column).merge(table.cell(1, column))
    (row,) = read_plan_file(stream_of(document)).rows
    assert (row.task, row.lead_raw, row.coordinating_raw, row.deadline_raw) == (
        "Việc",
        "Văn phòng",
        "Thanh tra",
        "Quý I",
    )


def test_groups_totals_numbering_and_repeated_headings_are_no_rows():
    plan_file = read(
        ("(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"),
        ("I", "CẢI CÁCH THỂ CHẾ", None, None, None, None, None),
        ROW,
        ("Cộng mục I", None, None, None, None, None, None),
        HEADINGS,
        ("II. CẢI CÁCH THỦ TỤC", None, None, None, None, None, None),
        ("2", "Tổng hợp báo cáo", None, None, "Văn phòng", None, "Quý II"),
        ("Tổng cộng:", None, None, None, None, None, None),
        ("Nơi nhận: như trên", None, None, None, None, None, None),
    )
    assert [(row.row, row.field, row.task) for row in plan_file.rows] == [
        ("I.1", "I. CẢI CÁCH THỂ CHẾ", "Ban hành Kế hoạch"),
        ("I.2", "II. CẢI CÁCH THỦ TỤC", "Tổng hợp báo cáo"),
    ]


@pytest.mark.parametrize("word_for_same", ["nt", "NT", "- nt -", "Như trên", "//", '"'])
def test_words_for_the_same_take_the_value_above(word_for_same):
    same = word_for_same
    found = read(ROW, ("2", "Việc hai", None, same, same, same, same)).rows[1]
    assert (found.product, found.lead_raw, found.coordinating_raw, found.deadline_raw) == (
        "Kế hoạch",
        "Văn phòng",
        "Thanh tra",
        "Quý I/2024",
    )


def test_blank_lead_and_deadline_mean_the_value_above_and_ask():
    plan_file = read(ROW, ("2", "Việc hai", None, None, None, None, None))
    found = plan_file.rows[1]
    assert (found.lead_raw, found.coordinating_raw, found.deadline_raw) == ("Văn phòng", "", "Quý I/2024")
    assert [(p.row, p.column, p.severity) for p in plan_file.problems] == [
        ("I.2", "Đơn vị chủ trì", "confirm"),
        ("I.2", "Thời hạn", "confirm"),
    ]


def test_cells_merged_downwards_mean_the_value_above():
    merges = ("E2:E3", "F2:F3", "G2:G3")
    plan_file = read(ROW, ("2", "Việc hai", None, None, None, None, None), merges=merges)
    found = plan_file.rows[1]
    assert (found.lead_raw, found.coordinating_raw, found.deadline_raw) == ("Văn phòng", "Thanh tra", "Quý I/2024")
    assert plan_file.problems == []


def test_cells_merged_downwards_in_word():
    document = docx.Document()
    table = fill(document.add_table(3, 7), [HEADINGS, ROW, ("2", "Việc hai", "", "", "", "", "")])
    for column in (4, 5, 6):
        table.cell(1, column).merge(table.cell(2, column))
    plan_file = read_plan_file(stream_of(document))
    found = plan_file.rows[1]
    assert (found.lead_raw, found.coordinating_raw, found.deadline_raw) == ("Văn phòng", "Thanh tra", "Quý I/2024")
    assert plan_file.problems == []


def test_task_cell_is_split_into_task_and_solutions_where_they_share_a_column():
    headings = ("STT", "Nhiệm vụ, giải pháp", "Chủ trì", "Tiến độ")
    text = "Kiểm tra công tác\n- Kiểm tra 30% số phòng\n+ Báo cáo kết quả"
    plan_file = read_plan_file(excel([headings, ("1", text, "Văn phòng", "Quý I"), (None, "- Lưu hồ sơ", None, None)]))
    (row,) = plan_file.rows
    assert (row.task, row.solution) == ("Kiểm tra công tác", "Kiểm tra 30% số phòng\nBáo cáo kết quả\nLưu hồ sơ")


def test_criteria_with_points_one_a_line():
    headings = ("STT", "Tiêu chí thành phần", "Điểm tối đa", "Nhiệm vụ", "Chủ trì", "Tiến độ")
    rows = [
        ("1", "1.4.1. Kế hoạch\ntuyên truyền\n1.4.2. Hình thức", "0,5\n0,75", "Việc", "Văn phòng", "Quý I"),
        ("2", None, None, "Việc cùng tiêu chí", "Văn phòng", "Quý I"),
        ("3", "1.5; 1.6", "một", "Việc ba", "Văn phòng", "Quý I"),
    ]
    plan_file = read_plan_file(excel([headings, *rows]))
    two = (
        Criterion("1.4.1", "Kế hoạch tuyên truyền", Decimal("0.5")),
        Criterion("1.4.2", "Hình thức", Decimal("0.75")),
    )
    assert [row.criteria for row in plan_file.rows] == [two, two, (Criterion("1.5", ""), Criterion("1.6", ""))]
    assert [(p.row, p.column, p.message) for p in plan_file.problems] == [
        ("I.3", "Điểm tối đa", "“một” không phải số điểm. Ghi số, ví dụ 0,5.")
    ]


def test_criteria_as_heading_rows_hold_for_the_tasks_under_them():
    plan_file = read(
        ("I", "CHỈ ĐẠO, ĐIỀU HÀNH", None, None, None, None, None),
        ("1.1", "Kế hoạch CCHC", None, None, None, None, None),
        ROW,
    )
    assert plan_file.rows[0].criteria == (Criterion("1.1", "Kế hoạch CCHC"),)
    assert plan_file.rows[0].field == "I. CHỈ ĐẠO, ĐIỀU HÀNH"


def test_lead_and_coordinating_in_one_column():
    headings = ("STT", "Nhiệm vụ", "Đơn vị chủ trì, phối hợp", "Tiến độ")
    cells = ["Chủ trì: Văn phòng; phối hợp: các phòng", "Văn phòng\nThanh tra\nPhòng A"]
    rows = [(str(n), "Việc", cell, "Quý I") for n, cell in enumerate(cells, 1)]
    found = read_plan_file(excel([headings, *rows])).rows
    assert [(row.lead_raw, row.coordinating_raw) for row in found] == [
        ("Văn phòng", "các phòng"),
        ("Văn phòng", "Thanh tra\nPhòng A"),
    ]


def test_real_dates_of_excel_are_dates_and_months_are_months():
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in (HEADINGS, (*ROW[:6], date(2024, 11, 30)), (*ROW[:6], date(2024, 6, 1))):
        sheet.append(row)
    sheet["G3"].number_format = "mm/yyyy"
    assert [row.deadline_raw for row in read_plan_file(stream_of(workbook)).rows] == [
        date(2024, 11, 30),
        "Tháng 6/2024",
    ]


def test_formula_and_html_are_kept_as_text_and_named():
    plan_file = read(("1", "=1+1", None, "<b>Báo cáo</b><script>x</script>", *ROW[4:]))
    (row,) = plan_file.rows
    assert (row.task, row.product) == ("'=1+1", "<b>Báo cáo</b><script>x</script>")
    assert [(p.row, p.column, p.severity, p.message) for p in plan_file.problems] == [
        ("I.1", "Nhiệm vụ", "error", "Ô chứa công thức “=1+1”, không được tính. Thay công thức bằng giá trị."),
        ("I.1", "Sản phẩm", "confirm", "Ô có mã HTML; được giữ nguyên là chữ. Xóa mã nếu không cần."),
    ]


def test_row_without_a_task_is_kept_and_named():
    plan_file = read(("1", None, None, "Báo cáo", *ROW[4:]))
    assert [(p.row, p.message) for p in plan_file.problems] == [
        ("I.1", "Dòng không có nội dung nhiệm vụ. Ghi nội dung hoặc xóa dòng.")
    ]


def test_appendices_are_numbered_by_heading_else_counted():
    document = docx.Document()
    for heading in ("Phụ lục II", None, "PHỤ LỤC SỐ 03"):
        document.add_paragraph(heading or "Nhiệm vụ bổ sung")
        fill(document.add_table(2, 7), [HEADINGS, ROW])
    assert [row.row for row in read_plan_file(stream_of(document)).rows] == ["II.1", "I.1", "III.1"]


def test_table_cut_by_a_page_goes_on_in_the_same_appendix():
    document = docx.Document()
    document.add_paragraph("Phụ lục I")
    for number in ("1", "2"):
        fill(document.add_table(2, 7), [HEADINGS, (number, *ROW[1:])])
        document.add_paragraph("")
    assert [row.row for row in read_plan_file(stream_of(document)).rows] == ["I.1", "I.2"]


def test_rows_without_numbers_are_counted():
    assert [row.row for row in read((None, *ROW[1:]), (None, *ROW[1:])).rows] == ["I.1", "I.2"]


def test_letterhead_and_signature_tables_are_no_plan():
    document = docx.Document()
    fill(document.add_table(1, 2), [("UBND TỈNH\nSỞ KẾ HOẠCH", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")])
    document.add_paragraph("KẾ HOẠCH")
    fill(document.add_table(2, 7), [HEADINGS, ROW])
    document.add_paragraph("Nơi nhận")
    fill(document.add_table(1, 2), [("Nơi nhận:\n- Lưu: VT", "GIÁM ĐỐC")])
    assert len(read_plan_file(stream_of(document)).rows) == 1


def test_decomposed_letters_and_hard_blanks_read_the_same():
    import unicodedata

    odd = [[unicodedata.normalize("NFD", text).replace(" ", "\xa0") for text in row] for row in (HEADINGS, ROW)]
    assert read_plan_file(word(odd)).rows == read_plan_file(word([HEADINGS, ROW])).rows


cells = st.one_of(st.none(), st.text(max_size=30), st.sampled_from([*HEADINGS, *ROW, "nt", "I", "1.1", "Tổng", "=A1"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(cells, min_size=7, max_size=7), min_size=1, max_size=8))
def test_any_table_below_a_heading_is_read_or_refused(rows):
    clean = [
        [None if cell is None else openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in row]
        for row in rows
    ]
    try:
        plan_file = read_plan_file(excel([HEADINGS, *clean]))
    except UnreadableError:
        return
    assert len({row.row for row in plan_file.rows}) == len(plan_file.rows) > 0
    assert {problem.row for problem in plan_file.problems} <= {row.row for row in plan_file.rows}
