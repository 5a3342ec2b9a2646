"""Who leads and who takes part, as written in a cell: a list of units, groups, outside bodies. Pure."""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from rapidfuzz import fuzz

from organization.vietnamese import clean, fold

Key = TypeVar("Key", bound=Hashable)

SURE_ENOUGH = 85
WORTH_SUGGESTING = 65
CLEAR_LEAD = 4  # the best match must beat the next unit by this much
LONGEST = 2000
MOST_OWNERS = 60


class OwnerKind(StrEnum):
    UNIT = "unit"
    GROUP = "group"
    EXTERNAL = "external"
    UNNAMED = "unnamed"  # a unit known only later: «Phòng được kiểm tra»
    UNKNOWN = "unknown"  # looks like a unit of this body, but none has such a name


class GroupName(StrEnum):
    ALL = "all"
    WITH_PROCEDURES = "with_procedures"
    RELATED = "related"


@dataclass(frozen=True, slots=True)
class Owner(Generic[Key]):
    """`text` as written, `name` as shown; `key` of a unit (its name where units are not known); `score` 0–100."""

    text: str
    name: str
    kind: OwnerKind
    key: Key | str | None = None
    group: GroupName | None = None
    score: int = 100
    note: str = ""


@dataclass(frozen=True)
class UnitNames(Generic[Key]):
    """Names, other names and abbreviations of the units of one body, ready for matching."""

    titles: Mapping[Key, str]
    exact: Mapping[str, Key] = field(repr=False)
    short: Mapping[str, Key] = field(repr=False)

    @classmethod
    def of(cls, units: Iterable[tuple[Key, str, Iterable[str]]]) -> "UnitNames[Key]":
        """From (key, official name, other names)."""
        titles: dict[Key, str] = {}
        exact: dict[str, Key] = {}
        short: dict[str, Key] = {}
        for key, title, aliases in units:
            titles[key] = clean(title)
            for name in (title, *aliases):
                exact.setdefault(comparable(name), key)
            for abbreviation in abbreviations(title):
                short.setdefault(abbreviation, key)
        return cls(titles, exact, short)

    @classmethod
    def from_aliases(cls, names: Mapping[str, Key]) -> "UnitNames[Key]":
        """From alias → key; the longest alias of a unit serves as its name."""
        grouped: dict[Key, list[str]] = {}
        for alias, key in names.items():
            grouped.setdefault(key, []).append(alias)
        return cls.of((key, max(aliases, key=len), aliases) for key, aliases in grouped.items())

    def named(self, name: str) -> Key | None:
        return self.exact.get(name)

    def abbreviated(self, name: str) -> Key | None:
        return self.short.get(re.sub(r"[^a-z]", "", name))


PREFIXES = (
    (re.compile(r"^p\.? ?(?=[a-z])(?!hong)(?!gd|ho\b)"), "phong "),
    (re.compile(r"^vp\b\.?"), "van phong"),
    (re.compile(r"^ttr\b\.?"), "thanh tra"),
)


def comparable(name: str) -> str:
    """One spelling for matching: no accents, «P.» is «phòng», «VP Sở» is «văn phòng», «&» is «và»."""
    text = re.sub(r"[–—−]", "-", fold(clean(name)))
    text = re.sub(r" ?- ?", " ", text.replace("&", " va ").replace("+", " va "))
    for pattern, full in PREFIXES:
        text = pattern.sub(full, text)
    text = " ".join(re.sub(r"[.,;:()“”\"]", " ", text).split())
    return re.sub(r"^(van phong|thanh tra) so( .+)?$", r"\1", text)


def abbreviations(title: str) -> set[str]:
    """«Phòng Đăng ký kinh doanh» → phongdkkd; with and without the «và» of a list."""
    head, *rest = comparable(title).split() or [""]
    if head != "phong" or len(rest) < 2:
        return set()
    with_and = "".join(word[0] for word in rest)
    without = "".join(word[0] for word in rest if word != "va")
    in_full = "".join(word if word == "va" else word[0] for word in rest)
    return {"phong" + letters for letters in (with_and, without, in_full)}


