"""Thông báo: the bell's list, and what an administrator sees of mail that fails."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_POST, require_safe

from audit import services as audit
from notifications import mail
from notifications.selectors import failed_deliveries, in_words, notices_of, unread_count
from organization.requests import SignedInRequest

PAGE_SIZE = 30


@require_safe
def notices(request: SignedInRequest) -> HttpResponse:
    unread = request.GET.get("loc") == "chua-doc"
    page = Paginator(notices_of(request.user.pk, unread=unread), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": in_words(page), "unread": unread, "waiting": unread_count(request.user.pk)}
    return render(request, "notifications/list.html", context)


@require_POST
def read_all(request: SignedInRequest) -> HttpResponse:
    notices_of(request.user.pk, unread=True).order_by().update(read_at=now())
    return redirect("notifications:list")


@require_POST
def open_notice(request: SignedInRequest, pk: int) -> HttpResponse:
    """Marks it read and goes to its page; back to the list where it has none."""
    notice = get_object_or_404(notices_of(request.user.pk), pk=pk)
    if notice.read_at is None:
        notice.read_at = now()
        notice.save(update_fields=["read_at"])
    (row,) = in_words([notice])
    return HttpResponseRedirect(row.said.url) if row.said.url else redirect("notifications:list")


@require_safe
def failed(request: SignedInRequest) -> HttpResponse:
    """Who could not be reached and why; nothing of what the messages say."""
    _only_administrators(request)
    page = Paginator(failed_deliveries(request.rights.agency_id), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "notifications/failed.html", {"page": page})


@require_POST
def resend(request: SignedInRequest, pk: int) -> HttpResponse:
    _only_administrators(request)
    delivery = get_object_or_404(failed_deliveries(request.rights.agency_id), pk=pk)
    with audit.transaction():
        mail.send_again(delivery)
        audit.record("mail.send_again", f"delivery:{delivery.pk}", agency=delivery.agency_id, actor=request.user.pk)
    messages.success(request, f"Thư gửi {delivery.to.full_name} sẽ được gửi lại trong ít phút.")
    return redirect("notifications:failed")


def _only_administrators(request: SignedInRequest) -> None:
    if not request.rights.is_administrator:
        raise PermissionDenied("Bạn không có quyền thực hiện thao tác này.")
