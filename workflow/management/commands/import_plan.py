"""`manage import_plan FILE`: a plan file as a draft, or as work at once; what was read and understood as JSON."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils.timezone import localdate

from organization.commands import REFUSED, UNREADABLE
from organization.enums import UnitKind
from organization.models import Unit, User
from organization.rights import rights_of
from organization.vietnamese import counted, short_date
from plans.intake import Reading
from plans.models import MeasureText, Occurrence
from plans.reading import Column
from plans.services import discard_draft, save_draft
from plans.understanding import to_json
from workflow.errors import Refused
from workflow.issuing import Issued, issue_plan
from workflow.management.plan_command import PlanCommand

NO_AGENCY = "Chưa có cơ quan nào nên chưa lưu dự thảo. Nhập danh sách cán bộ trước (import_people)."
NO_NUMBER = "Tệp không có số, ngày ban hành nên chưa đưa vào theo dõi được."


class Command(PlanCommand):
    help = "Read a plan file (.docx, .xlsx) into a draft; with --issue put it under way."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file")
        parser.add_argument("--year", type=int, help="the plan's year; deadlines move with it")
        parser.add_argument("--agency", help="code of the agency, where there are several")
        parser.add_argument("--by", help="mã công chức of who issues; else the head of Văn phòng")
        parser.add_argument("--dry-run", action="store_true", help="read only, save nothing")
        parser.add_argument("--issue", action="store_true", help="put the plan under way at once")

    def handle(self, **options: Any) -> None:
        year = options["year"]
        if year is not None and not 2000 <= year <= 2100:
            raise self.stop(options, UNREADABLE, f"Năm {year} chưa đúng. Ghi năm từ 2000 đến 2100.")
        agency = self.agency(options)
        reading, name, digest = self.read(agency, options, year)
        plan_id, later = None, []
        if agency and not options["dry_run"]:
            by = self.actor(agency, options)
            if options["issue"]:
                self.check_letterhead(reading, options)
            plan_id = save_draft(reading, agency, by, source_name=name, source_sha256=digest).pk
            if by and options["issue"]:
                later = list(problems_of(self.issue(plan_id, reading, by, options)))
        elif not options["dry_run"]:
            self.stderr.write(NO_AGENCY)
        body = to_json(reading.file, reading.understood, year=reading.year, plan_id=plan_id)
        told = {(problem["row"], problem["column"]) for problem in body["problems"]}
        body["problems"] += [problem for problem in later if (problem["row"], problem["column"]) not in told]
        self.answer(options, body, lines_of(body))

    def agency(self, options: dict[str, Any]) -> Unit | None:
        agencies = Unit.objects.filter(kind=UnitKind.AGENCY)
        if code := options["agency"]:
            found = next((agency for agency in agencies if agency.code.casefold() == code.casefold()), None)
            if found is None:
                raise self.stop(options, REFUSED, f"Không có cơ quan nào có mã “{code}”. Kiểm tra lại mã.")
            return found
        several = list(agencies[:2])
        if len(several) > 1 and not options["dry_run"]:
            raise self.stop(options, REFUSED, "Có nhiều cơ quan. Ghi mã cơ quan sau --agency.")
        if not several and options["issue"]:
            raise self.stop(options, REFUSED, NO_AGENCY)
        return several[0] if len(several) == 1 else None

    def check_letterhead(self, reading: Reading, options: dict[str, Any]) -> None:
        if not reading.header.number or not reading.header.issued_on:
            raise self.stop(options, REFUSED, NO_NUMBER)

    def issue(self, plan_id: int, reading: Reading, by: User, options: dict[str, Any]) -> Issued:
        """The draft is put away again when it is refused: a command does all or nothing."""
        rights, issued_on = rights_of(by), reading.header.issued_on or localdate()
        try:
            # the file's day in the plan's year may still be ahead; a plan is never issued ahead of today
            return issue_plan(plan_id, rights, number=reading.header.number, issued_on=min(issued_on, localdate()))
        except Refused as refusal:
            discard_draft(plan_id, rights)
            raise self.stop(options, REFUSED, str(refusal)) from refusal


def problems_of(issued: Issued) -> Iterator[dict[str, str]]:
    """What was issued and still waits for Văn phòng; the rows without a lead are among the file's problems."""
    by_row: dict[str, list[Occurrence]] = {}
    for occurrence in issued.undecided:
        by_row.setdefault(occurrence.text.code, []).append(occurrence)
    for row, occurrences in by_row.items():
        yield {"row": row, "column": Column.DEADLINE.value, "message": past_words(occurrences)}
    yield from no_lead_words(issued.leaderless)


def past_words(occurrences: Sequence[Occurrence]) -> str:
    days = ", ".join(short_date(occurrence.due_on) for occurrence in occurrences)
    return (
        f"Thời hạn {days} trước ngày đưa vào theo dõi nên chưa giao. "
        "Chọn: ghi nhận kết quả đã có, thời hạn mới hoặc không tính."
    )


def no_lead_words(texts: Iterable[MeasureText]) -> Iterator[dict[str, str]]:
    for text in texts:
        message = f"“{text.lead_raw}” chưa rõ đơn vị nên chưa giao. Chọn đơn vị chủ trì."
        yield {"row": text.code, "column": Column.LEAD.value, "message": message}


def lines_of(body: dict[str, Any]) -> Iterator[str]:
    """The same for a person at a terminal."""
    plan = body["plan"]
    kept = f"đã lưu dự thảo số {plan['id']}" if plan["id"] else "chưa lưu"
    yield f"{plan['title']} ({plan['number'] or 'chưa có số'}), năm {plan['year']}: {kept}."
    yield f"{len(body['measures'])} nhiệm vụ, {counted(len(body['problems']))} chỗ cần xem."
    for problem in body["problems"]:
        yield f"Dòng {problem['row']}, cột {problem['column']}: {problem['message']}"
