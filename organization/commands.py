"""Commands that others script: with --json one JSON object on standard output and nothing else.

Exit code 0: done. 1: refused, with the reason. 2: the input cannot be read.
"""

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError

DONE, REFUSED, UNREADABLE = 0, 1, 2


class ScriptedCommand(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def answer(self, options: Mapping[str, Any], body: Mapping[str, Any], lines: Iterable[str] = ()) -> None:
        """The answer, for a script or for a person."""
        said = json.dumps(body, ensure_ascii=False, default=str) if options["json"] else "\n".join(lines)
        self.stdout.write(said)

    def stop(
        self, options: Mapping[str, Any], code: int, reason: str, body: Mapping[str, Any] | None = None
    ) -> CommandError:
        """For `raise`: the reason goes to standard error, and into the object where a script listens."""
        if options["json"]:
            self.answer(options, body if body is not None else {"error": reason})
        return CommandError(reason, returncode=code)
