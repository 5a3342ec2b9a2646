"""`manage export_ledger FOLDER`: a file for each chain, their heads, and a verifier that needs no server."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.verification import VERIFIER, export


class Command(BaseCommand):
    help = "Xuất nhật ký thao tác cùng chương trình kiểm tra cho người thanh tra."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, **options: Any) -> None:
        folder: Path = options["folder"]
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CommandError(f"Thư mục {folder} đã có nội dung. Chọn một thư mục mới.")
        try:
            written = export(folder)
        except OSError as error:
            raise CommandError(f"Không ghi được vào {folder}. Kiểm tra quyền ghi và chỗ trống rồi chạy lại.") from error
        for head in written:
            self.stdout.write(str(head))
        self.stdout.write(f"Đã xuất {len(written)} nhật ký. Kiểm tra: python3 {folder / VERIFIER}")
