"""Imports units and people from a workbook."""

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings

from organization.agencies import NewAgency
from organization.commands import REFUSED, UNREADABLE, ScriptedCommand
from organization.office_files import UnreadableError
from organization.people_file import PeopleFile, read_people_file
from organization.people_import import NothingImported, Result, import_people


class Command(ScriptedCommand):
    help = "Import units and people from an .xlsx file; again is an update."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file")
        parser.add_argument("--agency", "--agency-code", dest="agency", default="SKHĐT", help="code of the agency")
        parser.add_argument("--agency-name", default="Sở Kế hoạch và Đầu tư tỉnh Lạng Sơn")
        parser.add_argument("--superior", default="UBND tỉnh Lạng Sơn")
        parser.add_argument("--place", default="Lạng Sơn")

    def handle(self, **options: Any) -> None:
        agency = NewAgency(options["agency"], options["agency_name"], options["superior"], options["place"])
        read = self.read(options)
        try:
            result = import_people(read, agency, None)
        except NothingImported as refused:
            raise self.stop(options, REFUSED, str(refused), _body(refused.result)) from refused
        lines = [problem.message for problem in result.problems]
        self.answer(options, _body(result), [*lines, f"Đã nhập {result.units} đơn vị, {result.people} người."])

    def read(self, options: dict[str, Any]) -> PeopleFile:
        path = Path(options["file"])
        try:
            with path.open("rb") as stream:
                return read_people_file(stream, settings.IMPORT_MAX_BYTES)
        except OSError:
            reason = f"Không mở được tệp “{path.name}”. Kiểm tra lại đường dẫn."
        except UnreadableError as error:
            reason = str(error)
        problem = {"row": None, "column": None, "message": reason}
        raise self.stop(options, UNREADABLE, reason, {"units": 0, "people": 0, "problems": [problem]})


def _body(result: Result) -> dict[str, Any]:
    problems = [asdict(problem) for problem in result.problems]
    return {"units": result.units, "people": result.people, "problems": problems}
