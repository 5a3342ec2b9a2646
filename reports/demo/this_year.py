"""The sample plan of 2024 as a Word file that speaks of another year."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
PLAN = SAMPLES / "ke-hoach-2024.docx"
PEOPLE = SAMPLES / "nhan-su-2024.xlsx"
SURVEY = SAMPLES / "khao-sat-sipas-2024.xlsx"
WRITTEN_FOR = 2024


def plan_file(year: int) -> bytes:
    """ke-hoach-2024.docx with each year moved by the same distance."""
    out = BytesIO()
    with zipfile.ZipFile(PLAN) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "word/document.xml":
                data = _moved(data.decode(), year - WRITTEN_FOR).encode()
            target.writestr(entry, data)
    return out.getvalue()


def _moved(text: str, years: int) -> str:
    """Years in words only: attributes keep their numbers."""
    return re.sub(r"(<w:t[^>]*>)([^<]*)", lambda match: match[1] + _years(match[2], years), text)


def _years(words: str, years: int) -> str:
    return re.sub(r"\b(202[34])\b", lambda match: str(int(match[1]) + years), words)
