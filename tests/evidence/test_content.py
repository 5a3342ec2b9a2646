"""A file is what its content is, whatever it is called; what is not on the list is refused with a sentence."""

import io
import zipfile

import pytest

from evidence import content
from evidence.content import NotAccepted, kind_of
from tests.evidence import files


@pytest.mark.parametrize(
    ("data", "label"),
    [
        (files.PDF, "PDF"),
        (files.PNG, "PNG"),
        (files.JPEG, "JPEG"),
        (files.TIFF, "TIFF"),
        (files.package(files.WORD), "DOCX"),
        (files.package(files.EXCEL), "XLSX"),
    ],
)
def test_kind_is_read_from_the_content(data: bytes, label: str) -> None:
    assert kind_of(io.BytesIO(data)).label == label


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", content.EMPTY),
        (files.HTML, content.WEB_PAGE),
        (b"\xef\xbb\xbf\n" + files.HTML, content.WEB_PAGE),
        (files.SVG, content.WEB_PAGE),
        (files.EXE, content.PROGRAM),
        (b"#!/bin/sh\nrm -rf /\n", content.PROGRAM),
        (b"xin ch\xc3\xa0o", content.UNKNOWN),
        (b"Rar!\x1a\x07\x00" + bytes(64), content.ARCHIVE),
        (files.OLD_DOC, content.OLD_OFFICE),
        (files.LOCKED_DOCX, content.LOCKED),
        (files.PDF[:-7], content.CUT_PDF),
        (files.PNG[:-8], content.CUT_IMAGE),
        (files.HTML + files.PDF, content.WEB_PAGE),
        (files.package(files.WORD)[:-30], content.BROKEN_OFFICE),
        (b"PK\x03\x04" + bytes(400), content.BROKEN_OFFICE),
        (files.package(None, {"a.txt": b"x"}), content.ARCHIVE),
        (files.package("application/java-archive"), content.UNKNOWN),
        (files.package(files.EXCEL_MACROS), content.MACRO),
        (files.package(files.EXCEL, {"xl/vbaProject.bin": b"x"}), content.MACRO),
        (files.package(files.WORD, {"word/media/a.bin": bytes(60_000_000)}), content.BOMB),
        (files.package(files.WORD, {f"p/{n}": b"" for n in range(10_001)}), content.BOMB),
    ],
)
def test_what_is_not_on_the_list_is_refused_with_its_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(NotAccepted) as refusal:
        kind_of(io.BytesIO(data))
    assert str(refusal.value) == sentence


def test_entry_with_a_password_is_refused() -> None:
    data = bytearray(files.package(files.WORD, {"word/document.xml": b"<x/>"}))
    for number, entry in enumerate(zipfile.ZipFile(io.BytesIO(bytes(data))).infolist()):
        data[entry.header_offset + 6] |= 1
        if number == 0:
            data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(NotAccepted, match="mật khẩu"):
        kind_of(io.BytesIO(bytes(data)))


def test_directory_that_claims_to_be_huge_is_refused_before_it_is_read() -> None:
    data = bytearray(files.package(files.WORD))
    end = data.rindex(b"PK\x05\x06")
    data[end + 12 : end + 16] = (5 * 1024 * 1024).to_bytes(4, "little")
    with pytest.raises(NotAccepted) as refusal:
        kind_of(io.BytesIO(bytes(data)))
    assert str(refusal.value) == content.BOMB


def test_content_types_with_an_entity_are_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", '<!DOCTYPE a [<!ENTITY b "c">]><Types>&b;</Types>')
    with pytest.raises(NotAccepted) as refusal:
        kind_of(made)
    assert str(refusal.value) == content.BROKEN_OFFICE
