"""A Word document as blocks, streamed row by row so that a large table costs little memory."""

import zipfile
from collections.abc import Iterator
from typing import IO

from lxml import etree

from organization.office_files import UnreadableError
from organization.vietnamese import clean
from plans.reading.shape import (
    EMPTY,
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    Block,
    Cell,
    Table,
)

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
NOT_TEXT = {f"{W}moveFrom", f"{W}del", FALLBACK}  # moved away, deleted, drawn twice
BREAKS = {f"{W}br", f"{W}cr"}


def read_word(package: zipfile.ZipFile) -> list[Block]:
    try:
        with package.open(_main_part(package)) as part:
            return list(_blocks(part))
    except (etree.XMLSyntaxError, KeyError, zipfile.BadZipFile) as error:
        message = "Tệp Word bị hỏng, không đọc được. Mở lại bằng Word, lưu thành tệp mới rồi tải lên."
        raise UnreadableError(message) from error


def _main_part(package: zipfile.ZipFile) -> str:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    relations = etree.fromstring(package.read("_rels/.rels"), parser)
    for relation in relations.iter(RELATION):
        if str(relation.get("Type", "")).endswith("/officeDocument"):
            return str(relation.get("Target", "")).lstrip("/")
    return "word/document.xml"


def _blocks(part: IO[bytes]) -> Iterator[Block]:
    """Paragraphs outside tables and outermost tables, in the order of the document."""
    depth, rows, count = 0, list[list[Cell]](), 0
    paragraph, row, table = f"{W}p", f"{W}tr", f"{W}tbl"
    events = etree.iterparse(
        part, events=("start", "end"), tag=(paragraph, row, table), resolve_entities=False, no_network=True
    )
    for event, element in events:
        if element.tag == table:
            depth += 1 if event == "start" else -1
            if event == "end" and depth == 0:
                yield Table(_squared(rows))
                rows = []
                element.clear()
        elif event == "end" and element.tag == row and depth == 1:
            count += 1
            if count > MOST_ROWS:
                raise UnreadableError(f"Tệp có hơn {MOST_ROWS} dòng trong bảng. Tách thành nhiều tệp rồi tải lên.")
            rows.append(_cells(element, rows[-1] if rows else []))
            element.clear()
        elif event == "end" and element.tag == paragraph and depth == 0 and not _inside_another(element):
            yield from filter(None, clean(_text(element)).split("\n"))
            element.clear()


def _inside_another(paragraph: etree._Element) -> bool:
    """A text box stands inside a paragraph; its words are read with that paragraph."""
    return any(parent.tag == f"{W}p" for parent in paragraph.iterancestors())


def _squared(rows: list[list[Cell]]) -> list[list[Cell]]:
    width = max((len(row) for row in rows), default=0)
    return [row + [EMPTY] * (width - len(row)) for row in rows]


def _number(parent: etree._Element, path: str) -> int:
    found = parent.find(path)
    value = "" if found is None else found.get(f"{W}val", "")
    return int(value) if value.isdigit() and len(value) < 4 else 0


def _cells(row: etree._Element, above: list[Cell]) -> list[Cell]:
    cells = [EMPTY] * min(_number(row, f"{W}trPr/{W}gridBefore"), MOST_COLUMNS)
    for found in row.iter(f"{W}tc"):
        if next(found.iterancestors(f"{W}tr")) is not row:
            continue
        span = max(1, _number(found, f"{W}tcPr/{W}gridSpan"))
        merge = found.find(f"{W}tcPr/{W}vMerge")
        if merge is not None and merge.get(f"{W}val", "continue") == "continue":
            place = len(cells)
            value = above[place].value if place < len(above) else ""
            cells.append(Cell(value, above=True))
        else:
            cells.append(Cell(clean(_text(found))[:LONGEST_CELL]))
        cells += [Cell(cells[-1].value, left=True, above=cells[-1].above)] * (span - 1)
        if len(cells) >= MOST_COLUMNS:
            return cells[:MOST_COLUMNS]
    return cells


def _text(element: etree._Element) -> str:
    """All words of a paragraph or cell; each paragraph a line."""
    pieces: list[str] = []
    _collect(element, pieces)
    return "".join(pieces)


def _collect(element: etree._Element, pieces: list[str]) -> None:
    for child in element:
        if child.tag in NOT_TEXT:
            continue
        if child.tag == f"{W}t":
            pieces.append(child.text or "")
        elif child.tag == f"{W}tab":
            pieces.append(" ")
        elif child.tag in BREAKS:
            pieces.append("\n")
        elif child.tag == f"{W}noBreakHyphen":
            pieces.append("-")
        else:
            _collect(child, pieces)
            if child.tag == f"{W}p":
                pieces.append("\n")
