"""Adds years to the working calendars."""

from argparse import ArgumentParser
from typing import Any

from organization.calendar import FIRST_YEAR, LAST_YEAR, UnreadableCalendar, load_years
from organization.commands import REFUSED, UNREADABLE, ScriptedCommand
from organization.models import Calendar
from organization.vietnamese import thousands


class Command(ScriptedCommand):
    help = "Add years to every working calendar; days already there stay as they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--years", default="2024-2028", help="for example 2024-2028")

    def handle(self, **options: Any) -> None:
        years = self.years(options)
        calendars = list(Calendar.objects.order_by("pk"))
        if not calendars:
            raise self.stop(options, REFUSED, "Chưa có lịch làm việc nào. Nhập danh sách cán bộ trước (import_people).")
        try:
            added = sum(load_years(calendar, years) for calendar in calendars)
        except UnreadableCalendar as wrong:
            raise self.stop(options, UNREADABLE, str(wrong)) from wrong
        body = {"calendars": len(calendars), "years": [years[0], years[-1]], "days": added}
        self.answer(options, body, [f"Đã thêm {thousands(added)} ngày vào {len(calendars)} lịch làm việc."])

    def years(self, options: dict[str, Any]) -> range:
        first, _, last = options["years"].partition("-")
        if not (first.isdigit() and (last or first).isdigit()):
            raise self.stop(options, UNREADABLE, f"“{options['years']}” không phải khoảng năm. Ví dụ: 2024-2028.")
        years = range(int(first), int(last or first) + 1)
        if not years or years[0] < FIRST_YEAR or years[-1] > LAST_YEAR:
            raise self.stop(options, UNREADABLE, f"Khoảng năm “{options['years']}” chưa đúng. Ví dụ: 2024-2028.")
        return years
