"""The deadline grammar: what offices write, and what it means."""

import re
import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plans.deadlines import DeadlineKind, DeadlineSettings, Rule, WaitUnit, describe, read_deadline

MONTH_ENDS = ["31/1", "29/2", "31/3", "30/4", "31/5", "30/6", "31/7", "31/8", "30/9", "31/10", "30/11", "31/12"]
QUARTER_ENDS = ["31/3", "30/6", "30/9", "31/12"]
TWICE_A_MONTH = [f"{day}/{month}" for month in range(1, 13) for day in (15, 29 if month == 2 else 30)]
THRICE_A_MONTH = [day for month, end in enumerate(MONTH_ENDS, 1) for day in (f"10/{month}", f"20/{month}", end)]

# text → kind, rule, due dates in 2024
EXAMPLES = [
    ("Quý I/2024", "period", None, ["31/3"]),
    ("Quý III", "period", None, ["30/9"]),
    ("Quý 2/2024", "period", None, ["30/6"]),
    ("QUÝ III / 2024", "period", None, ["30/9"]),
    ("Trong quý II/2024", "period", None, ["30/6"]),
    ("Cuối quý III", "period", None, ["30/9"]),
    ("Quý II, III/2024", "period", None, ["30/6", "30/9"]),
    ("Quý II và quý IV", "period", None, ["30/6", "31/12"]),
    ("Từ quý II đến quý IV", "period", None, ["31/12"]),
    ("Tuần đầu tháng 6", "period", None, ["7/6"]),
    ("Trong tuần thứ hai của tháng 6/2024", "period", None, ["14/6"]),
    ("Tuần 3, tháng 6 năm 2024", "period", None, ["21/6"]),
    ("Tuần cuối tháng 2", "period", None, ["29/2"]),
    ("Trong quý I và duy trì thường xuyên", "date", None, ["31/3"]),
    ("Quý I, sau đó duy trì thường xuyên", "date", None, ["31/3"]),
    ("Tháng 6", "period", None, ["30/6"]),
    ("Tháng 10", "period", None, ["31/10"]),
    ("Trong tháng 6/2024", "period", None, ["30/6"]),
    ("Tháng 9 năm 2024", "period", None, ["30/9"]),
    ("Tháng 7 - 9/2024", "period", None, ["30/9"]),
    ("Tháng 6, 12", "period", None, ["30/6", "31/12"]),
    ("6 tháng đầu năm", "period", None, ["30/6"]),
    ("Nửa cuối năm 2024", "period", None, ["31/12"]),
    ("Q.III/2024", "period", None, ["30/9"]),
    ("Quý II+III", "period", None, ["30/6", "30/9"]),
    ("Năm 2024", "period", None, ["31/12"]),
    ("Trong năm", "period", None, ["31/12"]),
    ("2024", "period", None, ["31/12"]),
    ("02 cuộc/năm (Quý II, Quý IV)", "period", None, ["30/6", "31/12"]),
    ("Trước ngày 30/11/2024", "date", None, ["30/11"]),
    ("Trước 30/11", "date", None, ["30/11"]),
    ("Xong trước 20/6", "date", None, ["20/6"]),
    ("Chậm nhất ngày 15/11", "date", None, ["15/11"]),
    ("Đến ngày 15/11/2024", "date", None, ["15/11"]),
    ("Ngày 15/11/2024", "date", None, ["15/11"]),
    ("30/11", "date", None, ["30/11"]),
    ("30-11-2024", "date", None, ["30/11"]),
    ("30.11.2024", "date", None, ["30/11"]),
    ("ngày 30 tháng 11 năm 2024", "date", None, ["30/11"]),
    ("Trước 17 giờ ngày 15/11/2024", "date", None, ["15/11"]),
    ("01-15/7/2024", "date", None, ["15/7"]),
    ("30/6 và 31/12", "date", None, ["30/6", "31/12"]),
    ("Trước tháng 6/2024", "date", None, ["31/5"]),
    ("Kế hoạch: Quý I; Báo cáo: trước 15/11/2024", "date", None, ["31/3", "15/11"]),
    ("Kế hoạch: Quý I, Báo cáo: trước 15/11", "date", None, ["31/3", "15/11"]),
    ("Thường xuyên; báo cáo trước ngày 10/12/2024", "date", None, ["10/12"]),
    ("Quý III/2024 (trước ngày 30/8)", "date", None, ["30/8"]),
    ("Đợt 1: trước 30/6; Đợt 2: trước 30/11", "date", None, ["30/6", "30/11"]),
    ("Báo cáo 6 tháng trước 15/6; báo cáo năm trước 15/12", "date", None, ["15/6", "15/12"]),
    ("20/12/2024 00:00:00", "date", None, ["20/12"]),
    ("Hằng tháng", "recurring", "monthly", MONTH_ENDS),
    ("Hàng tháng", "recurring", "monthly", MONTH_ENDS),
    ("02 tin/tháng", "recurring", "monthly", MONTH_ENDS),
    ("Hàng tuần / Hàng tháng", "recurring", "monthly", MONTH_ENDS),
    ("Trước ngày 25 hằng tháng", "recurring", "monthly", [f"25/{month}" for month in range(1, 13)]),
    ("Hằng tháng (trước ngày 25)", "recurring", "monthly", [f"25/{month}" for month in range(1, 13)]),
    ("Ngày 31 hằng tháng", "recurring", "monthly", MONTH_ENDS),
    ("Hằng tháng, từ tháng 7/2024", "recurring", "monthly", MONTH_ENDS[6:]),
    ("Hằng tháng, báo cáo trước ngày 20/12/2024", "recurring", "monthly", [*MONTH_ENDS[:11], "20/12", "31/12"]),
    ("Ngày 15 và 30 hằng tháng", "recurring", "monthly", TWICE_A_MONTH),
    ("Trước ngày 15, ngày 30 hằng tháng", "recurring", "monthly", TWICE_A_MONTH),
    ("Hằng tháng (ngày 15 và 30)", "recurring", "monthly", TWICE_A_MONTH),
    ("Ngày 10, 20 và ngày cuối hằng tháng", "recurring", "monthly", THRICE_A_MONTH),
    ("Hằng quý", "recurring", "quarterly", QUARTER_ENDS),
    ("Định kỳ hằng quý", "recurring", "quarterly", QUARTER_ENDS),
    ("Thường xuyên, báo cáo hằng quý", "recurring", "quarterly", QUARTER_ENDS),
    ("Trước ngày 20 tháng cuối quý", "recurring", "quarterly", ["20/3", "20/6", "20/9", "20/12"]),
    ("Hằng quý, trước ngày 20 của tháng cuối quý", "recurring", "quarterly", ["20/3", "20/6", "20/9", "20/12"]),
    ("6 tháng một lần", "recurring", "half_yearly", ["30/6", "31/12"]),
    ("Hằng năm", "recurring", "yearly", ["31/12"]),
    ("Hằng năm, trước ngày 15/12", "recurring", "yearly", ["15/12"]),
    ("Tháng 6 và tháng 12 hằng năm", "recurring", "yearly", ["30/6", "31/12"]),
    ("Thường xuyên, hằng quý báo cáo", "recurring", "quarterly", QUARTER_ENDS),
    ("Định kỳ 6 tháng, 9 tháng, năm", "recurring", "report_periods", ["14/6", "14/9", "14/12"]),
    ("6 tháng, năm", "recurring", "report_periods", ["14/6", "14/12"]),
    ("Báo cáo 6 tháng, 9 tháng và năm 2024", "recurring", "report_periods", ["14/6", "14/9", "14/12"]),
    ("Thường xuyên", "open", None, []),
    ("Thường xuyên trong năm", "open", None, []),
    ("Duy trì thường xuyên", "open", None, []),
    ("Thường xuyên, đột xuất", "open", None, []),
    ("Khi có phát sinh", "open", None, []),
    ("Ngay khi phát sinh", "open", None, []),
    ("Theo quy định", "open", None, []),
    ("Từ tháng 7/2024", "open", None, []),
    ("Theo thời hạn được giao", "conditional", None, []),
    ("Theo thời hạn tại kết luận", "conditional", None, []),
    ("Theo chương trình công tác của UBND tỉnh", "conditional", None, []),
    ("Theo kế hoạch của Sở Nội vụ", "conditional", None, []),
    ("Sau mỗi kỳ họp HĐND tỉnh", "conditional", None, []),
    ("Sau khi có hướng dẫn", "conditional", None, []),
    ("Trong 15 ngày làm việc kể từ ngày nhận được thông báo kết luận", "relative", None, []),
    ("Trong 15 (mười lăm) ngày kể từ ngày ban hành", "relative", None, []),
    ("20 ngày sau khi Tỉnh uỷ ban hành", "relative", None, []),
    ("Hỏa tốc", "relative", None, []),
]
TEXTS = [example[0] for example in EXAMPLES]


