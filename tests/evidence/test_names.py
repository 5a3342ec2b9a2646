import unicodedata

import pytest

from evidence.names import display_name

PDF = (".pdf",)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Báo cáo.pdf", "Báo cáo.pdf"),
        (unicodedata.normalize("NFD", "Báo cáo tiến độ.pdf"), "Báo cáo tiến độ.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\lan\\Báo cáo.PDF", "Báo cáo.PDF"),
        ("..", "Tài liệu.pdf"),
        ("", "Tài liệu.pdf"),
        (".pdf", "pdf.pdf"),
        ("hoa don\u202efdp.exe", "hoa donfdp.exe.pdf"),
        ("a\x00b\n.pdf", "ab.pdf"),
        ('a<b>:"c|d?*.pdf', "a_b___c_d__.pdf"),
        ("virus.exe", "virus.exe.pdf"),
        ("x" * 400 + ".pdf", "x" * 150 + ".pdf"),
    ],
)
def test_display_name_keeps_the_words_and_none_of_the_tricks(given: str, shown: str) -> None:
    assert display_name(given, PDF) == shown


def test_display_name_keeps_the_suffix_a_kind_knows() -> None:
    assert display_name("ảnh.jpeg", (".jpg", ".jpeg")) == "ảnh.jpeg"
