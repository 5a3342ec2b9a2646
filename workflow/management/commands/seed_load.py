"""`manage seed_load --assignments N`: a large office for measuring."""

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from organization.models import Unit
from workflow.load import seed_load


class Command(BaseCommand):
    help = "Tạo dữ liệu lớn để đo tốc độ. Chỉ dùng trong cơ sở dữ liệu thử."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--assignments", type=int, required=True)
        parser.add_argument("--agencies", type=int, default=1)
        parser.add_argument("--force", action="store_true", help="also where there are other agencies")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if Unit.objects.exclude(code__startswith="TAI").filter(agency=None).exists() and not options["force"]:
            raise CommandError("Cơ sở dữ liệu đang có cơ quan thật. Dùng cơ sở dữ liệu riêng để đo, hoặc thêm --force.")
        began = time.perf_counter()
        counts = seed_load(options["assignments"], options["agencies"]) | {
            "seconds": round(time.perf_counter() - began, 1)
        }
        self.stdout.write(
            json.dumps(counts) if options["json"] else ", ".join(f"{name}: {count}" for name, count in counts.items())
        )