def on(days: list[str], year: int = 2024) -> list[date]:
    return [date(year, int(day.split("/")[1]), int(day.split("/")[0])) for day in days]


def meaning(deadline):
    return deadline.kind, deadline.rule, deadline.occurrences, deadline.begins_on, deadline.wait, deadline.sure


@pytest.mark.parametrize(("raw", "kind", "rule", "due"), EXAMPLES, ids=TEXTS)
def test_deadline_as_offices_write_it(raw, kind, rule, due):
    deadline = read_deadline(raw, year=2024)
    assert (deadline.kind, deadline.rule, deadline.due_dates) == (kind, rule, on(due))
    assert deadline.problem is None
    assert deadline.raw == raw


@pytest.mark.parametrize("raw", TEXTS)
def test_deadline_in_other_typing_means_the_same(raw):
    same = meaning(read_deadline(raw, year=2024))[:4]
    odd = unicodedata.normalize("NFD", raw).replace(" ", "\xa0 ")
    assert meaning(read_deadline(f"  {odd}. ", year=2024))[:4] == same
    assert meaning(read_deadline(raw.upper(), year=2024))[:2] == same[:2]


@pytest.mark.parametrize("raw", TEXTS)
def test_deadline_reads_back_from_its_description(raw):
    deadline = read_deadline(raw, year=2024)
    again = read_deadline(describe(deadline), year=2024)
    assert meaning(again)[:5] == meaning(deadline)[:5]
    assert describe(again) == describe(deadline)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("Quý V", "“Quý V” không có: một năm có bốn quý I, II, III, IV. Sửa lại quý."),
        ("31/02", "Ngày “31/02” không có trong lịch. Sửa lại ngày."),
        ("Trước ngày 31/02/2024", "Ngày “31/02/2024” không có trong lịch. Sửa lại ngày."),
        ("Tuần 5 tháng 6", "“Tuần 5” của tháng chưa rõ. Ghi tuần 1, 2, 3, 4 hoặc tuần cuối."),
        ("Ngày 15 và 32 hằng tháng", "Ngày “32” không có trong lịch. Sửa lại ngày."),
        ("Tháng 13", "“Tháng 13” không có: một năm có mười hai tháng. Sửa lại tháng."),
        ("Trước ngày 15/12/2042", "Năm 2042 cách xa năm 2024 của kế hoạch. Kiểm tra lại năm trong thời hạn."),
        ("", "Ô thời hạn để trống. Ghi thời hạn hoặc chọn “thường xuyên”."),
    ],
)
def test_deadline_that_cannot_be_says_why(raw, words):
    deadline = read_deadline(raw, year=2024)
    assert (deadline.kind, deadline.occurrences, deadline.problem) == (DeadlineKind.UNKNOWN, (), words)


