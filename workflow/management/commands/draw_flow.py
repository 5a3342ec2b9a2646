"""`manage draw_flow`: the flow of assignments as a picture, for docs/workflow.md."""

from typing import Any

from django.core.management.base import BaseCommand

from workflow.diagram import diagram
from workflow.flows import AssignmentFlow


class Command(BaseCommand):
    help = "In sơ đồ quy trình thực hiện nhiệm vụ (SVG) ra đầu ra chuẩn."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(diagram(AssignmentFlow, alone=True), ending="")
