"""Makes a person administrator of their agency: the only way in where there is none yet."""

from argparse import ArgumentParser
from typing import Any

from organization.commands import REFUSED, ScriptedCommand
from organization.models import User
from organization.people import make_administrator


class Command(ScriptedCommand):
    help = "Make a person administrator of their agency."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("code", help="mã công chức")

    def handle(self, **options: Any) -> None:
        user = User.objects.filter(code__iexact=options["code"], is_active=True).first()
        if user is None:
            reason = f"Không có ai đang sử dụng mã công chức {options['code']}. Kiểm tra lại mã."
            raise self.stop(options, REFUSED, reason)
        made = make_administrator(user)
        words = f"{user.full_name} ({user.code}) {'nay' if made else 'đã'} là quản trị hệ thống."
        self.answer(options, {"code": user.code, "made": made}, [words])
