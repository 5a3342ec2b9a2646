"""`manage amend_plan FILE --plan ID`: what a file changes of a plan, row by row; then the change itself."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.timezone import localdate

from organization.commands import REFUSED
from organization.models import User
from organization.rights import rights_of
from organization.vietnamese import counted, short_date
from plans.amendments import amend_draft, amend_from_file, discard_amendment, newest_version, rows_of_version
from plans.differences import FIELDS, Difference, difference, matched, to_json
from plans.errors import PlanRefused
from plans.intake import Reading
from plans.models import Plan
from workflow.amending import amend_plan
from workflow.errors import Refused
from workflow.management.plan_command import PlanCommand

NO_NUMBER = "Tệp không có số, ngày của văn bản điều chỉnh nên chưa đưa vào theo dõi được."
NOBODY = "Văn phòng chưa có ai được điều chỉnh kế hoạch. Nhập cán bộ trước."


class Command(PlanCommand):
    help = "Amend a plan from a file (.docx, .xlsx): rows kept, changed, added, dropped; open work follows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file")
        parser.add_argument("--plan", type=int, required=True, help="the plan's id, as import_plan printed it")
        parser.add_argument("--by", help="mã công chức of who approves; else the head of Văn phòng")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, save nothing")

    def handle(self, **options: Any) -> None:
        plan = Plan.objects.select_related("agency").filter(pk=options["plan"]).first()
        if plan is None:
            raise self.stop(options, REFUSED, f"Không có kế hoạch số {options['plan']}. Kiểm tra lại số.")
        reading, name, digest = self.read(plan.agency, options, plan.year)
        before = rows_of_version(newest_version(plan))
        found = difference(before, matched(before, reading.rows))
        if not options["dry_run"]:
            by = self.actor(plan.agency, options)
            if by is None:
                raise self.stop(options, REFUSED, NOBODY)
            try:
                recorded = self.amend(plan, reading, by, name, digest)
            except (Refused, PlanRefused) as refusal:
                raise self.stop(options, REFUSED, str(refusal)) from refusal
            self.answer(
                options, to_json(found) | _otherwise(recorded, reading), [*lines_of(found), *_said(recorded, reading)]
            )
        else:
            self.answer(options, to_json(found), lines_of(found))

    def amend(self, plan: Plan, reading: Reading, by: User, name: str, digest: str) -> date | None:
        """All or nothing: what was put aside to be looked over goes away where it is refused. Returns the day under
        which the amendment is recorded; None for a draft."""
        rights, header = rights_of(by), reading.header
        if plan.issued_at and not (header.number and header.issued_on):
            raise Refused(NO_NUMBER)
        kept = amend_from_file(plan, reading, rights, filename=name, sha256=digest)
        try:
            if plan.issued_at and header.issued_on:
                day = on_paper(plan, header.issued_on)
                amend_plan(kept.pk, rights, number=header.number, issued_on=day, late_ok=True)
                return day
            amend_draft(kept.pk, rights)
        except (Refused, PlanRefused):
            discard_amendment(kept.pk, rights)
            raise
        return None


def _otherwise(day: date | None, reading: Reading) -> dict[str, object]:
    """Another day than the file's is never recorded without a word."""
    written = reading.header.issued_on
    return {"written_on": str(written), "recorded_on": str(day)} if day and day != written else {}


def _said(day: date | None, reading: Reading) -> Iterator[str]:
    if _otherwise(day, reading):
        written = short_date(reading.header.issued_on)
        yield f"Ngày văn bản trong tệp là {written}; ghi vào theo dõi ngày {short_date(day)}."


def on_paper(plan: Plan, written: date) -> date:
    """The file's day in the plan's year may be ahead, and the plan may be tried in another year than its own."""
    last = newest_version(plan).issued_on or plan.issued_on or written
    return min(max(written, last), localdate())


def lines_of(found: Difference) -> Iterator[str]:
    """The same for a person at a terminal."""
    yield (
        f"{counted(len(found.kept))} dòng giữ nguyên, {counted(len(found.changed))} dòng thay đổi, "
        f"{counted(len(found.added))} dòng thêm, {counted(len(found.dropped))} dòng bỏ."
    )
    for one in found.changed:
        for name, (was, is_now) in one.fields.items():
            yield f"Dòng {one.new.row}, {FIELDS[name].lower()}: “{was}” → “{is_now}”"
    yield from (f"Thêm dòng {row.row}: {row.task}" for row in found.added)
    yield from (f"Bỏ dòng {row.row}: {row.task}" for row in found.dropped)
