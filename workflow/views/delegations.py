"""Ủy quyền: what a person gave and received; an administrator writes down one that was signed on paper."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from organization.delegations import delegations_of, may_lend
from organization.forms import DelegationForm
from organization.models import Delegation
from organization.refusals import Refused
from organization.requests import SignedInRequest
from organization.rights import Rights
from workflow import delegating
from workflow.paging import page_of

TOO_LATE = 409
CANNOT_LEND = "Chỉ người giữ vai trò quyết định (lãnh đạo, trưởng đơn vị, rà soát) mới có việc để ủy quyền."


@dataclass(frozen=True, slots=True)
class Row:
    """A delegation as the list shows it."""

    delegation: Delegation
    roles: str
    state: str
    words: str
    may_end: bool


@require_safe
def delegations(request: SignedInRequest) -> HttpResponse:
    rights = request.rights
    found = delegations_of(rights)
    number = request.GET.get("page", "")
    page = page_of(found, found.count(), int(number) if number.isdigit() else 1)
    rows = [row_of(row, rights) for row in page]
    parts = [
        ("Tôi ủy quyền", [row for row in rows if row.delegation.principal_id == rights.user_id]),
        ("Tôi được ủy quyền", [row for row in rows if row.delegation.substitute_id == rights.user_id]),
        ("Của người khác trong cơ quan", [row for row in rows if rights.user_id not in _people(row.delegation)]),
    ]
    return render(request, "workflow/delegations/list.html", {
        "parts": [(title, some) for title, some in parts if some], "page": page,
        "may_give": rights.is_administrator or may_lend(rights),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
def give(request: SignedInRequest) -> HttpResponse:
    rights = request.rights
    if not (rights.is_administrator or may_lend(rights)):
        raise PermissionDenied(CANNOT_LEND)
    form = DelegationForm(rights, request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            row = delegating.give(rights, form.delegation())
        except Refused as refused:
            form.add_error(None, str(refused))
            status = TOO_LATE
        else:
            messages.success(request, f"{row.principal.full_name} đã ủy quyền cho {row.substitute.full_name}.")
            return redirect("workflow:delegations")
    return render(request, "workflow/delegations/give.html", {"form": form}, status=status)


@require_POST
def end(request: SignedInRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(delegations_of(request.rights), pk=pk)
    if not (request.rights.is_administrator or row.principal_id == request.rights.user_id):
        raise PermissionDenied("Chỉ người ủy quyền hoặc quản trị kết thúc được ủy quyền này.")
    try:
        delegating.end_early(request.rights, row)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"Ủy quyền cho {row.substitute.full_name} đã kết thúc.")
    return redirect("workflow:delegations")


def row_of(row: Delegation, rights: Rights) -> Row:
    if row.ended_at:
        state, words = "dropped", "Kết thúc sớm"
    elif row.until < rights.on:
        state, words = "done", "Đã hết hạn"
    elif row.since > rights.on:
        state, words = "ongoing", "Chưa bắt đầu"
    else:
        state, words = "in-time", "Đang có hiệu lực"
    return Row(row, delegating.roles_in_words(row), state, words, delegating.may_end(rights, row))


def _people(row: Delegation) -> set[int]:
    return {row.principal_id, row.substitute_id}
