"""Verbs of reports: ask for one, compile it, present it, decide on it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.timezone import localdate, now

from audit import services as audit
from organization.models import User
from organization.rights import Rights
from plans.models import Plan
from reports import snapshots
from reports.documents import docx_of, heading_of, xlsx_of
from reports.enums import PeriodCode
from reports.flows import ReportFlow
from reports.models import Compilation, Period, Report
from reports.periods import period_of
from reports.signing import is_leader
from workflow import engine
from workflow.errors import Refused
from workflow.holding import reviewing_unit
from workflow.models import Case, Schedule, Step

LEASE = timedelta(minutes=5)
BEING_COMPILED = "Báo cáo này đang được tổng hợp. Chờ xong rồi làm tiếp."
WITH_LEADERSHIP = "Báo cáo đang chờ lãnh đạo duyệt, không tổng hợp lại được. Đề nghị lãnh đạo trả lại trước."
NOT_BEING_COMPILED = "Phiên bản này đã tổng hợp xong hoặc đã dừng. Tải lại trang để xem."
FAILED = "Lần chạy trước bị lỗi nên chưa xong. Hệ thống tự chạy lại trong ít phút; nếu vẫn không xong, dừng phiên bản này và báo quản trị."
APPROVED = "Báo cáo đã được lãnh đạo duyệt, không sửa được nữa."


def request_report(plan: Plan, code: PeriodCode, signer: User, rights: Rights) -> Compilation:
    """Tổng hợp báo cáo: begins the period's report if there is none, and a new version of it.

    The version is a row before any worker hears of it: a lost message costs time, not the report.
    """
    _only_the_office(rights)
    if plan.issued_at is None:
        raise Refused("Kế hoạch chưa được đưa vào theo dõi nên chưa có số liệu để tổng hợp.")
    if not is_leader(signer.pk, rights.agency_id, rights.on):
        raise Refused(f"{signer.full_name} không phải lãnh đạo cơ quan. Chọn người duyệt khác.")
    period = period_of(plan, code)
    try:
        with audit.transaction():
            report = Report.objects.filter(period=period).first() or _begin(plan, period, rights)
            return _new_version(report, signer, rights)
    except IntegrityError as error:  # another press made the report or the version first
        raise Refused(BEING_COMPILED) from error


def _begin(plan: Plan, period: Period, rights: Rights) -> Report:
    report = Report(agency_id=plan.agency_id, plan=plan, period=period)
    name = f"Báo cáo kết quả thực hiện Kế hoạch nâng cao PAR INDEX, SIPAS {period.spoken}"
    case = Case(
        agency_id=plan.agency_id, unit_id=reviewing_unit(plan.agency_id), plan=plan, title=name, schedule=Schedule.DATED,
        original_due_on=period.due_on, due_on=period.due_on, opens_on=localdate(),
    )  # fmt: skip
    engine.start(case, report, ReportFlow.start, rights, period=period.code, plan=plan.pk)
    return report


def _new_version(report: Report, signer: User, rights: Rights) -> Compilation:
    _still_with_the_office(report)
    last = report.compilations.order_by("-number").first()
    compilation = Compilation.objects.create(
        report=report, agency_id=report.agency_id, number=last.number + 1 if last else 1,
        by_id=rights.user_id, signer=signer, at=now(),
    )  # fmt: skip
    audit.record(
        "report.requested",
        f"case:{report.pk}",
        agency=report.agency_id,
        actor=rights.user_id,
        version=compilation.number,
    )
    return compilation


def _still_with_the_office(report: Report) -> Case:
    """The report's case, locked: nobody presents it or asks for a version meanwhile.

    Raises Refused where leadership holds or has approved it, or a version is being compiled.
    """
    case = Case.objects.select_for_update().get(pk=report.pk)
    step = Step.objects.open().filter(process=case).first()
    if step is None:
        raise Refused(APPROVED)
    if step.stage != ReportFlow.present.name:
        raise Refused(WITH_LEADERSHIP)
    if report.compilations.filter(finished=None).exists():
        raise Refused(BEING_COMPILED)
    return case


@dataclass(frozen=True)
class Days:
    """Which days a report covers, and when it is due."""

    since: date
    until: date
    due_on: date


def change_period(report: Report, days: Days, rights: Rights) -> None:
    """Sửa kỳ: versions compiled before keep their figures; the next one takes the new days."""
    _only_the_office(rights)
    with audit.transaction():
        case = _still_with_the_office(report)
        Period.objects.filter(pk=report.period_id).update(since=days.since, until=days.until, due_on=days.due_on)
        case.due_on = days.due_on
        case.save(update_fields=("due_on",), force_update=True)
        audit.record("report.period_changed", case.subject, agency=case.agency_id, actor=rights.user_id,
                     since=days.since, until=days.until, due_on=days.due_on)  # fmt: skip


def stop(report: Report, rights: Rights) -> Compilation:
    """Dừng: the version under way is given up; what its worker still makes is thrown away."""
    _only_the_office(rights)
    with audit.transaction():
        compilation = report.compilations.select_for_update().filter(finished=None).first()
        if compilation is None:
            raise Refused(NOT_BEING_COMPILED)
        compilation.finished, compilation.leased_until, compilation.doing = now(), None, "Đã dừng"
        compilation.save(update_fields=("finished", "leased_until", "doing"))
        audit.record(
            "report.stopped",
            f"case:{report.pk}",
            agency=report.agency_id,
            actor=rights.user_id,
            version=compilation.number,
        )
    return compilation


def _only_the_office(rights: Rights) -> None:
    if not rights.is_office:
        raise PermissionDenied("Bạn không có quyền thực hiện thao tác này.")


def unfinished() -> list[int]:
    """Versions that no worker holds: asked for and not taken, or left by a worker that died."""
    free = Q(leased_until=None) | Q(leased_until__lt=now())
    return list(Compilation.objects.filter(free, finished=None).order_by("id").values_list("pk", flat=True))


def compile_version(compilation_id: int, say: Callable[[int, str], None] | None = None) -> Compilation | None:
    """Compile one version; None where another worker holds it or it is done. Safe to repeat after `kill -9`."""
    compilation = _lease(compilation_id)
    if compilation is None:
        return None

    def progress(percent: int, doing: str) -> None:
        Compilation.objects.filter(pk=compilation.pk, finished=None).update(
            percent=percent, doing=doing, leased_until=now() + LEASE
        )
        if say:
            say(percent, doing)

    kept = None
    try:
        kept = _compile(compilation, progress)
    finally:
        if kept is None:  # the lease stays, so that a version that cannot be compiled is not tried without rest
            Compilation.objects.filter(pk=compilation.pk, finished=None).update(error=FAILED)
    return kept


def _compile(compilation: Compilation, progress: Callable[[int, str], None]) -> Compilation:
    progress(5, "Đang chốt số liệu")
    report = Report.objects.select_related("period__plan", "plan", "agency").get(pk=compilation.report_id)
    snapshot = compilation.snapshot or snapshots.take(report.period)
    Compilation.objects.filter(pk=compilation.pk).update(snapshot=snapshot)
    progress(40, "Đang lập văn bản Word")
    heading = heading_of(snapshot, compilation.signer, localdate(compilation.at))
    docx = docx_of(snapshot, heading)
    progress(75, "Đang lập biểu Excel")
    xlsx = xlsx_of(snapshot, heading)
    progress(95, "Đang lưu")
    return _keep(compilation.pk, snapshot.pk, docx, xlsx)


def _lease(compilation_id: int) -> Compilation | None:
    with transaction.atomic():
        compilation = (
            Compilation.objects.select_for_update(skip_locked=True).filter(pk=compilation_id, finished=None).first()
        )
        if compilation is None or (compilation.leased_until and compilation.leased_until > now()):
            return None
        compilation.leased_until = now() + LEASE
        compilation.save(update_fields=("leased_until",))
        return compilation


def _keep(compilation_id: int, snapshot_id: int, docx: bytes, xlsx: bytes) -> Compilation:
    """Store both files and their digest; the version is finished and never changes again."""
    with audit.transaction():
        compilation = Compilation.objects.select_for_update().get(pk=compilation_id)
        if compilation.finished:
            return compilation
        for field, content in ((compilation.docx, docx), (compilation.xlsx, xlsx)):
            field.save("", ContentFile(content), save=False)
            audit.on_failure(partial(field.storage.delete, str(field.name)))
        compilation.snapshot_id, compilation.finished, compilation.leased_until = snapshot_id, now(), None
        compilation.error = ""
        compilation.percent, compilation.doing = 100, "Đã tổng hợp xong"
        compilation.digest = hashlib.sha256(hashlib.sha256(docx).digest() + hashlib.sha256(xlsx).digest()).hexdigest()
        compilation.save()
        audit.record("report.compiled", f"case:{compilation.report_id}", agency=compilation.agency_id, actor=compilation.by_id,
                     version=compilation.number, digest=compilation.digest)  # fmt: skip
    return compilation


def present(step_id: int, rights: Rights, *, seen: str, note: str = "") -> Step:
    """Trình lãnh đạo phiên bản mới nhất."""
    return engine.act(step_id, "presented", rights, note=note, seen=seen)


def approve(step_id: int, rights: Rights, *, seen: str, note: str = "") -> Step:
    """Lãnh đạo duyệt dự thảo; what was approved does not change."""
    return engine.act(step_id, "approved", rights, note=note, seen=seen)


def send_back(step_id: int, rights: Rights, *, seen: str, reason: str) -> Step:
    """Lãnh đạo trả lại với lý do."""
    return engine.act(step_id, "returned", rights, note=reason, seen=seen)