@pytest.mark.parametrize("raw", ["Đầu năm", "Giữa năm", "Tuần 5 của năm", "Giai đoạn 2024-2025", "bao giờ cũng được"])
def test_deadline_without_a_clear_day_is_not_guessed(raw):
    deadline = read_deadline(raw, year=2024)
    assert (deadline.kind, deadline.occurrences) == (DeadlineKind.UNKNOWN, ())
    assert deadline.problem.startswith(f"Không hiểu thời hạn “{raw}”.")


def test_deadline_with_one_part_not_understood_is_unknown_as_a_whole():
    deadline = read_deadline("Quý I; bao giờ cũng được", year=2024)
    assert deadline.kind is DeadlineKind.UNKNOWN
    assert "bao giờ cũng được" in deadline.problem


def test_deadline_of_an_older_file_moves_with_the_plan_and_keeps_its_words():
    deadline = read_deadline("Trước ngày 30/11/2024", year=2026, source_year=2024)
    assert (deadline.raw, deadline.due_dates) == ("Trước ngày 30/11/2024", on(["30/11"], 2026))
    assert read_deadline("Quý II, III/2024", year=2026, source_year=2024).due_dates == on(["30/6", "30/9"], 2026)
    assert read_deadline("29/02/2024", year=2026, source_year=2024).due_dates == on(["28/2"], 2026)


