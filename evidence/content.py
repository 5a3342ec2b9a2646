"""What a file is by its content. Its name decides nothing; what is not on the list is refused with a sentence."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

import puremagic
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

HEAD, CHUNK = 1024, 64 * 1024
DIRECTORY_END, DIRECTORY_END_64 = b"PK\x05\x06", b"PK\x06\x07"
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
CONTENT_TYPES = "[Content_Types].xml"
MAX_ENTRIES, MAX_UNPACKED, MAX_RATIO = 10_000, 512 * 1024 * 1024, 200
MAX_DIRECTORY, MAX_TYPES = 4 * 1024 * 1024, 1024 * 1024

ACCEPTED = "Nhận PDF, Word (.docx), Excel (.xlsx), PowerPoint (.pptx) và ảnh (PNG, JPEG, TIFF)."
EMPTY = "Tệp này trống. Kiểm tra lại tệp rồi tải lên."
CUT_PDF = "Tệp PDF này bị hỏng hoặc chưa đầy đủ. Mở kiểm tra, lưu lại rồi tải lên."
CUT_IMAGE = "Tệp ảnh này bị hỏng hoặc chưa đầy đủ. Mở kiểm tra, lưu lại rồi tải lên."
LOCKED = "Tệp này có đặt mật khẩu nên không mở được. Bỏ mật khẩu rồi tải lên."
OLD_OFFICE = "Tệp này có định dạng Office cũ (.doc, .xls, .ppt). Lưu lại dạng .docx, .xlsx hoặc .pptx rồi tải lên."
BROKEN_OFFICE = "Tệp này bị hỏng nên không mở được. Mở bằng Word hoặc Excel, lưu lại rồi tải lên."
MACRO = "Tệp này chứa macro nên không nhận được. Lưu lại dạng .docx, .xlsx hoặc .pptx rồi tải lên."
ARCHIVE = f"Tệp nén không nhận được. Giải nén rồi tải từng tệp lên. {ACCEPTED}"
BOMB = "Tệp này bung ra quá lớn nên không nhận được. Mở bằng Word hoặc Excel, lưu lại rồi tải lên."
UNKNOWN = f"Nội dung tệp này không phải loại tài liệu nhận được. {ACCEPTED}"
WEB_PAGE = f"Nội dung tệp này là trang web (HTML, SVG) nên không nhận được. Kết xuất ra PDF rồi tải lên. {ACCEPTED}"
PROGRAM = f"Nội dung tệp này là chương trình nên không nhận được. {ACCEPTED}"


class NotAccepted(ValueError):
    """The file is not taken in. Its text is a Vietnamese sentence for the person who sent it."""


@dataclass(frozen=True, slots=True)
class Kind:
    label: str
    suffixes: tuple[str, ...]
    content_type: str


OFFICE = "application/vnd.openxmlformats-officedocument"
PDF = Kind("PDF", (".pdf",), "application/pdf")
DOCX = Kind("DOCX", (".docx",), f"{OFFICE}.wordprocessingml.document")
XLSX = Kind("XLSX", (".xlsx",), f"{OFFICE}.spreadsheetml.sheet")
PPTX = Kind("PPTX", (".pptx",), f"{OFFICE}.presentationml.presentation")
IMAGES = {
    "image/png": Kind("PNG", (".png",), "image/png"),
    "image/jpeg": Kind("JPEG", (".jpg", ".jpeg"), "image/jpeg"),
    "image/tiff": Kind("TIFF", (".tif", ".tiff"), "image/tiff"),
}
ENDINGS = {"image/png": b"IEND\xaeB`\x82"}  # telephones write their own data after the end of a JPEG
OFFICE_MAIN = {f"{kind.content_type}.main+xml": kind for kind in (DOCX, XLSX, PPTX)}
KINDS = {kind.content_type: kind for kind in (PDF, DOCX, XLSX, PPTX, *IMAGES.values())}


def kind_of(stream: BinaryIO) -> Kind:
    """The kind of what is in the stream, read in pieces. Raises NotAccepted."""
    stream.seek(0)
    head = stream.read(HEAD)
    if not head:
        raise NotAccepted(EMPTY)
    if head.startswith(OLE):
        raise NotAccepted(LOCKED if _contains(stream, ENCRYPTED_PACKAGE) else OLD_OFFICE)
    if head.startswith(b"PK\x03\x04"):
        return _office_kind(stream)
    if head.startswith(b"%PDF-"):
        return _whole(stream, PDF, b"%%EOF", CUT_PDF)
    guessed = _guesses(head)
    for content_type, kind in IMAGES.items():
        if content_type in guessed:
            return _whole(stream, kind, ENDINGS.get(content_type, b""), CUT_IMAGE)
    raise NotAccepted(_why_not(head, guessed))


def _guesses(head: bytes) -> set[str]:
    try:
        return {match.mime_type for match in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return set()


def _why_not(head: bytes, guessed: set[str]) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<svg", b"<script")) or b"<svg" in head.lower():
        return WEB_PAGE
    if head.startswith((b"MZ", b"\x7fELF", b"#!")) or any("executable" in name for name in guessed):
        return PROGRAM
    if start.startswith((b"rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"pk")):
        return ARCHIVE
    return UNKNOWN


def _whole(stream: BinaryIO, kind: Kind, ending: bytes, otherwise: str) -> Kind:
    """A file of this kind ends as its format says; one cut off in transit does not."""
    if ending not in _tail(stream):
        raise NotAccepted(otherwise)
    return kind


def _tail(stream: BinaryIO) -> bytes:
    size = stream.seek(0, 2)
    stream.seek(max(0, size - CHUNK))
    return stream.read(CHUNK)


def _contains(stream: BinaryIO, wanted: bytes) -> bool:
    return any(wanted in piece for piece in _overlapping(stream, len(wanted)))


def _overlapping(stream: BinaryIO, width: int) -> Iterator[bytes]:
    stream.seek(0)
    rest = b""
    while chunk := stream.read(CHUNK):
        yield rest + chunk
        rest = chunk[-width:]


def _office_kind(stream: BinaryIO) -> Kind:
    _refuse_long_directory(_tail(stream))
    try:
        with zipfile.ZipFile(stream) as package:
            entries = package.infolist()
            _refuse_bomb(entries)
            _refuse_hidden(entries)
            return _main_kind(package, entries)
    except (zipfile.BadZipFile, ParseError, DefusedXmlException, zlib.error, NotImplementedError, EOFError, UnicodeError) as error:  # fmt: skip
        raise NotAccepted(BROKEN_OFFICE) from error


def _refuse_long_directory(tail: bytes) -> None:
    """The list of entries is read as a whole: a list of millions is refused before it is read."""
    end = tail.rfind(DIRECTORY_END)
    if end < 0:
        raise NotAccepted(BROKEN_OFFICE)
    length = int.from_bytes(tail[end + 12 : end + 16], "little")
    if length > MAX_DIRECTORY or tail[max(0, end - 20) : end].startswith(DIRECTORY_END_64):
        raise NotAccepted(BOMB)


def _refuse_bomb(entries: list[zipfile.ZipInfo]) -> None:
    """By what the archive declares; readers stop at what was declared."""
    unpacked, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, CHUNK):
        raise NotAccepted(BOMB)


def _refuse_hidden(entries: list[zipfile.ZipInfo]) -> None:
    if any(entry.flag_bits & 1 for entry in entries):
        raise NotAccepted(LOCKED)
    if any(entry.filename.lower().endswith(("vbaproject.bin", "vbadata.xml")) for entry in entries):
        raise NotAccepted(MACRO)


def _main_kind(package: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> Kind:
    sizes = {entry.filename: entry.file_size for entry in entries}
    if CONTENT_TYPES not in sizes:
        raise NotAccepted(ARCHIVE)
    if sizes[CONTENT_TYPES] > MAX_TYPES:
        raise NotAccepted(BOMB)
    declared = {node.get("ContentType", "").lower() for node in fromstring(package.read(CONTENT_TYPES))}
    if any("macroenabled" in name for name in declared):
        raise NotAccepted(MACRO)
    for content_type, kind in OFFICE_MAIN.items():
        if content_type in declared:
            return kind
    raise NotAccepted(UNKNOWN)
