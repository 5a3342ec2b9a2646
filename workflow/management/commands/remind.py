"""Owe what the ladder of reminders owes on a day."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localdate

from workflow.reminders import remind
from workflow.urging_updates import urge_updates


class Command(BaseCommand):
    help = "Nhắc việc sắp đến hạn và quá hạn (chạy lại không nhắc hai lần)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", metavar="YYYY-MM-DD", help="ngày nhắc; không ghi thì là hôm nay")
        parser.add_argument("--json", action="store_true", help="in một đối tượng JSON")

    def handle(self, *args: Any, on: str | None, json: bool, **options: Any) -> None:
        day = _day(on)
        reminded = remind(day)
        urge_updates(day)
        words = f"Ngày {reminded.on}: xét {reminded.scanned}, nhắc mới {reminded.created}, đã nhắc {reminded.already}."
        self.stdout.write(_json(reminded.on, reminded.scanned, reminded.created, reminded.already) if json else words)
        if reminded.missing:
            raise CommandError(" ".join(reminded.missing), returncode=1)


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else localdate()
    except ValueError as error:
        raise CommandError(f"--on: “{text}” không phải ngày. Ghi theo mẫu 2024-08-14.", returncode=2) from error


def _json(on: date, scanned: int, created: int, already: int) -> str:
    return json.dumps({"on": on.isoformat(), "scanned": scanned, "created": created, "already": already})
