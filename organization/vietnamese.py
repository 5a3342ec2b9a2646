"""How Vietnamese is folded for search, put in order, and written in offices. Pure functions.

The database sorts and compares by code point on every machine (see docs/adr), so the
alphabet lives here and its keys are stored beside the names.
"""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal

from django.utils.timezone import localtime

LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONES = "\u0300\u0309\u0303\u0301\u0323"  # huyền, hỏi, ngã, sắc, nặng; the level tone comes first
RANK = {letter: chr(0x100 + number) for number, letter in enumerate(LETTERS)}
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")


def clean(text: str) -> str:
    """NFC, no control or zero-width characters, single blanks, line breaks kept."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = "".join(
        c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"} or c == "\t"
    )
    return "\n".join(re.sub(r"[^\S\n]+", " ", line).strip() for line in text.split("\n")).strip()


def fold(text: str) -> str:
    """The text for searching: no accents, no case, single blanks: «Đăng ký» → «dang ky»."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(plain.replace("đ", "d").split())


def sort_key(text: str) -> str:
    """A key whose code-point order is the order of the Vietnamese alphabet: letters first, then tones."""
    letters, tones = [], []
    for character in unicodedata.normalize("NFC", text.casefold()):
        parts = unicodedata.normalize("NFD", character)
        tone = next((c for c in parts if c in TONES), "")
        base = unicodedata.normalize("NFC", "".join(c for c in parts if c not in TONES))
        letters.append(RANK.get(base, base))
        tones.append(str(TONES.index(tone) + 1) if tone else "0")
    return "".join(letters) + "\x01" + "".join(tones)


def name_key(full_name: str) -> str:
    """People are put in order by given name (the last word), then by family and middle names."""
    *rest, given = full_name.split() or [""]
    return sort_key(given) + "\x02" + sort_key(" ".join(rest))


def short_date(day: date | None) -> str:
    """03/6/2024: a leading zero for days under ten and for months 1 and 2 only (NĐ 30/2020)."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = localtime(day).date()
    return f"{day.day:02d}/{day.month:02d}/{day.year}" if day.month < 3 else f"{day.day:02d}/{day.month}/{day.year}"


def long_date(day: date) -> str:
    """ngày 03 tháng 6 năm 2024."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def clock(moment: datetime) -> str:
    """08:05 ngày 03/6/2024, in Vietnam's time."""
    return f"{localtime(moment):%H:%M} ngày {short_date(moment)}"


def acting(name: str, principal: str = "") -> str:
    """Chu Đức Ế thay Nông Đức Ánh: who acted, and in whose name where it is not their own."""
    return f"{name} thay {principal}" if principal else name


def counted(number: int) -> str:
    """Quantities below ten are written with a leading zero in sentences: 03."""
    return f"{number:02d}" if 0 <= number < 10 else thousands(number)


def thousands(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def decimal(number: Decimal | float, places: int = 2) -> str:
    """1.234,50: decimal comma, thousands dot."""
    return f"{number:,.{places}f}".translate(str.maketrans(",.", ".,"))
