"""Files that are refused, each with a sentence, before they can do harm."""

import io
import struct
import tracemalloc
import zipfile

import pytest

from plans.reading import UnreadableError, read_plan_file
from tests.plans.files import HEADINGS, ROW, SAMPLES, excel, part, repacked, word

NOT_OFFICE = "Tệp không phải Word (.docx) hay Excel (.xlsx). Chọn đúng tệp rồi tải lên."
BOMB = "Tệp nén bất thường, có thể gây quá tải nên không được mở."
DECLARED = "Tệp có khai báo XML bị cấm (DOCTYPE, ENTITY) nên không được mở."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def refusal(stream, **kwargs):
    with pytest.raises(UnreadableError) as caught:
        read_plan_file(stream, **kwargs)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Tệp rỗng."),
        (b"%PDF-1.7 ...", NOT_OFFICE),
        (b"\x89PNG\r\n", NOT_OFFICE),
        ("STT,Nhiệm vụ".encode(), NOT_OFFICE),
        (OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "Tệp được đặt mật khẩu."),
        (OLE + bytes(600) + "WordDocument".encode("utf-16-le"), "Tệp Word kiểu cũ (.doc)."),
        (OLE + bytes(600) + "Workbook".encode("utf-16-le"), "Tệp Excel kiểu cũ (.xls)."),
        (OLE + bytes(600), NOT_OFFICE),
        (b"PK\x03\x04 cut short", "Tệp bị hỏng, không mở được."),
    ],
)
def test_file_that_is_no_word_or_excel_is_refused(content, words):
    assert refusal(io.BytesIO(content)).startswith(words)


def test_missing_file_is_refused(tmp_path):
    assert refusal(tmp_path / "khong-co.docx") == "Không mở được tệp “khong-co.docx”. Kiểm tra lại đường dẫn."


def test_name_of_the_file_does_not_decide(tmp_path):
    path = tmp_path / "ke-hoach.pdf"
    path.write_bytes((SAMPLES / "phu-luc-2024.xlsx").read_bytes())
    assert len(read_plan_file(path).rows) == 44


def test_plain_zip_is_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("a.txt", "a")
    assert refusal(stream).startswith("Tệp không phải Word")


def test_file_above_the_limit_is_refused_unread():
    stream = io.BytesIO(b"PK\x03\x04" + bytes(50 * 1024 * 1024))
    assert refusal(stream) == "Tệp lớn 50 MB, quá giới hạn 20 MB. Bỏ bớt hình ảnh rồi tải lại."


@pytest.mark.parametrize("name", ["bo-tieu-chi-par-index-mau.xlsx", "nhan-su-2024.xlsx"])
def test_file_without_a_plan_table_is_refused(name):
    assert refusal(SAMPLES / name).startswith("Không tìm thấy bảng kế hoạch trong tệp.")


def test_plan_table_without_rows_is_refused():
    assert refusal(excel([HEADINGS])).startswith("Bảng kế hoạch không có dòng nhiệm vụ nào.")


@pytest.mark.parametrize(
    ("maker", "name"),
    [(word, "word/document.xml"), (excel, "xl/worksheets/sheet1.xml"), (word, "word/media/image1.png")],
)
def test_zip_bomb_is_refused_without_unpacking(maker, name):
    stream = repacked(maker([HEADINGS, ROW]), {name: bytes(60 * 1024 * 1024)})
    assert len(stream.getvalue()) < 200_000
    tracemalloc.start()
    words = refusal(stream)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert words.startswith(BOMB)
    assert peak < 8 * 1024 * 1024


def test_zip_of_too_many_entries_is_refused():
    stream = repacked(word([HEADINGS, ROW]), {f"word/media/{n}.png": b"" for n in range(4000)})
    assert refusal(stream).startswith(BOMB)


def test_zip_that_lies_about_its_sizes_is_refused():
    stream = repacked(word([HEADINGS, ROW]), {"word/document.xml": b" " * 5_000_000})
    content = bytearray(stream.getvalue())
    size = struct.pack("<I", 5_000_000)
    while (place := content.find(size)) >= 0:
        content[place : place + 4] = struct.pack("<I", 1000)
    assert refusal(io.BytesIO(bytes(content))).startswith("Tệp bị hỏng")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "declaration",
    ['<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>', '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">'],
)
def test_xml_with_entities_is_refused(declaration, encoding):
    text = f"<?xml version='1.0' encoding='{encoding}'?>{declaration}<w/>".encode(encoding)
    assert refusal(repacked(word([HEADINGS, ROW]), {"word/document.xml": text})).startswith(DECLARED)
    assert refusal(repacked(excel([HEADINGS, ROW]), {"xl/sharedStrings.xml": text})).startswith(DECLARED)


@pytest.mark.parametrize(("maker", "folder"), [(word, "word"), (excel, "xl")])
def test_macros_are_refused(maker, folder):
    with_project = repacked(maker([HEADINGS, ROW]), {f"{folder}/vbaProject.bin": b"x"})
    assert refusal(with_project).startswith("Tệp có chứa macro")
    types = part(maker([HEADINGS, ROW]), "[Content_Types].xml")
    enabled = types.replace(b"officedocument.wordprocessingml.document.main", b"ms-word.document.macroEnabled.main")
    enabled = enabled.replace(b"officedocument.spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main")
    assert enabled != types
    assert refusal(repacked(maker([HEADINGS, ROW]), {"[Content_Types].xml": enabled})).startswith("Tệp có chứa macro")


@pytest.mark.parametrize(
    ("maker", "name"), [(word, "word/document.xml"), (excel, "xl/worksheets/sheet1.xml"), (excel, "xl/workbook.xml")]
)
def test_broken_parts_are_refused(maker, name):
    for content in (b"<a><b></a>", b"", b"\x00\x01\x02"):
        assert "bị hỏng" in refusal(repacked(maker([HEADINGS, ROW]), {name: content}))


def test_merged_range_of_the_whole_sheet_costs_nothing():
    sheet = part(excel([HEADINGS, ROW]), "xl/worksheets/sheet1.xml")
    hostile = sheet.replace(b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A9:XFD1048576"/></mergeCells>')
    assert len(read_plan_file(repacked(excel([HEADINGS, ROW]), {"xl/worksheets/sheet1.xml": hostile})).rows) == 1


def test_stray_cell_in_the_last_row_is_no_reason_to_refuse():
    sheet = part(excel([HEADINGS, ROW]), "xl/worksheets/sheet1.xml")
    stray = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    hostile = repacked(excel([HEADINGS, ROW]), {"xl/worksheets/sheet1.xml": sheet.replace(b"</sheetData>", stray)})
    assert len(read_plan_file(hostile).rows) == 1


def test_more_rows_than_any_plan_are_refused():
    rows = b"".join(
        b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>x</t></is></c></row>' % (n, n) for n in range(3, 20_010)
    )
    sheet = part(excel([HEADINGS, ROW]), "xl/worksheets/sheet1.xml").replace(b"</sheetData>", rows + b"</sheetData>")
    stream = repacked(excel([HEADINGS, ROW]), {"xl/worksheets/sheet1.xml": sheet})
    assert refusal(stream) == "Trang tính “Phụ lục I” có hơn 20000 dòng. Tách thành nhiều tệp rồi tải lên."
