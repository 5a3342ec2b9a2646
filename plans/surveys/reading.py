"""Reads a survey workbook: one sheet a row, one question a column. Pure; what is wrong is said by row and column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any

import openpyxl

from organization.office_files import MOST_XML, FileType, UnreadableError, check_size, open_package
from organization.people_file import BROKEN, WrongCell, read_day
from organization.vietnamese import clean, fold
from plans.surveys.answers import NOTHING, Wrong, read_answer
from plans.surveys.catalogues import (
    LONGEST_CODE,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_QUESTIONS,
    Catalogue,
    Question,
)

MOST_ROWS = 120_000
MOST_COLUMNS = 300
MOST_PAGES = 20
MOST_VALUES = 60
MOST_PROBLEMS = 300
HEADING_WITHIN = 15
LOOKS_LIKE_A_CODE = re.compile(r"[^\W\d_]{1,6}[ .-]?\d{1,2}(?:\.\d{1,2})?")
TOTALS = re.compile(r"(tong( cong| so)?|cong|trung binh( cong)?|t[yi] le)( phieu| hai long)?( ?\(?%\)?)?:?")
RANGE = re.compile(r"(\d{1,2})\s*(?:-|–|đến)\s*(\d{1,2})")

# What stands beside the answers; the first pattern that is found in the folded heading decides.
PERSONAL = re.compile(
    r"ho (va )?ten|nguoi (tra loi|dan)|dien thoai|\bsdt\b|mail|dia chi|cccd|cmnd|can cuoc|so nha|ngay sinh|nam sinh"
)
SHEET_CODE = re.compile(r"^ma( so)?( phieu)?$|^(so )?phieu( so)?$|^so hieu phieu$")
IN_ORDER = re.compile(r"^(stt|tt|so tt)$")
DAY = re.compile(r"^ngay\b|thoi diem|thoi gian|dau thoi gian|timestamp")
GROUPING = re.compile(
    r"thu tuc|dich vu|linh vuc|gioi|tuoi|nghe|trinh do|hoc van|huyen|\bxa\b|phuong|thon|dia ban|khu vuc|noi|doi tuong|"
    r"dan toc|hinh thuc|kenh|don vi|bo phan|phong|muc do|loai|nhom"
)
CATALOGUE = {
    "code": r"^ma\b|^cau hoi so|^cau$|ky hieu",
    "block": r"khoi|^phan$",
    "factor": r"yeu to|nhom tieu chi|nhom chi so|nhom cau hoi",
    "text": r"noi dung|cau hoi|tieu chi|dien giai",
    "scale": r"thang do|thang diem",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`row` is the row of the workbook, None where the whole file or a column is meant."""

    row: int | None
    column: str
    message: str


@dataclass(slots=True)
class Grouping:
    """Thủ tục, giới tính …: the values met, in order; a sheet names one by its place."""

    name: str
    places: dict[str, int] = field(default_factory=dict)
    values: list[str] = field(default_factory=list)

    def place(self, value: Any) -> int | None:
        words = clean(str(int(value) if isinstance(value, float) and value.is_integer() else value))[:LONGEST_NAME]
        if not words:
            return None
        key = fold(words)
        if key not in self.places:
            if len(self.values) > MOST_VALUES:
                return None
            self.places[key] = len(self.values)
            self.values.append(words)
        return self.places[key]

    @property
    def too_many(self) -> bool:
        return len(self.values) > MOST_VALUES


@dataclass(frozen=True, slots=True)
class Sheet:
    answers: tuple[int | None, ...]
    groups: tuple[int | None, ...]


@dataclass
class SurveyFile:
    catalogue: Catalogue
    questions: list[Question] = field(default_factory=list)
    groupings: list[Grouping] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    not_kept: list[str] = field(default_factory=list)
    first_day: date | None = None
    last_day: date | None = None

    def wrong(self, row: int | None, column: str, message: str) -> None:
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            where = "".join((f"dòng {row}, " if row else "", f"cột “{column}”: " if column else ""))
            message = f"{where[:1].upper()}{where[1:]}{message}" if where else message
            self.problems.append(Problem(row, column, message))

    def met(self, day: date) -> None:
        self.first_day = min(self.first_day or day, day)
        self.last_day = max(self.last_day or day, day)


