"""Rows of two versions are matched by what they say, never by their number."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from plans.amendments import numbered
from plans.differences import carried, difference, matched, to_json
from plans.drafting import DraftOccurrence, DraftOwner, DraftRow
from plans.intake import read_file
from tests.plans.files import SAMPLES


def sample(name: str) -> list[DraftRow]:
    with (SAMPLES / name).open("rb") as file:
        return read_file(file, None).rows


def known(rows: list[DraftRow]) -> list[DraftRow]:
    return [replace(row, measure_id=number) for number, row in enumerate(rows, 1)]


def row(task: str, order: str = "1", **fields: str) -> DraftRow:
    return replace(DraftRow.blank("I", order, ""), task=task, **fields)


def test_sample_drops_one_changes_three_adds_two() -> None:
    old, new = known(sample("ke-hoach-2024.docx")), sample("ke-hoach-2024-dieu-chinh.docx")
    told = to_json(difference(old, matched(old, new)))
    assert told["kept"] == 40
    assert [(one["order"], one["fields"]) for one in told["changed"]] == [
        ("4", {"deadline": ["Quý III/2024", "Quý IV/2024"]}),
        ("13", {"lead": ["Phòng Đăng ký kinh doanh", "Văn phòng"]}),
        ("30", {"product": ["Số liệu trên Hệ thống thông tin quốc gia về ĐKDN", "Báo cáo quý kèm số liệu Hệ thống ĐKDN quốc gia"]}),
    ]  # fmt: skip
    assert [one["row"] for one in told["added"]] == ["I.34 (lần 2)", "I.35"]
    assert [one["order"] for one in told["dropped"]] == ["19"]


def test_rows_renumbered_and_shuffled_are_kept() -> None:
    old = known(sample("ke-hoach-2024.docx"))
    shuffled = [replace(one, order=str(place), measure_id=None) for place, one in enumerate(reversed(old), 1)]
    found = difference(old, matched(old, shuffled))
    assert (len(found.kept), found.changed, found.added, found.dropped) == (44, [], [], [])


def test_a_row_of_the_same_number_that_says_something_else_is_another_row() -> None:
    old = known([row("Số hóa hồ sơ lưu trữ", "5")])
    found = difference(old, matched(old, [row("Tổ chức hội nghị đối thoại với doanh nghiệp", "5")]))
    assert ([one.task for one in found.added], len(found.dropped)) == (
        ["Tổ chức hội nghị đối thoại với doanh nghiệp"],
        1,
    )


def test_a_reworded_task_is_the_same_row() -> None:
    old = known([row("Rà soát, đơn giản hóa thủ tục hành chính năm 2024", product="Báo cáo", lead_raw="Văn phòng")])
    new = row("Rà soát, đánh giá, đơn giản hóa thủ tục hành chính năm 2024", product="Báo cáo", lead_raw="Văn phòng")
    (changed,) = difference(old, matched(old, [new])).changed
    assert set(changed.fields) == {"task"}


def test_two_rows_of_one_task_each_find_their_own() -> None:
    old = known([row("Kiểm tra", product="Biên bản"), row("Kiểm tra", product="Kết luận")])
    new = matched(old, [row("Kiểm tra", product="Kết luận"), row("Kiểm tra", product="Biên bản")])
    assert [one.measure_id for one in new] == [2, 1]


def test_a_cell_that_reads_the_same_means_what_it_meant() -> None:
    named = (DraftOwner("Phòng được kiểm tra", "Phòng Đăng ký kinh doanh", "unit", 7),)
    old = replace(row("Khắc phục tồn tại", lead_raw="Phòng được kiểm tra"), leads=named, measure_id=3)
    new = carried(old, row("Khắc phục tồn tại", lead_raw="phòng được  kiểm tra."))
    assert (new.leads, new.measure_id) == (named, 3)


def dates(*days: int) -> list[DraftOccurrence]:
    return [DraftOccurrence("", date(2026, 1, 1), date(2026, 1, day), number) for number, day in enumerate(days, 1)]


def test_due_dates_keep_the_numbers_of_those_they_continue() -> None:
    def numbers(old: list[DraftOccurrence], new: list[DraftOccurrence]) -> list[int]:
        return [one.number for one in numbered(old, [replace(o, number=0) for o in new])]

    assert numbers(dates(5, 10), dates(6, 11)) == [1, 2]
    assert numbers(dates(5, 10, 15), dates(10, 20)) == [2, 4]
    assert numbers(dates(5), dates(6, 7, 8)) == [2, 3, 1]
    assert numbers(dates(5, 10), dates(20)) == [2]
    assert numbers([], dates(5, 6)) == [1, 2]
    assert numbers(dates(5, 5), dates(5, 5, 9)) == [1, 2, 3]
    assert numbers(dates(5, 5, 9), dates(5, 9)) == [1, 3]
