"""Prints a link for a first sign-in."""

from argparse import ArgumentParser
from typing import Any

from organization.commands import REFUSED, ScriptedCommand
from organization.invitations import invite
from organization.models import User
from organization.refusals import Refused


class Command(ScriptedCommand):
    help = "Print the link by which a person sets a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("code", help="mã công chức")

    def handle(self, **options: Any) -> None:
        user = User.objects.filter(code__iexact=options["code"]).first()
        if user is None:
            raise self.stop(options, REFUSED, f"Không có ai mang mã công chức {options['code']}. Kiểm tra lại mã.")
        try:
            link = invite(user, None)
        except Refused as refused:
            raise self.stop(options, REFUSED, str(refused)) from refused
        self.answer(options, {"code": user.code, "link": link}, [link])
