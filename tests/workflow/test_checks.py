"""What a round should have, what changed between two, and how a return is written and read."""

from datetime import date

import pytest

from workflow.checks import Check, Paper, Result, checks_of, products_of, summary
from workflow.differences import LONGEST, Span, words_changed
from workflow.returns import checklist, written

REPORT = Paper("418/BC", date(2024, 11, 7), "Báo cáo")


def results(**given: object) -> dict[str, Result]:
    usual = {"statement": "Đã xong", "papers": [REPORT], "products": ["Báo cáo"], "criteria": ["2.1.1"], "year": 2024}
    return {check.words: check.result for check in checks_of(**usual | given)}


def test_round_with_everything_passes_every_check() -> None:
    assert set(results().values()) == {Result.OK}
    assert len(results()) == 5


@pytest.mark.parametrize(
    ("given", "words", "result"),
    [
        ({"statement": "  "}, "Chưa ghi kết quả thực hiện", Result.BAD),
        ({"papers": []}, "Chưa có tài liệu kiểm chứng", Result.BAD),
        ({"papers": []}, "Tiêu chí chưa có tài liệu", Result.BAD),
        ({"products": ["Kế hoạch", "Báo cáo"]}, "Có sản phẩm chưa có tài liệu", Result.WARN),
        ({"papers": [Paper("", date(2024, 1, 1), "Dự thảo")]}, "Văn bản chưa có số hoặc ngày", Result.WARN),
        ({"papers": [Paper("1/BC", None, "Báo cáo")]}, "Văn bản chưa có số hoặc ngày", Result.WARN),
        ({"papers": [Paper("1/BC", date(2023, 1, 1), "Báo cáo")]}, "Ngày văn bản ngoài năm 2024", Result.WARN),
    ],
)
def test_check_says_what_is_missing(given: dict[str, object], words: str, result: Result) -> None:
    assert results(**given)[words] == result


def test_words_of_the_last_period_handed_in_again_are_looked_at() -> None:
    words = "Nội dung giống hệt lần nộp của kỳ trước"
    assert results(before="đã  XONG")[words] == Result.WARN
    for given in ({"before": "Đã xong 80%"}, {"before": ""}, {"before": "", "statement": ""}):
        assert words not in results(**given)


def test_problems_come_first_and_are_counted() -> None:
    checks = checks_of(statement="", papers=[REPORT], products=["Kế hoạch", "Báo cáo"], criteria=["2.1.1"], year=2024)
    assert [check.result for check in checks] == ["bad", "warn", "ok", "ok", "ok"]
    assert summary(checks) == Check(Result.BAD, "Chưa đạt 2/5")
    assert summary(checks[2:]) == Check(Result.OK, "Đạt 3/3")


def test_row_without_products_or_criteria_is_not_asked_for_them() -> None:
    assert len(results(products=[], criteria=[])) == 3


def test_products_are_told_apart() -> None:
    assert products_of("- Kế hoạch;\n- Báo cáo kết quả.") == ["Kế hoạch", "Báo cáo kết quả"]
    assert products_of("") == []


def test_difference_is_word_by_word() -> None:
    assert words_changed("xong 10/12 kiến nghị", "xong 12/12 kiến nghị") == [
        Span("", "xong"), Span("del", "10/12"), Span("ins", "12/12"), Span("", "kiến nghị"),
    ]  # fmt: skip


def test_same_text_has_no_difference() -> None:
    assert words_changed("Đã xong", "Đã xong") == []


def test_long_unchanged_run_is_cut_around_the_change() -> None:
    words = " ".join(str(number) for number in range(100))
    spans = words_changed(f"{words} cũ {words}", f"{words} mới {words}")
    assert spans == [
        Span("", "… 92 93 94 95 96 97 98 99"), Span("del", "cũ"), Span("ins", "mới"), Span("", "0 1 2 3 4 5 6 7 …"),
    ]  # fmt: skip


def test_very_long_texts_are_shown_whole() -> None:
    before, after = "a " * (LONGEST + 1), "b"
    assert words_changed(before, after) == [Span("del", before), Span("ins", after)]


def test_return_is_read_as_it_was_written() -> None:
    note = written(["unsigned", "figures"], "Gửi bản đã ký số\nNêu rõ 02 kiến nghị")
    assert note == "Chưa ký; Số liệu chưa khớp.\nGửi bản đã ký số\nNêu rõ 02 kiến nghị"
    assert checklist(note) == ["Chưa ký", "Số liệu chưa khớp", "Gửi bản đã ký số", "Nêu rõ 02 kiến nghị"]


def test_return_in_own_words_is_a_list_of_its_lines() -> None:
    assert checklist("Thiếu bảng số liệu; chưa đóng dấu\n\nNộp lại") == ["Thiếu bảng số liệu; chưa đóng dấu", "Nộp lại"]
