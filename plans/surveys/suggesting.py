"""Weak questions as tasks: what a plan could do about them. A proposal in words; Văn phòng decides. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from organization.vietnamese import decimal, fold
from plans.reading import RawRow
from plans.surveys.selectors import Index

MOST = 10
TICKED = 3
APPENDIX, FIELD = "II", "NÂNG CAO CHỈ SỐ HÀI LÒNG (SIPAS)"
# the first word found in the folded factor decides
SOLUTIONS = (
    ("tiep can", "Rà soát chỗ ngồi chờ, trang thiết bị, thông tin hướng dẫn tại Bộ phận Một cửa và trên môi trường mạng; bổ sung, thay thế phần còn thiếu."),
    ("thu tuc", "Rà soát việc niêm yết, thành phần hồ sơ, phí, lệ phí, thời hạn giải quyết; công khai ngay khi có thay đổi; đề nghị đơn giản hóa phần không cần thiết."),
    ("cong chuc", "Tập huấn kỹ năng giao tiếp, hướng dẫn hồ sơ; kiểm tra đột xuất việc chấp hành quy tắc ứng xử; xử lý phản ánh về thái độ phục vụ."),
    ("ket qua", "Kiểm soát thời hạn trả kết quả; kiểm tra nội dung trước khi trả; thực hiện thư xin lỗi khi trễ hẹn."),
    ("gop y", "Công khai kênh tiếp nhận; phân công người theo dõi; trả lời đúng hạn và thông báo kết quả xử lý tới người góp ý."),
)  # fmt: skip
OTHERWISE = "Phân tích nguyên nhân theo thủ tục, nhóm người trả lời; đề ra và thực hiện giải pháp khắc phục."


@dataclass(frozen=True, slots=True)
class Suggestion:
    code: str
    percent: Decimal
    task: str
    solution: str
    product: str

    def row(self, order: int, note: str) -> RawRow:
        return RawRow(
            appendix=APPENDIX, order=str(order), row=f"{APPENDIX}.{order}", field=FIELD, criteria=(), task=self.task,
            solution=self.solution, product=self.product, lead_raw="", coordinating_raw="", deadline_raw="", note=note,
        )  # fmt: skip


def weak(questions: Sequence[Index], target: Decimal) -> list[Index]:
    """Below the level aimed at, the weakest first."""
    below = [question for question in questions if question.percent is not None and question.percent < target]
    return sorted(below, key=lambda question: (question.percent or 0, question.name))


def suggestions(questions: Sequence[Index], target: Decimal) -> list[Suggestion]:
    return [_suggestion(question, target) for question in weak(questions, target)[:MOST]]


def _suggestion(question: Index, target: Decimal) -> Suggestion:
    what = f"“{question.text}” ({question.name})" if question.text else f"câu {question.name} ({question.factor})"
    plain = fold(question.factor)
    solution = next((words for key, words in SOLUTIONS if key in plain), OTHERWISE)
    return Suggestion(
        question.name, question.percent or Decimal(0),
        f"Nâng mức hài lòng về {what} từ {question.words} lên ít nhất {decimal(target)}%",
        solution, f"Báo cáo kết quả khắc phục; chỉ số {question.name} của kỳ khảo sát sau",
    )  # fmt: skip