def test_deadline_from_a_real_date_cell():
    deadline = read_deadline(date(2024, 11, 30), year=2026, source_year=2024)
    assert (deadline.kind, deadline.raw, deadline.due_dates) == ("date", "30/11/2024", on(["30/11"], 2026))


def test_before_a_day_is_a_setting():
    strict = DeadlineSettings(before_is_on_time=False)
    assert read_deadline("Trước ngày 15/11/2024", year=2024, settings=strict).due_dates == on(["14/11"])
    assert read_deadline("Chậm nhất 15/11/2024", year=2024, settings=strict).due_dates == on(["15/11"])
    assert read_deadline("Trước ngày 15/11", year=2024).notes == (
        "“Trước ngày 15/11/2024” được tính cả ngày 15/11/2024.",
    )


def test_occurrences_have_names_and_begin_with_their_period():
    quarterly = read_deadline("Hằng quý", year=2024).occurrences
    assert [(o.number, o.label, o.begins_on) for o in quarterly][1:3] == [
        (2, "quý II/2024", date(2024, 4, 1)),
        (3, "quý III/2024", date(2024, 7, 1)),
    ]
    milestones = read_deadline("Kế hoạch: Quý I; Báo cáo: trước 15/11/2024", year=2024).occurrences
    assert [(o.label, o.begins_on) for o in milestones] == [
        ("mốc 1: Kế hoạch", date(2024, 1, 1)),
        ("mốc 2: Báo cáo", date(2024, 4, 1)),
    ]
    assert read_deadline("Trước 30/10/2024", year=2024).occurrences[0].label == ""
    assert read_deadline("Thường xuyên; báo cáo trước ngày 10/12", year=2024).occurrences[0].label == "Báo cáo"


def test_day_of_the_quarter_after_may_lie_in_the_year_after():
    deadline = read_deadline("Trước ngày 10 của tháng đầu quý sau", year=2024)
    assert (deadline.kind, deadline.rule) == (DeadlineKind.RECURRING, Rule.QUARTERLY)
    assert deadline.due_dates == [*on(["10/4", "10/7", "10/10"]), date(2025, 1, 10)]
    assert [o.label for o in deadline.occurrences][-1] == "quý IV/2024"
    assert meaning(read_deadline(describe(deadline), year=2024)) == meaning(deadline)
    same = read_deadline("Trước ngày 10 tháng đầu tiên của quý tiếp theo", year=2024)
    assert describe(same) == "Trước ngày 10 tháng đầu quý sau"


def test_days_of_a_month_share_it():
    twice = read_deadline("Ngày 15 và 30 hằng tháng", year=2024).occurrences
    assert [(o.label, o.begins_on, o.due_on) for o in twice][2:4] == [
        ("ngày 15 tháng 2/2024", date(2024, 2, 1), date(2024, 2, 15)),
        ("ngày 29 tháng 2/2024", date(2024, 2, 16), date(2024, 2, 29)),
    ]
    assert len(read_deadline("Ngày 29 và 30 hằng tháng", year=2023).due_dates) == 23


