"""Small real PDF files, as an office would hand in."""

from datetime import date

import typst
from django.core.files.uploadedfile import SimpleUploadedFile

from organization.vietnamese import long_date

PAGE = """#set page(paper: "a4", margin: (top: 20mm, bottom: 20mm, left: 30mm, right: 20mm))
#set text(lang: "vi", size: 13pt, font: "Libertinus Serif")
#set par(justify: true)
#grid(columns: (2fr, 3fr), align: center,
  [UBND TỈNH LẠNG SƠN \\ *{agency}* \\ #v(2pt) Số: {number}],
  [*CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM* \\ *Độc lập - Tự do - Hạnh phúc* \\ #v(2pt) _Lạng Sơn, {dated}_])
#v(10mm)
#align(center)[*BÁO CÁO* \\ *{abstract}*]
#v(6mm)
Thực hiện Kế hoạch nâng cao Chỉ số cải cách hành chính (PAR INDEX) và Chỉ số hài lòng về sự phục vụ hành chính (SIPAS), {unit} báo cáo kết quả như sau:

{statement}

Trên đây là báo cáo của {unit}./.
"""
SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\*_#$@<>[]`~"})


def paper(*, agency: str, unit: str, number: str, dated: date, abstract: str, statement: str) -> SimpleUploadedFile:
    """One page as a PDF, ready to be handed in."""
    words = {
        "agency": agency.upper(), "unit": unit, "number": number, "dated": long_date(dated), "abstract": abstract, "statement": statement,
    }  # fmt: skip
    source = PAGE
    for name, text in words.items():
        source = source.replace("{" + name + "}", text.translate(SPECIAL))
    name = f"{number.replace('/', '-')}.pdf"
    return SimpleUploadedFile(name, typst.compile(source.encode()), "application/pdf")
