"""`manage seed_demo [--year Y]`: the database for show. Prints the accounts, and keeps them in the state folder."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils.timezone import localdate

from organization.commands import REFUSED, ScriptedCommand
from reports.demo.build import PASSWORD, NotEmpty, build, demo_year


class Command(ScriptedCommand):
    help = "Fill an empty database with people, this year's plan and half a year of work on it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--year", type=int, default=None)

    def handle(self, **options: Any) -> None:
        try:
            accounts = build(options["year"] or demo_year(localdate()), self.stderr.write)
        except NotEmpty as error:
            reason = "Cơ sở dữ liệu đã có người dùng. Dữ liệu trình diễn chỉ được tạo trong cơ sở dữ liệu trống."
            raise self.stop(options, REFUSED, reason, {"accounts": []}) from error
        lines = [
            f"{account.kind}: {account.user.code} / {PASSWORD} ({account.user.full_name}; {account.post})"
            for account in accounts
        ]
        settings.STATE_DIR.mkdir(parents=True, exist_ok=True)
        (settings.STATE_DIR / "demo-accounts.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        body = [
            {"kind": account.kind, "code": account.user.code, "name": account.user.full_name, "post": account.post}
            for account in accounts
        ]
        self.answer(options, {"accounts": body, "password": PASSWORD}, lines)
