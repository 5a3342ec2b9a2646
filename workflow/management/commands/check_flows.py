"""`manage check_flows`: refuses a deployment that would leave open steps without their node."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from viewflow.workflow.fields import import_flow_by_ref

OPEN = "SELECT flow_task, count(*) FROM workflow_step WHERE finished IS NULL GROUP BY flow_task ORDER BY flow_task"


class Command(BaseCommand):
    help = "Kiểm tra mọi bước đang mở còn có nút của quy trình trong mã nguồn."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(OPEN)
            open_steps = dict(cursor.fetchall())
        orphans = {name: number for name, number in open_steps.items() if not _resolves(name)}
        if options["json"]:
            self.stdout.write(json.dumps({"open": open_steps, "orphans": orphans}, ensure_ascii=False))
        if orphans:
            named = ", ".join(f"{name} ({number} bước)" for name, number in orphans.items())
            raise CommandError(f"Còn bước đang mở mà mã nguồn không còn nút tương ứng: {named}. Giữ lại quy trình cũ.")


def _resolves(reference: str) -> bool:
    """Whether the flow and its node are there; viewflow itself gives a stand-in for a node that is not."""
    try:
        path, name = reference.rsplit(".", 1)
        return import_flow_by_ref(path).instance.node(name, no_obsolete=True) is not None
    except (ImportError, LookupError, AttributeError):
        return False
