"""Is a Word or Excel file what it says, and is it safe to open? Decided on its bytes, before any parsing."""

import zipfile
import zlib
from collections.abc import Iterator
from enum import StrEnum
from typing import IO

MOST_ENTRIES = 3_000
MOST_UNPACKED = 200 * 1024 * 1024
LARGEST_XML = 64 * 1024 * 1024
MEGABYTE = 1024 * 1024
# A plan of thousands of like rows packs a hundredfold and more; what is small unpacked does no harm.
SMALL = 16 * MEGABYTE
HIGHEST_RATIO = 150
MOST_XML = 100 * MEGABYTE
NOT_XML = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".svg", ".bin", ".ttf", ".odttf")
CHUNK = 256 * 1024
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    KeyError,
)
DECLARATIONS = tuple(
    word.encode(encoding) for word in ("<!DOCTYPE", "<!ENTITY") for encoding in ("ascii", "utf-16-le", "utf-16-be")
)


MACROS = "Tệp có chứa macro nên không được mở. Lưu lại thành .docx hoặc .xlsx (không có macro) rồi tải lên."
NOT_OFFICE = "Tệp không phải Word (.docx) hay Excel (.xlsx). Chọn đúng tệp rồi tải lên."


class UnreadableError(Exception):
    """The file is refused; the message is a sentence for the person who chose it."""


class FileType(StrEnum):
    WORD = "word"
    EXCEL = "excel"


def check_size(stream: IO[bytes], max_bytes: int) -> None:
    size = stream.seek(0, 2)
    stream.seek(0)
    if size == 0:
        raise UnreadableError("Tệp rỗng. Chọn tệp Word (.docx) hoặc Excel (.xlsx) có nội dung.")
    if size > max_bytes:
        message = f"Tệp lớn {size / MEGABYTE:.0f} MB, quá giới hạn {max_bytes / MEGABYTE:.0f} MB. Bỏ bớt hình ảnh rồi tải lại."
        raise UnreadableError(message)


def open_package(stream: IO[bytes], largest_sheet: int = LARGEST_XML) -> tuple[zipfile.ZipFile, FileType]:
    """A checked zip and what it holds. Who reads sheets row by row may allow them to be larger."""
    start = stream.read(8)
    if start == OLE:
        _refuse_ole(stream)
    if not start.startswith(b"PK\x03\x04"):
        raise UnreadableError(NOT_OFFICE)
    stream.seek(0)
    try:
        package = zipfile.ZipFile(stream)
        _check_entries(package, largest_sheet)
        return package, _file_type(package)
    except BROKEN_ZIP as error:
        message = "Tệp bị hỏng, không mở được. Mở lại bằng Word hoặc Excel, lưu thành tệp mới rồi tải lên."
        raise UnreadableError(message) from error


def _refuse_ole(stream: IO[bytes]) -> None:
    stream.seek(0)
    directory = stream.read(4 * 1024 * 1024)
    if "EncryptedPackage".encode("utf-16-le") in directory:
        raise UnreadableError("Tệp được đặt mật khẩu. Bỏ mật khẩu, lưu lại rồi tải lên.")
    if "WordDocument".encode("utf-16-le") in directory:
        raise UnreadableError("Tệp Word kiểu cũ (.doc). Mở bằng Word, lưu thành .docx rồi tải lên.")
    if "Workbook".encode("utf-16-le") in directory or "Book".encode("utf-16-le") in directory:
        raise UnreadableError("Tệp Excel kiểu cũ (.xls). Mở bằng Excel, lưu thành .xlsx rồi tải lên.")
    raise UnreadableError(NOT_OFFICE)


def _check_entries(package: zipfile.ZipFile, largest_sheet: int) -> None:
    entries = package.infolist()
    bomb = "Tệp nén bất thường, có thể gây quá tải nên không được mở. Mở bằng Word hoặc Excel, lưu thành tệp mới rồi tải lên."
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise UnreadableError(bomb)
    if sum(entry.file_size for entry in entries if _may_be_parsed(entry.filename)) > MOST_XML:
        raise UnreadableError(bomb)
    for entry in entries:
        name = entry.filename.lower()
        if entry.file_size > SMALL and entry.file_size > HIGHEST_RATIO * max(entry.compress_size, 1):
            raise UnreadableError(bomb)
        largest = largest_sheet if name.startswith("xl/worksheets/") else LARGEST_XML
        if _may_be_parsed(name) and entry.file_size > largest:
            raise UnreadableError(bomb)
        if entry.flag_bits & 1:
            raise UnreadableError("Tệp được đặt mật khẩu. Bỏ mật khẩu, lưu lại rồi tải lên.")
        if "vbaproject" in name or "macrosheets/" in name:
            raise UnreadableError(MACROS)


def _may_be_parsed(name: str) -> bool:
    """Any name may be given to an XML part; only what is plainly something else is left aside."""
    return not name.lower().endswith(NOT_XML)


def _file_type(package: zipfile.ZipFile) -> FileType:
    names = set(package.namelist())
    if "[Content_Types].xml" not in names:
        raise UnreadableError(NOT_OFFICE)
    types = package.read("[Content_Types].xml")
    if b"macroEnabled" in types:
        raise UnreadableError(MACROS)
    for name in names:
        if _may_be_parsed(name):
            _refuse_declarations(package, name)
    if b"wordprocessingml.document.main" in types or b"wordprocessingml.template.main" in types:
        return FileType.WORD
    if b"spreadsheetml.sheet.main" in types or b"spreadsheetml.template.main" in types:
        return FileType.EXCEL
    raise UnreadableError(NOT_OFFICE)


def _refuse_declarations(package: zipfile.ZipFile, name: str) -> None:
    """Office never writes a DTD; whoever does wants entities expanded or files fetched."""
    tail = b""
    for chunk in _chunks(package, name):
        window = tail + chunk
        if any(word in window for word in DECLARATIONS):
            raise UnreadableError(
                "Tệp có khai báo XML bị cấm (DOCTYPE, ENTITY) nên không được mở. Lưu thành tệp mới rồi tải lên."
            )
        tail = window[-32:]


def _chunks(package: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with package.open(name) as part:
        while chunk := part.read(CHUNK):
            yield chunk