@dataclass
class Columns:
    """Which column of a page holds what."""

    headings: list[str]
    questions: list[tuple[int, Question]] = field(default_factory=list)
    groupings: list[tuple[int, Grouping]] = field(default_factory=list)
    code: int | None = None
    day: int | None = None


def read_survey_file(stream: IO[bytes], max_bytes: int, catalogues: Sequence[Catalogue], key: str = "") -> SurveyFile:
    """Questions of the file's own catalogue, else of the one named by `key`, else of the one that fits best.

    Raises UnreadableError where the file as a whole is of no use.
    """
    check_size(stream, max_bytes)
    package, kind = open_package(stream, largest_sheet=MOST_XML)
    package.close()
    if kind is not FileType.EXCEL:
        raise UnreadableError("Kết quả khảo sát phải là tệp Excel (.xlsx). Chọn đúng tệp rồi tải lên.")
    try:
        stream.seek(0)
        workbook = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        pages = [page for page in workbook.worksheets[:MOST_PAGES] if page.sheet_state == "visible"]
        found = _read(pages, catalogues, key)
    except BROKEN as error:
        raise UnreadableError(
            "Tệp Excel bị hỏng, không đọc được. Mở lại bằng Excel, lưu thành tệp mới rồi tải lên."
        ) from error
    if not found.sheets:
        raise UnreadableError("Không có phiếu nào có câu trả lời hợp lệ. Kiểm tra lại trang phiếu rồi tải lên.")
    _drop_long_groupings(found)
    return found


def _read(pages: Sequence[Any], catalogues: Sequence[Catalogue], key: str) -> SurveyFile:
    tops = [(page, list(_rows(page, HEADING_WITHIN))) for page in pages]
    own = next((read for page, top in tops if (read := _own_catalogue(page, top))), None)
    known = _chosen(catalogues, key, tops) if own is None else _completed(own, catalogues, key)
    found = SurveyFile(known)
    first: Columns | None = None
    for page, top in tops:
        columns, after = _columns(top, known) if not _catalogue_headings(top)[0] else (None, 0)
        if columns is None:
            continue
        title = clean(page.title)
        if first is None:
            first = columns
            _describe(found, columns, known)
            seen: dict[str, int] = {}
        elif [fold(text) for text in columns.headings] != [fold(text) for text in first.headings]:
            found.wrong(
                None, "", f"Trang “{title}” có cột khác trang phiếu đầu tiên nên không đọc. Tách thành tệp riêng."
            )
            continue
        _read_sheets(page, after, found, first, seen)
    if first is None:
        raise UnreadableError(
            "Không tìm thấy trang phiếu trong tệp. Cần một dòng tiêu đề có mã câu hỏi (ví dụ TC1, TTHC1), mỗi phiếu một dòng."
        )
    return found


def _rows(page: Any, until: int, since: int = 1) -> Iterator[tuple[int, tuple[Any, ...]]]:
    page.reset_dimensions()
    return enumerate(page.iter_rows(min_row=since, max_row=until, max_col=MOST_COLUMNS, values_only=True), since)


def _texts(cells: Sequence[Any]) -> list[str]:
    texts = [clean(str(value)).replace("\n", " ") if value is not None else "" for value in cells]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _catalogue_headings(top: Sequence[tuple[int, tuple[Any, ...]]]) -> tuple[dict[str, int], int]:
    for number, cells in top:
        places: dict[str, int] = {}
        for place, text in enumerate(_texts(cells)):
            meaning = next((name for name, words in CATALOGUE.items() if text and re.search(words, fold(text))), None)
            if meaning and meaning not in places:
                places[meaning] = place
        if {"code", "factor"} <= places.keys():
            return places, number
    return {}, 0


