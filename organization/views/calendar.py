"""The working calendar: which days are off or made up for, on what ground, and whether that is settled."""

import json
from datetime import date
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.db.models.functions import ExtractMonth
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import Entry, Stream
from organization.calendar import BeyondCalendar, UnreadableCalendar, add_year, calendar_years, days_of
from organization.calendar_changes import change_day
from organization.forms import DayForm, YearForm
from organization.models import AgencySettings, User
from organization.refusals import Refused
from organization.requests import SignedInRequest
from organization.vietnamese import WEEKDAYS, counted, short_date
from organization.views.gates import office_or_administrator_only

SHOWN_CHANGES = 5
SPECIAL = ~Q(name="") | Q(works=True, day__iso_week_day__gte=6) | Q(works=False, day__iso_week_day__lte=5)


@require_GET
@office_or_administrator_only
def calendar(request: SignedInRequest) -> HttpResponse:
    agency = request.rights.agency_id
    years = calendar_years(agency)
    year = _year(request.GET.get("nam", ""), years)
    days = days_of(agency).filter(day__year=year)
    working = dict(
        days.annotate(month=ExtractMonth("day")).values("month").annotate(n=Count("day", filter=Q(works=True))).values_list("month", "n")
    )  # fmt: skip
    special = days.filter(SPECIAL).order_by("day")
    by_month = {month: list(found) for month, found in groupby(special, lambda day: day.day.month)}
    months = [
        (month, working[month], [(day, WEEKDAYS[day.day.weekday()]) for day in by_month.get(month, [])])
        for month in sorted(working)
    ]
    total = sum(working.values())
    next_year = max(years) + 1 if years else localdate().year
    context = {"year": year, "years": years, "months": months, "total": total, "next_year": next_year}
    return render(request, "organization/calendar.html", context)


@require_http_methods(["GET", "POST"])
@office_or_administrator_only
def day(request: SignedInRequest) -> HttpResponse:
    form = DayForm(request.POST or None, initial=_known(request))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        changed = said.pop("day")
        try:
            moved = change_day(request.rights, changed, **said)
        except BeyondCalendar as error:
            form.add_error("day", str(error))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _said(changed, len(moved)))
            if moved:
                return redirect(f"{reverse('organization:day')}?ngay={changed.isoformat()}")
            return redirect(f"{reverse('organization:calendar')}?nam={changed.year}")
    return render(request, "organization/day.html", {"form": form, "changes": _changes(request)})


def _said(changed: date, moved: int) -> str:
    counted_again = f"Đã sửa ngày {short_date(changed)}. Số ngày làm việc còn lại được tính lại"
    if not moved:
        return f"{counted_again}; không thời hạn nào phải chuyển."
    return f"{counted_again}; {counted(moved)} thời hạn được chuyển, người liên quan đã được báo."


def _changes(request: SignedInRequest) -> list[dict[str, Any]]:
    """What was said before of the day that was asked for, and which due dates followed; newest first."""
    try:
        asked = date.fromisoformat(request.GET.get("ngay", ""))
    except ValueError:
        return []
    calendar = AgencySettings.objects.values_list("calendar_id", flat=True).get(agency_id=request.rights.agency_id)
    entries = Entry.objects.filter(
        subject=f"calendar:{calendar}", agency=request.rights.agency_id, stream=Stream.ACCESS, verb="calendar.day_changed",
        text__contains=f'"day":"{asked.isoformat()}"',
    ).order_by("-id")[:SHOWN_CHANGES]  # fmt: skip
    lines = [(entry, json.loads(entry.text)["body"]) for entry in entries]
    names = dict(User.objects.filter(pk__in={entry.actor for entry, _ in lines}).values_list("pk", "full_name"))
    return [
        {
            "at": entry.at, "by": names.get(entry.actor or 0, ""), "works": body["works"], "name": body["name"],
            "source": body["source"], "moved": body.get("moved", 0),
            "due_dates": [(what, *map(date.fromisoformat, pair)) for what, *pair in body.get("due_dates", [])],
        }
        for entry, body in lines
    ]  # fmt: skip


@require_POST
@office_or_administrator_only
def new_year(request: SignedInRequest) -> HttpResponse:
    form = YearForm(request.POST)
    years = calendar_years(request.rights.agency_id)
    if not form.is_valid() or (years and form.cleaned_data["year"] not in {min(years) - 1, max(years) + 1}):
        messages.error(request, "Chỉ thêm được năm liền trước hoặc liền sau các năm đã có.")
        return redirect("organization:calendar")
    year = form.cleaned_data["year"]
    try:
        add_year(request.rights, year)
    except UnreadableCalendar as wrong:
        messages.error(request, str(wrong))
        return redirect("organization:calendar")
    messages.success(
        request,
        f"Đã thêm năm {year}. Ngày nghỉ là dự tính, chờ xác nhận: rà soát lại theo thông báo của cơ quan có thẩm quyền.",
    )
    return redirect(f"{reverse('organization:calendar')}?nam={year}")


def _year(asked: str, years: list[int]) -> int:
    this_year = localdate().year
    if asked.isdigit() and int(asked) in years:
        return int(asked)
    return this_year if this_year in years or not years else max(years)


def _known(request: SignedInRequest) -> dict[str, object]:
    """What the table says of the day that was asked for."""
    try:
        asked = date.fromisoformat(request.GET.get("ngay", ""))
    except ValueError:
        return {}
    found = days_of(request.rights.agency_id).filter(day=asked).first()
    if found is None:
        return {"day": asked}
    return {
        "day": asked, "works": "yes" if found.works else "no", "name": found.name, "source": found.source,
        "confirmed": found.confirmed,
    }  # fmt: skip