ORGANISATION = re.compile(
    r"(?:cac |tat ca |toan the |lanh dao |truong |thu truong |nhung )*"
    r"(?:phong|p\.|p |vp|van phong|thanh tra|ttr|trung tam|so|ubnd|uy ban|hdnd|ban|bo|chi cuc|cuc|tong cuc|bao|dai|doan"
    r"|co quan|don vi|hoi|hiep hoi|cong an|chi nhanh|ngan hang|kho bac|truong|vien|quy|cong ty|doanh nghiep|to|bo phan"
    r"|can bo|cong chuc|chu dau tu|nha dau tu|huyen|xa|phuong|mttq|mat tran|tinh|toa an|vien kiem sat|bhxh|bao hiem"
    r"|lanh dao|giam doc|chanh|buu dien|thue|hai quan)(?![a-z])"
)
OWN_UNIT = re.compile(r"(?:phong|van phong|thanh tra|trung tam|chi cuc|ban quan ly|quy)(?![a-z])")
OUTSIDE = re.compile(
    r"(?:van phong|vp) (?:ubnd|hdnd|tinh uy|doan|chinh phu|dieu phoi)|thanh tra (?:tinh|chinh phu|huyen|thanh pho|bo)"
    r"|(?:cac )?(?:so|ubnd|uy ban|hdnd|bo|bao|dai|doan|hoi|hiep hoi|cong an|chi nhanh|ngan hang|kho bac|vien|cuc|tong cuc"
    r"|trung tam|ban|mttq|mat tran|chu dau tu|nha dau tu|doanh nghiep|cong ty|huyen|xa|can bo|cong chuc|bo phan|to"
    r"|lanh dao|toa an|bhxh|bao hiem|buu dien|tinh|chi cuc|truong|giam doc|quy)(?![a-z])"
    r"|phong .*(?:cap huyen|ubnd|huyen|thanh pho|cong chung)"
    r"|(?:cac )?(?:co quan|don vi)(?! (?:thuoc|truc thuoc|cua) so)"
)
ALL_WORDS = frozenset(
    [
        "cac",
        "tat",
        "ca",
        "toan",
        "the",
        "bo",
        "truong",
        "lanh",
        "dao",
        "thu",
        "phong",
        "don",
        "vi",
        "chuyen",
        "mon",
        "nghiep",
        "vu",
        "thuoc",
        "truc",
        "so",
        "co",
        "quan",
        "va",
        "ban",
    ]
)
PLURAL = re.compile(r"(?:truong |lanh dao |thu truong )?(?:cac|tat ca|toan the|toan bo)(?![a-z])")
WITH_PROCEDURES = re.compile(
    r"(?:truong )?(?:cac )?(?:phong|don vi).* co (?:thu tuc|tthc|phat sinh (?:thu tuc|tthc)|giai quyet)"
)
RELATED = re.compile(r"(?:cac )?(?:phong|don vi|co quan|ban)(?: .*)?lien quan.*")
UNNAMED = re.compile(
    r"(?:cac )?(?:phong|don vi|co quan)(?: chuyen mon| nghiep vu)?"
    r"(?: (?:duoc|de|bi|nao|co ho so|chu tri|giao|phu trach|soan thao|tham muu|dang thuc hien)(?![a-z]).*)?"
)
EACH_OF = re.compile(r"^cac phong(?: chuyen mon)?:? (?!.*(?:lien quan|co tthc|co thu tuc))")
DELIMITER = re.compile(r"(\s*,\s*|\s+[vV][àÀ]\s+|\s*/\s*|\s+\+\s+)")
ROLE_NOTE = re.compile(r"\s*\((?:[^()]*(?:chủ trì|phối hợp|đầu mối|theo dõi|tham mưu|tổng hợp)[^()]*)\)", re.IGNORECASE)
BULLET = re.compile(r"^\s*(?:[-–•*+·]|\d{1,2}[.)])\s*")


def read_owners(raw: str, names: UnitNames[Key] | Mapping[str, Key] | None = None) -> list[Owner[Key]]:
    """Each owner named in the cell, in order, once. Never raises on a text."""
    book: UnitNames[Key] = names if isinstance(names, UnitNames) else UnitNames.from_aliases(names or {})
    found: dict[tuple[OwnerKind, object], Owner[Key]] = {}
    for chunk in re.split(r"[;\n]", clean(raw)[:LONGEST]):
        text = ROLE_NOTE.sub("", BULLET.sub("", chunk)).strip(" .,:-")
        for owner in _read_chunk(text, book) if text else ():
            found.setdefault((owner.kind, owner.key or owner.group or fold(owner.name)), owner)
    return list(found.values())[:MOST_OWNERS]


def _read_chunk(text: str, book: UnitNames[Key]) -> list[Owner[Key]]:
    if owner := _recognised(text, book):
        return [owner]
    parts = DELIMITER.split(text)
    words, joints = parts[::2], [*parts[1::2], ""]
    owners: list[Owner[Key]] = []
    shared = _shared_prefix(words, book)
    start = 0
    while start < len(words):
        owner, start = _longest(words, joints, start, book, shared)
        if owner:
            owners.append(owner)
    return owners


def _shared_prefix(words: Sequence[str], book: UnitNames[Key]) -> bool:
    """«Các phòng Kinh tế ngành, Đăng ký kinh doanh»: one «các phòng» before several names."""
    plain = fold(words[0])
    return bool(EACH_OF.match(plain)) and _recognised(_phong(EACH_OF.sub("", plain)), book) is not None


def _phong(text: str) -> str:
    return f"Phòng {text}"


def _joined(words: Sequence[str], joints: Sequence[str], start: int, end: int) -> str:
    pieces = [words[n] + (joints[n] if n + 1 < end else "") for n in range(start, end)]
    return "".join(pieces).strip(" .,:")