def _own_catalogue(page: Any, top: Sequence[tuple[int, tuple[Any, ...]]]) -> tuple[list[Question], str] | None:
    """The questions that the file itself lists, and how it words their scale."""
    places, heading = _catalogue_headings(top)
    if not places:
        return None
    questions: dict[str, Question] = {}
    scale = ""
    for _, cells in _rows(page, heading + MOST_QUESTIONS, heading + 1):
        texts = [*_texts(cells), *[""] * len(CATALOGUE)]

        def part(name: str, longest: int, texts: Sequence[str] = texts) -> str:
            place = places.get(name)
            return texts[place][:longest] if place is not None and place < len(texts) else ""

        code, factor = part("code", LONGEST_CODE), part("factor", LONGEST_NAME)
        if code and factor and code.casefold() not in questions:
            text, block = part("text", LONGEST_TEXT), part("block", LONGEST_NAME)
            questions[code.casefold()] = Question(code, factor, text, block)
            scale = scale or part("scale", LONGEST_TEXT)
    return (list(questions.values()), scale) if questions else None


def _completed(own: tuple[list[Question], str], catalogues: Sequence[Catalogue], key: str) -> Catalogue:
    """The file's own questions, worded by the catalogue that was chosen where the file gives codes only."""
    questions, scale = own
    base = next((c for c in catalogues if c.key == key), None) or _closest(catalogues, {q.code for q in questions})
    bounds = RANGE.search(scale)
    if bounds and (int(bounds[1]), int(bounds[2])) != (1, len(base.scale)):
        raise UnreadableError(
            f"Tệp ghi thang đo {bounds[1]}–{bounds[2]}, bộ câu hỏi “{base.name}” dùng thang 1–{len(base.scale)}. "
            "Sửa thang đo của bộ câu hỏi rồi tải lên."
        )
    known = base.by_code
    complete = []
    for question in questions:
        twin = known.get(question.code.casefold())
        text = question.text or (twin.text if twin and fold(twin.factor) == fold(question.factor) else "")
        complete.append(Question(question.code, question.factor, text, question.block))
    return Catalogue("", "Danh mục trong tệp", tuple(complete), base.scale, base.satisfied_from)


def _chosen(catalogues: Sequence[Catalogue], key: str, tops: Sequence[tuple[Any, Any]]) -> Catalogue:
    named = next((catalogue for catalogue in catalogues if catalogue.key == key), None)
    words = {text for _, top in tops for _, cells in top for text in _texts(cells)}
    return named or _closest(catalogues, words)


def _closest(catalogues: Sequence[Catalogue], codes: set[str]) -> Catalogue:
    folded = {code.casefold() for code in codes}
    return max(catalogues, key=lambda catalogue: len(folded & catalogue.by_code.keys()))


def _columns(top: Sequence[tuple[int, tuple[Any, ...]]], known: Catalogue) -> tuple[Columns | None, int]:
    """The heading row with most questions, and its number."""
    best, after = None, 0
    for number, cells in top:
        texts = _texts(cells)
        questions = [(place, question) for place, text in enumerate(texts) if (question := _question(text, known))]
        if questions and (best is None or len(questions) > len(best.questions)):
            best, after = Columns(texts, questions), number
    return best, after


def _question(heading: str, known: Catalogue) -> Question | None:
    """By its code, «TC1» or «TC1. Nơi ngồi chờ …», or by its whole text."""
    if not heading:
        return None
    codes = known.by_code
    first = re.split(r"[\s:]", heading, maxsplit=1)[0].rstrip(".)")
    found = codes.get(heading.casefold()) or codes.get(first.casefold())
    return found or next((q for q in known.questions if q.text and fold(q.text) == fold(heading)), None)


def _describe(found: SurveyFile, columns: Columns, known: Catalogue) -> None:
    """Give every column of the first page its part, and say which have none."""
    taken: dict[str, int] = {}
    read = {place for place, _ in columns.questions}
    for place, question in columns.questions:
        if question.code in taken:
            found.wrong(
                None,
                columns.headings[place],
                f"câu {question.code} đã có ở một cột trước nên cột này không đọc. Bỏ một cột.",
            )
        taken.setdefault(question.code, place)
    columns.questions = [(place, question) for place, question in columns.questions if taken[question.code] == place]
    asked = {question.code for _, question in columns.questions}
    for question in known.questions if not known.key else ():
        if question.code not in asked:
            found.wrong(None, question.code, "có trong danh mục câu hỏi nhưng trang phiếu không có cột này.")
    for place, text in enumerate(columns.headings):
        if text and place not in read:
            _beside(found, columns, place, text)
    found.questions = [question for _, question in columns.questions]
    found.groupings = [grouping for _, grouping in columns.groupings]


