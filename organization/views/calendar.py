"""The working calendar: which days are off or made up for, on what ground, and whether that is settled."""

from datetime import date
from itertools import groupby

from django.contrib import messages
from django.db.models import Count, Q
from django.db.models.functions import ExtractMonth
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from organization.calendar import BeyondCalendar, UnreadableCalendar, add_year, calendar_years, change_day, days_of
from organization.forms import DayForm, YearForm
from organization.requests import SignedInRequest
from organization.vietnamese import WEEKDAYS, short_date
from organization.views.gates import office_or_administrator_only

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
            change_day(request.rights, changed, **said)
        except BeyondCalendar as error:
            form.add_error("day", str(error))
        else:
            messages.success(
                request,
                f"Đã sửa ngày {short_date(changed)}. Số ngày làm việc còn lại được tính lại; thời hạn đã giao giữ nguyên.",
            )
            return redirect(f"{reverse('organization:calendar')}?nam={changed.year}")
    return render(request, "organization/day.html", {"form": form})


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