def _longest(
    words: Sequence[str], joints: Sequence[str], start: int, book: UnitNames[Key], shared: bool
) -> tuple[Owner[Key] | None, int]:
    """The longest run of parts that is a known name; else one part with what evidently belongs to it."""
    for end in range(min(len(words), start + 8), start, -1):
        text = _joined(words, joints, start, end)
        if shared:
            bare = re.sub(r"^các phòng:?\s+", "", text, flags=re.IGNORECASE)
            if owner := _recognised(_phong(bare), book):
                return owner, end
        if owner := _recognised(text, book):
            return owner, end
    end = start + 1
    while end < len(words) and not _starts_a_name(words[end], book):
        end += 1
    text = _joined(words, joints, start, end)
    return (_guessed(text, book) if text else None), end


def _starts_a_name(text: str, book: UnitNames[Key]) -> bool:
    plain = fold(text)
    if not plain:
        return False
    return bool(ORGANISATION.match(plain)) or _known(text, book) is not None


def _known(text: str, book: UnitNames[Key]) -> tuple[Key, int] | None:
    name = comparable(text)
    for candidate in (name, f"phong {name}", name.removeprefix("phong ")):
        if candidate and (key := book.named(candidate)) is not None:
            return key, 100
    key = book.abbreviated(name)
    if key is None and text.isupper():
        key = book.abbreviated(f"phong {name}")
    return None if key is None else (key, 95)


def _recognised(text: str, book: UnitNames[Key]) -> Owner[Key] | None:
    if known := _known(text, book):
        key, score = known
        title = book.titles[key]
        note = "" if score == 100 else f"“{text}” được hiểu là {title}."
        return Owner(text, title, OwnerKind.UNIT, key, score=score, note=note)
    return _group(text)


def _group(text: str) -> Owner[Key] | None:
    plain = " ".join(re.sub(r"[.,:()-]", " ", fold(text)).split())
    shown = text[:1].upper() + text[1:]
    words = plain.split()
    if (
        PLURAL.match(plain)
        and set(words) <= ALL_WORDS
        and {"phong", "don"} & set(words)
        and words[-1] not in {"va", "co"}
    ):
        return Owner(text, shown, OwnerKind.GROUP, group=GroupName.ALL)
    if WITH_PROCEDURES.match(plain):
        return Owner(text, shown, OwnerKind.GROUP, group=GroupName.WITH_PROCEDURES)
    if RELATED.fullmatch(plain):
        return Owner(text, shown, OwnerKind.GROUP, group=GroupName.RELATED)
    return None


def _guessed(text: str, book: UnitNames[Key]) -> Owner[Key]:
    plain, shown = fold(text), text[:1].upper() + text[1:]
    if UNNAMED.fullmatch(plain):
        return Owner(text, shown, OwnerKind.UNNAMED, score=0, note=unnamed(text))
    outside = OUTSIDE.match(plain) is not None
    if not book.titles:
        own = OWN_UNIT.match(comparable(text)) and not outside
        kind = OwnerKind.UNIT if own else OwnerKind.EXTERNAL
        return Owner(text, shown, kind, shown if own else None)
    if outside:
        return Owner(text, shown, OwnerKind.EXTERNAL)
    return _nearest(text, shown, book)


def suggestions(text: str, book: UnitNames[Key], most: int = 3) -> list[tuple[Key, str, int]]:
    """The units that may be meant, the likeliest first, each with its name and score."""
    if not is_a_name(text) or not book.titles:
        return []
    found = [(key, book.titles[key], round(score)) for key, score in _scored(text, book)[:most]]
    return [one for one in found if one[2] >= WORTH_SUGGESTING]


def is_a_name(text: str) -> bool:
    """Could be what somebody calls a unit: no group, nobody who is known only later."""
    return bool(text) and not UNNAMED.fullmatch(fold(text)) and _group(text) is None


def _scored(text: str, book: UnitNames[Key]) -> list[tuple[Key, float]]:
    """How alike each unit's names are, the most alike first."""
    name = comparable(text)
    scores: dict[Key, float] = {}
    for alias, key in book.exact.items():
        scores[key] = max(scores.get(key, 0), fuzz.ratio(name, alias))
    return sorted(scores.items(), key=lambda item: -item[1])


def _nearest(text: str, shown: str, book: UnitNames[Key]) -> Owner[Key]:
    (best, score), *others = _scored(text, book)
    title, rounded = book.titles[best], round(score)
    if score >= SURE_ENOUGH and (not others or score - others[0][1] >= CLEAR_LEAD):
        return Owner(text, title, OwnerKind.UNIT, best, score=rounded, note=f"“{text}” được hiểu là {title}.")
    hint = f" Có phải là {title}?" if score >= WORTH_SUGGESTING else ""
    note = f"“{text}” chưa có trong danh sách đơn vị.{hint} Chọn đơn vị hoặc ghi lại tên."
    return Owner(text, shown, OwnerKind.UNKNOWN, score=rounded, note=note)


def unnamed(text: str) -> str:
    return f"“{text}” không phải tên một đơn vị. Chọn đơn vị chủ trì."
