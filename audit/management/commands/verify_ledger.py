"""`manage verify_ledger [--json] [--anchor FILE]`: walks every chain; exits with 1 where anything is wrong."""

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.inspector import read_heads, said
from audit.verification import Report, verify

DRAWN = (
    "Lưu ý: {number} số đã cấp sau dòng cuối mà không có dòng. Thao tác hỏng lúc ghi cũng để lại dấu này; "
    "đối chiếu với mã đầu chuỗi đã lưu ngoài hệ thống (--anchor)."
)


class Command(BaseCommand):
    help = "Kiểm tra nhật ký thao tác: mọi thay đổi, dòng bị xóa, bị chèn, bị chuyển chỗ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--anchor", type=Path, help="tệp hoặc thư có mã đầu chuỗi đã lưu ngoài hệ thống")

    def handle(self, **options: Any) -> None:
        anchor = _anchor(options["anchor"])
        began = time.perf_counter()
        report = verify(anchor)
        seconds = time.perf_counter() - began
        self.stdout.write(_json(report, seconds) if options["json"] else _words(report, seconds))
        if report.found:
            sys.exit(1)


def _anchor(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        words = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"Không đọc được tệp {path}. Kiểm tra đường dẫn rồi chạy lại.") from error
    if not read_heads(words):
        raise CommandError(f"Tệp {path} không có mã đầu chuỗi nào. Chọn đúng tệp hoặc thư đã nhận.")
    return words


def _json(report: Report, seconds: float) -> str:
    return json.dumps(
        {
            "ok": not report.found, "entries": report.entries, "seconds": round(seconds, 3),
            "rows_per_second": round(report.entries / seconds), "found": report.found, "problems": report.problems,
            "drawn_after_last": report.drawn_after_last,
            "heads": [{"agency": chain.agency, "stream": chain.stream, "sequence": chain.sequence, "hash": chain.hash}
                      for chain in report.chains],
        },
        ensure_ascii=False,
    )  # fmt: skip


def _words(report: Report, seconds: float) -> str:
    lines = [said(problem) for problem in report.problems]
    lines += [f"{chain.head()}  ({chain.entries} dòng, {chain.found} lỗi)" for chain in report.chains]
    if report.drawn_after_last:
        lines.append(DRAWN.format(number=report.drawn_after_last))
    lines.append(f"Đã kiểm tra {report.entries} dòng trong {seconds:.1f} giây: {report.found or 'không có'} lỗi.")
    return "\n".join(lines)