def _beside(found: SurveyFile, columns: Columns, place: int, text: str) -> None:
    plain = fold(text)
    if PERSONAL.search(plain):
        found.not_kept.append(text[:LONGEST_NAME])
    elif SHEET_CODE.search(plain) and columns.code is None:
        columns.code = place
    elif IN_ORDER.search(plain):
        return
    elif DAY.search(plain) and columns.day is None:
        columns.day = place
    elif LOOKS_LIKE_A_CODE.fullmatch(text):
        found.wrong(
            None,
            text[:LONGEST_NAME],
            "không có trong danh mục câu hỏi nên không tính. Thêm câu hỏi vào danh mục rồi nhập lại.",
        )
    elif GROUPING.search(plain) and plain not in {fold(grouping.name) for _, grouping in columns.groupings}:
        columns.groupings.append((place, Grouping(text[:LONGEST_NAME])))
    else:
        found.not_kept.append(text[:LONGEST_NAME])


def _read_sheets(page: Any, heading: int, found: SurveyFile, columns: Columns, seen: dict[str, int]) -> None:
    for number, cells in _rows(page, heading + MOST_ROWS + 1, heading + 1):
        if all(value is None or value == "" for value in cells):
            continue
        if len(found.sheets) >= MOST_ROWS or number > heading + MOST_ROWS:
            raise UnreadableError(
                f"Tệp có hơn {MOST_ROWS:,} phiếu. Tách thành nhiều tệp rồi tải lên.".replace(",", ".")
            )
        _read_sheet(number, cells, found, columns, seen)


def _read_sheet(number: int, cells: tuple[Any, ...], found: SurveyFile, columns: Columns, seen: dict[str, int]) -> None:
    def at(place: int | None) -> Any:
        return cells[place] if place is not None and place < len(cells) else None

    if TOTALS.fullmatch(fold(str(next((value for value in cells if value not in {None, ""}), "")))):
        return
    code = fold(clean(str(at(columns.code)))) if at(columns.code) is not None else ""
    if code and code in seen:
        found.wrong(
            number,
            columns.headings[columns.code or 0],
            f"mã phiếu trùng với dòng {seen[code]} nên phiếu này không tính. Sửa mã phiếu.",
        )
        return
    answers = tuple(_answer(number, at(place), question, found) for place, question in columns.questions)
    if not any(answers):
        found.wrong(number, "", "phiếu không có câu trả lời hợp lệ nào nên không tính.")
        return
    if code:
        seen[code] = number
    _meet_day(number, at(columns.day), found, columns)
    groups = tuple(
        None if (value := at(place)) is None else grouping.place(value) for place, grouping in columns.groupings
    )
    found.sheets.append(Sheet(answers, groups))


def _answer(number: int, value: Any, question: Question, found: SurveyFile) -> int | None:
    if value is None:
        return NOTHING
    try:
        return read_answer(value, found.catalogue.scale)
    except Wrong as wrong:
        found.wrong(number, question.code, str(wrong))
        return NOTHING


def _meet_day(number: int, value: Any, found: SurveyFile, columns: Columns) -> None:
    if value is None or value == "":
        return
    try:
        day = read_day(value)
    except WrongCell as wrong:
        found.wrong(number, columns.headings[columns.day or 0], str(wrong))
        return
    if day:
        found.met(day)


def _drop_long_groupings(found: SurveyFile) -> None:
    """A column with that many values names people or places; it is no group and is not kept."""
    kept = [place for place, grouping in enumerate(found.groupings) if not grouping.too_many]
    if len(kept) == len(found.groupings):
        return
    for grouping in found.groupings:
        if grouping.too_many:
            found.not_kept.append(grouping.name)
    found.groupings = [found.groupings[place] for place in kept]
    found.sheets = [Sheet(sheet.answers, tuple(sheet.groups[place] for place in kept)) for sheet in found.sheets]