def test_week_of_a_month_asks_for_confirmation_and_says_its_days():
    week = read_deadline("Tuần đầu tháng 6", year=2024)
    assert (week.sure, week.notes) == (False, ("Hiểu là từ ngày 01/6/2024 đến hết ngày 07/6/2024.",))
    assert week.occurrences[0].begins_on == date(2024, 6, 1)


def test_period_that_goes_on_says_so():
    assert read_deadline("Trong quý I và duy trì thường xuyên", year=2024).notes == (
        "Ngoài các hạn đã ghi, việc làm thường xuyên.",
    )


def test_open_work_with_a_report_stays_open_beside_it():
    deadline = read_deadline("Thường xuyên; báo cáo trước ngày 10/12/2024", year=2024)
    assert "Ngoài các hạn đã ghi, việc làm thường xuyên." in deadline.notes
    assert read_deadline("Từ tháng 7/2024", year=2024).begins_on == date(2024, 7, 1)


def test_relative_deadline_says_what_it_waits_for():
    wait = read_deadline("Trong 15 ngày làm việc kể từ ngày nhận được thông báo kết luận", year=2024).wait
    assert (wait.amount, wait.unit, wait.trigger) == (15, WaitUnit.WORKING_DAY, "ngày nhận được thông báo kết luận")
    before = read_deadline("Chậm nhất 05 ngày làm việc trước hạn gửi báo cáo", year=2024).wait
    assert (before.amount, before.trigger, before.before) == (5, "hạn gửi báo cáo", True)


def test_report_days_are_a_setting():
    settings = DeadlineSettings(report_days={3: (3, 10), 6: (6, 10), 9: (9, 10), 12: (12, 10)})
    deadline = read_deadline("Định kỳ 6 tháng, 9 tháng, năm", year=2024, settings=settings)
    assert deadline.due_dates == on(["10/6", "10/9", "10/12"])
    assert deadline.rule is Rule.REPORT_PERIODS


@pytest.mark.parametrize("raw", ["Trước tháng 6", "Ngay", "Đầu quý II", "02 cuộc/năm", "Trong 15 ngày làm việc"])
def test_deadline_read_by_guessing_asks_for_confirmation(raw):
    deadline = read_deadline(raw, year=2024)
    assert deadline.kind is not DeadlineKind.UNKNOWN
    assert deadline.sure is False


ODD_WORDS = ["31/02", "(", ")", ";", "\n", "và", "quý", "tháng", "ngày", "2025", "30/2", "kể từ"]
words = st.sampled_from([*re.findall(r"\w+|[^\w\s]", " ".join(TEXTS)), *ODD_WORDS])
texts = st.one_of(
    st.text(max_size=60),
    st.lists(words, max_size=14).map(" ".join),
    st.lists(st.sampled_from(TEXTS), max_size=4).map("; ".join),
)


@given(texts, st.integers(2020, 2035))
def test_any_text_is_read_without_error_and_within_reason(raw, year):
    deadline = read_deadline(raw, year=year)
    assert (deadline.kind is DeadlineKind.UNKNOWN) == (deadline.problem is not None)
    earliest, latest = date(year - 1, 1, 1) - timedelta(days=1), date(year + 1, 12, 31)
    assert all(earliest <= o.begins_on <= o.due_on <= latest for o in deadline.occurrences)
    assert deadline.due_dates == sorted(deadline.due_dates)
    assert [o.number for o in deadline.occurrences] == list(range(1, len(deadline.occurrences) + 1))


@given(texts, st.integers(2020, 2035))
@example("0 :TRONG :0", 2024)
def test_any_deadline_reads_back_from_its_description(raw, year):
    deadline = read_deadline(raw, year=year)
    again = read_deadline(describe(deadline), year=year)
    assert (again.kind, again.rule, again.occurrences) == (deadline.kind, deadline.rule, deadline.occurrences)
    assert describe(again) == describe(deadline)
