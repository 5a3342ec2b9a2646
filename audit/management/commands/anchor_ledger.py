"""`manage anchor_ledger FILE`: the heads as they are now, into a file that is kept elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.anchoring import anchor_text
from audit.verification import heads


class Command(BaseCommand):
    help = "Ghi thêm mã đầu chuỗi của nhật ký vào một tệp để lưu ngoài hệ thống."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, **options: Any) -> None:
        """Added at the end: a file on another machine gathers the heads of many days."""
        path: Path = options["file"]
        found = heads()
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(anchor_text(found))
        except OSError as error:
            raise CommandError(f"Không ghi được tệp {path}. Kiểm tra đường dẫn và quyền ghi rồi chạy lại.") from error
        self.stdout.write(f"Đã ghi {len(found)} mã đầu chuỗi vào {path}.")
