"""`manage import_criteria FILE`: a bộ tiêu chí, kept for the agency; what was read and which totals disagree as JSON."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from organization.commands import REFUSED, UNREADABLE, ScriptedCommand
from organization.enums import UnitKind
from organization.models import Unit, User
from organization.office_files import UnreadableError
from organization.vietnamese import counted, decimal
from plans.criteria import services
from plans.criteria.models import CriteriaSet, Level
from plans.criteria.reading import CriteriaFile
from plans.criteria.selectors import to_json
from plans.errors import PlanRefused
from plans.intake import sha256_of

NO_AGENCY = "Chưa có cơ quan nào nên chưa lưu bộ tiêu chí. Nhập danh sách cán bộ trước (import_people)."


class Command(ScriptedCommand):
    help = "Import a set of criteria (.xlsx); the same file again for the same year and level is not kept twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file")
        parser.add_argument("--agency", help="code of the agency, where there are several")
        parser.add_argument("--by", help="mã công chức of who imports")
        parser.add_argument("--name", default="", help="name of the set")
        parser.add_argument(
            "--year", type=int, help="year that is scored; this year where neither this nor the file says"
        )
        parser.add_argument("--level", choices=Level.values, default=Level.PROVINCE.value)
        parser.add_argument("--dry-run", action="store_true", help="read and check only, keep nothing")

    def handle(self, **options: Any) -> None:
        agency = self.agency(options)
        by = self.person(agency, options)
        read, digest = self.read(options)
        kept = None
        if agency and not options["dry_run"]:
            kept = self.keep(read, digest, agency, by, options)
        elif not options["dry_run"]:
            self.stderr.write(NO_AGENCY)
        for problem in read.problems:
            self.stderr.write(problem.message)
        self.answer(options, {**to_json(read), "kept": kept and kept.pk}, lines_of(read))

    def agency(self, options: dict[str, Any]) -> Unit | None:
        agencies = list(Unit.objects.filter(kind=UnitKind.AGENCY).order_by("pk"))
        if code := options["agency"]:
            found = [agency for agency in agencies if agency.code.casefold() == code.casefold()]
            if not found:
                raise self.stop(options, REFUSED, f"Không có cơ quan nào có mã “{code}”. Kiểm tra lại mã.")
            return found[0]
        if len(agencies) > 1 and not options["dry_run"]:
            raise self.stop(options, REFUSED, "Có nhiều cơ quan. Ghi mã cơ quan sau --agency.")
        return agencies[0] if len(agencies) == 1 else None

    def person(self, agency: Unit | None, options: dict[str, Any]) -> User | None:
        if not (code := options["by"]):
            return None
        found = User.objects.filter(agency=agency, code=code.upper(), is_active=True).first()
        if found is None:
            raise self.stop(options, REFUSED, f"Không có cán bộ nào có mã “{code}”. Kiểm tra lại mã công chức.")
        return found

    def read(self, options: dict[str, Any]) -> tuple[CriteriaFile, str]:
        path = Path(options["file"])
        try:
            with path.open("rb") as source:
                digest = sha256_of(source)
                return services.read_criteria(source), digest
        except OSError as error:
            raise self.stop(options, UNREADABLE, f"Không mở được tệp “{path.name}”. Kiểm tra lại đường dẫn.") from error
        except UnreadableError as error:
            raise self.stop(options, UNREADABLE, f"{path.name}: {error}") from error

    def keep(
        self, read: CriteriaFile, digest: str, agency: Unit, by: User | None, options: dict[str, Any]
    ) -> CriteriaSet | None:
        """The same file again is the same set."""
        by_id, level = by.pk if by else None, Level(options["level"])
        found = services.put_aside(
            read, agency_id=agency.pk, by_id=by_id, filename=Path(options["file"]).name, sha256=digest, level=level,
            year=options["year"], name=options["name"],
        )  # fmt: skip
        title = services.Title(found.name, level, found.year)
        try:
            return services.keep_set(found.pk, title, agency_id=agency.pk, by_id=by_id)
        except PlanRefused as refusal:
            found.delete()
            self.stderr.write(str(refusal))
            return None


def lines_of(read: CriteriaFile) -> Iterator[str]:
    """The same for a person at a terminal."""
    fields = sum(line.parent is None for line in read.lines)
    yield f"{counted(fields)} lĩnh vực, {counted(len(read.lines))} dòng, tổng {decimal(read.total)} điểm."
    yield f"{counted(read.problem_count)} chỗ cần xem."
