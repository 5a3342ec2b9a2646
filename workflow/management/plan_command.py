"""What commands that read a plan file have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.timezone import localdate

from organization.commands import REFUSED, UNREADABLE, ScriptedCommand
from organization.enums import Role, UnitKind
from organization.models import Post, Unit, User
from organization.rights import rights_of
from plans.intake import Reading, read_file, sha256_of
from plans.reading import UnreadableError


class PlanCommand(ScriptedCommand):
    def read(self, agency: Unit | None, options: dict[str, Any], year: int | None) -> tuple[Reading, str, str]:
        path = Path(options["file"])
        try:
            with path.open("rb") as source:
                digest = sha256_of(source)
                return read_file(source, agency, year), path.name, digest
        except OSError as error:
            raise self.stop(options, UNREADABLE, f"Không mở được tệp “{path.name}”. Kiểm tra lại đường dẫn.") from error
        except UnreadableError as error:
            raise self.stop(options, UNREADABLE, f"{path.name}: {error}") from error

    def actor(self, agency: Unit, options: dict[str, Any]) -> User | None:
        """Who does it: the person named, else who heads Văn phòng, else anyone who reviews there."""
        if code := options["by"]:
            user = User.objects.filter(agency=agency, code=code.upper(), is_active=True).first()
            if user is None:
                raise self.stop(options, REFUSED, f"Không có cán bộ nào có mã “{code}”. Kiểm tra lại mã công chức.")
            if not rights_of(user).is_office:
                raise self.stop(options, REFUSED, f"{user.full_name} không có quyền nhập kế hoạch.")
            return user
        posts = Post.objects.on(localdate()).filter(agency=agency, role=Role.REVIEWER, user__is_active=True)
        reviewers = {post.user_id: post.user for post in posts.select_related("user").order_by("user_id")}
        heads = Post.objects.on(localdate()).filter(agency=agency, unit__kind=UnitKind.OFFICE, role=Role.HEAD)
        chief = next((person for person in heads.values_list("user_id", flat=True) if person in reviewers), None)
        found = reviewers.get(chief) if chief else next(iter(reviewers.values()), None)
        if found is None and options.get("issue"):
            raise self.stop(options, REFUSED, "Văn phòng chưa có ai được đưa kế hoạch vào theo dõi. Nhập cán bộ trước.")
        return found
