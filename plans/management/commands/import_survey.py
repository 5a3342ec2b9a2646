"""`manage import_survey FILE`: a survey workbook, kept for the agency; its index by factor and question as JSON."""

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
from plans.errors import PlanRefused
from plans.intake import sha256_of
from plans.surveys import selectors, services
from plans.surveys.catalogues import SHIPPED
from plans.surveys.models import Method, Survey
from plans.surveys.reading import SurveyFile

NO_AGENCY = "Chưa có cơ quan nào nên chưa lưu khảo sát. Nhập danh sách cán bộ trước (import_people)."


class Command(ScriptedCommand):
    help = "Import a satisfaction survey (.xlsx) and print its index in percent; the same file again is not kept twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file")
        parser.add_argument("--agency", help="code of the agency, where there are several")
        parser.add_argument("--by", help="mã công chức of who imports")
        parser.add_argument("--name", default="", help="name of the survey")
        parser.add_argument(
            "--catalogue", choices=list(SHIPPED), default="", help="question catalogue, where the file has none"
        )
        parser.add_argument("--method", choices=Method.values, default=Method.POOLED.value,
                            help="pooled: all valid answers together; mean: the mean of the questions")  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="compute only, keep nothing")

    def handle(self, **options: Any) -> None:
        agency = self.agency(options)
        by = self.person(agency, options)
        read, digest = self.read(agency, options)
        method = Method(options["method"])
        if agency and not options["dry_run"]:
            self.keep(read, digest, agency, by, options)
        elif not options["dry_run"]:
            self.stderr.write(NO_AGENCY)
        for problem in read.problems:
            self.stderr.write(problem.message)
        body = selectors.to_json(len(read.sheets), selectors.findings_of_file(read, method))
        self.answer(options, body, lines_of(body, read))

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

    def read(self, agency: Unit | None, options: dict[str, Any]) -> tuple[SurveyFile, str]:
        path = Path(options["file"])
        try:
            with path.open("rb") as source:
                digest = sha256_of(source)
                return services.read_survey(source, agency.pk if agency else None, options["catalogue"]), digest
        except OSError as error:
            raise self.stop(options, UNREADABLE, f"Không mở được tệp “{path.name}”. Kiểm tra lại đường dẫn.") from error
        except UnreadableError as error:
            raise self.stop(options, UNREADABLE, f"{path.name}: {error}") from error

    def keep(self, read: SurveyFile, digest: str, agency: Unit, by: User | None, options: dict[str, Any]) -> None:
        """The same file again is the same survey."""
        if Survey.objects.kept().filter(agency=agency, source_sha256=digest).exists():
            self.stderr.write("Tệp này đã được nhập rồi nên không lưu thêm.")
            return
        by_id, name = by.pk if by else None, Path(options["file"]).name
        survey = services.put_aside(
            read, agency_id=agency.pk, by_id=by_id, filename=name, sha256=digest, name=options["name"],
            method=Method(options["method"]),
        )  # fmt: skip
        try:
            services.keep_survey(survey.pk, survey.name, survey.year, agency_id=agency.pk, by_id=by_id)
        except PlanRefused as refusal:
            raise self.stop(options, REFUSED, str(refusal)) from refusal


def lines_of(body: dict[str, Any], read: SurveyFile) -> Iterator[str]:
    """The same for a person at a terminal."""
    yield f"{counted(body['respondents'])} phiếu, {counted(len(read.questions))} câu hỏi, {counted(read.problem_count)} chỗ cần xem."
    for name, index in (("Chỉ số chung", body["overall"]), *body["factors"].items(), *body["questions"].items()):
        yield f"{name}: {'–' if index is None else decimal(index) + '%'}"
