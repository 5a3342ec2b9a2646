"""`manage compile_report --plan ID --period 9-thang --out DIR --json`: compile a report here and now, and hand out its files.

Exit codes: 0 done, 1 refused with the reason, 2 the arguments cannot be read. Where leadership holds the
report or has approved it, nothing is compiled: the files of that version are handed out, for they are
what the report is.
"""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localdate

from organization.enums import Role, UnitKind
from organization.models import Post, User
from organization.rights import Rights, rights_of
from plans.models import Plan
from reports import services
from reports.enums import PeriodCode
from reports.flows import ReportFlow
from reports.models import Compilation, Report
from reports.signing import current, leaders_of, usual_signer
from workflow.errors import Refused
from workflow.models import Step

REFUSED, UNREADABLE = 1, 2
PATIENCE = services.LEASE.seconds


class Command(BaseCommand):
    help = "Tổng hợp báo cáo của một kỳ và ghi hai tệp (.docx, .xlsx) vào thư mục."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--plan", required=True, metavar="ID", help="khóa của kế hoạch")
        parser.add_argument("--period", required=True, help=f"kỳ báo cáo: {', '.join(PeriodCode.values)}")
        parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="thư mục nhận tệp")
        parser.add_argument(
            "--by", metavar="MÃ", help="mã công chức của người tổng hợp; không ghi thì là Chánh Văn phòng"
        )
        parser.add_argument("--signer", metavar="MÃ", help="mã công chức của lãnh đạo duyệt; không ghi thì là lãnh đạo phụ trách Văn phòng")  # fmt: skip
        parser.add_argument("--json", action="store_true", help="in một đối tượng JSON")

    def handle(
        self, *args: Any, plan: str, period: str, out: Path, by: str | None, signer: str | None, json: bool, **options: Any
    ) -> None:  # fmt: skip
        of, code = _plan(plan), _period(period)
        _folder(out)
        try:
            version = _version(of, code, _rights(of, by), signer)
        except (Refused, PermissionDenied) as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from refusal
        files = list(_written(version, of, code, out))
        words = f"{version.report}, phiên bản {version.number}: {', '.join(files)}"
        self.stdout.write(_json(version, files) if json else words)


def _version(plan: Plan, code: PeriodCode, rights: Rights, signer: str | None) -> Compilation:
    """The version to hand out: the one that leadership has, else a new one."""
    report = Report.objects.filter(period__plan=plan, period__code=code).first()
    kept = current(report.pk) if report else None
    if report and kept and not _with_the_office(report):
        return kept
    if kept is None or kept.finished:
        kept = services.request_report(plan, code, _signer(rights, signer), rights)
    return _finished(kept)


def _with_the_office(report: Report) -> bool:
    step = Step.objects.open().filter(process_id=report.pk).first()
    return step is not None and step.stage == ReportFlow.present.name


def _finished(version: Compilation) -> Compilation:
    """Compile it here; where a worker was quicker, wait for that worker."""
    services.compile_version(version.pk)
    until = time.monotonic() + PATIENCE
    version.refresh_from_db()
    while version.finished is None and time.monotonic() < until:
        time.sleep(0.5)
        version.refresh_from_db()
    if not version.digest:
        raise Refused(
            services.FAILED if version.finished is None else "Phiên bản này đã bị dừng. Chạy lại lệnh để tổng hợp."
        )
    return version


def _written(version: Compilation, plan: Plan, code: PeriodCode, out: Path) -> Iterator[str]:
    for name, stored in (("bao-cao", version.docx), ("phu-luc", version.xlsx)):
        path = out / f"{name}-{code}-{plan.year}-phien-ban-{version.number}.{'docx' if name == 'bao-cao' else 'xlsx'}"
        with stored.open("rb") as source:
            try:
                path.write_bytes(source.read())
            except OSError as error:
                raise CommandError(f"--out: không ghi được {path}: {error.strerror}.", returncode=UNREADABLE) from error
        yield str(path)


def _json(version: Compilation, files: list[str]) -> str:
    return json.dumps({"report": version.report_id, "files": files, "digest": version.digest}, ensure_ascii=False)


def _plan(key: str) -> Plan:
    plan = Plan.objects.filter(pk=int(key)).first() if key.isascii() and key.isdecimal() and len(key) < 19 else None
    if plan is None:
        raise CommandError(f"--plan: không có kế hoạch nào có khóa “{key}”.", returncode=UNREADABLE)
    return plan


def _period(code: str) -> PeriodCode:
    if code not in PeriodCode.values:
        known = ", ".join(PeriodCode.values)
        raise CommandError(f"--period: không có kỳ “{code}”. Chọn một trong: {known}.", returncode=UNREADABLE)
    return PeriodCode(code)


def _folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"--out: không tạo được thư mục {out}: {error.strerror}.", returncode=UNREADABLE) from error


def _rights(plan: Plan, code: str | None) -> Rights:
    """Of the person named, or of Văn phòng's head; of another reviewer where the head is none."""
    if code:
        return rights_of(_person(plan, code, "--by"))
    posts = Post.objects.on(localdate()).filter(
        agency_id=plan.agency_id, unit__kind=UnitKind.OFFICE, user__is_active=True
    )
    heads = posts.filter(role=Role.HEAD).values_list("user_id", flat=True)
    reviewers = [post.user for post in posts.filter(role=Role.REVIEWER).select_related("user").order_by("user_id")]
    if not reviewers:
        raise Refused("Văn phòng chưa có người giữ vai trò rà soát. Đề nghị quản trị bổ sung, hoặc ghi --by.")
    return rights_of(next((person for person in reviewers if person.pk in set(heads)), reviewers[0]))


def _signer(rights: Rights, code: str | None) -> User:
    leaders = list(leaders_of(rights.agency_id, rights.on))
    found = [post.user for post in leaders if post.user.code == code] if code else []
    if code and not found:
        raise CommandError(f"--signer: không có lãnh đạo nào có mã “{code}”.", returncode=UNREADABLE)
    usual = usual_signer(leaders)
    if usual is None:
        raise Refused("Cơ quan chưa có lãnh đạo để duyệt báo cáo. Đề nghị quản trị bổ sung.")
    return found[0] if found else next(post.user for post in leaders if post.user_id == usual)


def _person(plan: Plan, code: str, option: str) -> User:
    person = User.objects.filter(agency_id=plan.agency_id, code=code, is_active=True).first()
    if person is None:
        raise CommandError(f"{option}: không có người nào của cơ quan có mã “{code}”.", returncode=UNREADABLE)
    return person
