"""The buttons that work puts on a plan's page. The room below knows none of them."""

from __future__ import annotations

from django.urls import reverse
from django.utils.timezone import localdate

from organization.rights import Rights
from plans.drafting import DraftRow
from plans.models import Plan
from plans.pages import PlanAction, RowAction, VersionAction, compared, register
from workflow.closing import may_choose
from workflow.planned import undecided


def may_issue(plan: Plan, rights: Rights) -> bool:
    return plan.issued_at is None and rights.is_office


def may_amend(plan: Plan, rights: Rights) -> bool:
    return rights.is_office and is_open(plan)


def has_past(plan: Plan, rights: Rights) -> bool:
    return rights.is_office and is_open(plan) and undecided(plan, localdate()).exists()


def is_open(plan: Plan) -> bool:
    return plan.issued_at is not None and plan.closing is None


def may_close(plan: Plan, rights: Rights) -> bool:
    return may_choose(rights) and is_open(plan)


def is_closed(plan: Plan, rights: Rights) -> bool:  # noqa: ARG001 - one signature for all
    return plan.issued_at is not None and plan.closing is not None


def may_reopen(plan: Plan, rights: Rights) -> bool:
    return rights.leads and is_closed(plan, rights)


def is_under_way(plan: Plan, rights: Rights) -> bool:  # noqa: ARG001 - one signature for all
    return plan.issued_at is not None


def is_signed(plan: Plan, rights: Rights) -> bool:  # noqa: ARG001 - one signature for all
    return plan.signed_document_id is not None


def needs_lead(plan: Plan, row: DraftRow, rights: Rights) -> bool:
    return rights.is_office and is_open(plan) and not any(owner.key for owner in row.leads)


def sees_levels(plan: Plan, rights: Rights) -> bool:  # noqa: ARG001 - one signature for all
    return rights.is_office or rights.leads


def register_actions() -> None:
    compared.append(lambda import_id: reverse("workflow:amendment", args=[import_id]))
    register(
        PlanAction(
            "Đưa vào theo dõi",
            lambda plan: reverse("workflow:issue_plan", args=[plan.pk]),
            may_issue,
            icon="play",
            filled=True,
        )
    )
    register(
        PlanAction(
            "Xem việc giao",
            lambda plan: f"{reverse('workflow:tasks')}?ke_hoach={plan.pk}",
            is_under_way,
            icon="list",
        )
    )
    register(PlanAction("Điều chỉnh", lambda plan: reverse("workflow:amend", args=[plan.pk]), may_amend, icon="pen"))
    register(
        PlanAction(
            "Thêm nhiệm vụ phát sinh", lambda plan: reverse("workflow:add_row", args=[plan.pk]), may_amend, icon="plus"
        )
    )
    register(
        PlanAction(
            "Nhập lại tệp đã sửa", lambda plan: reverse("workflow:amend", args=[plan.pk]), may_issue, icon="upload"
        )
    )
    register(
        PlanAction(
            "Quyết định kỳ đã qua hạn",
            lambda plan: reverse("workflow:decide_past", args=[plan.pk]),
            has_past,
            icon="clock",
        )
    )
    register(
        PlanAction(
            "Nhiệm vụ chờ ngày",
            lambda plan: reverse("workflow:waiting_dates", args=[plan.pk]),
            may_amend,
            icon="calendar",
        )
    )
    register(
        PlanAction(
            "Tải bản đã ký",
            lambda plan: reverse("workflow:signed_plan", args=[plan.pk]),
            is_signed,
            icon="download",
        )
    )
    register(
        PlanAction(
            "Mức xác nhận", lambda plan: reverse("plans:levels", args=[plan.pk]), sees_levels, icon="patch-check"
        )
    )
    register(
        PlanAction("Đóng kế hoạch", lambda plan: reverse("workflow:close_plan", args=[plan.pk]), may_close, icon="lock")
    )
    register(
        PlanAction(
            "Kết quả đóng kế hoạch", lambda plan: reverse("workflow:close_plan", args=[plan.pk]), is_closed, icon="lock"
        )
    )
    register(
        PlanAction(
            "Mở lại kế hoạch", lambda plan: reverse("workflow:reopen_plan", args=[plan.pk]), may_reopen, icon="history"
        )
    )
    register(
        RowAction("Chọn đơn vị chủ trì", lambda text_id: reverse("workflow:name_lead", args=[text_id]), needs_lead)
    )
    register(
        VersionAction(
            "Tải bản đã ký",
            lambda version: reverse("workflow:signed_version", args=[version.plan_id, version.number]),
            lambda version: version.signed_document_id is not None,
        )
    )
