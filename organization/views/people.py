"""People and their posts: for the administrator, who sees nothing of the work."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from organization import people
from organization.forms import NewPersonForm, PersonForm, PostForm, SearchForm
from organization.invitations import invite, mail_invitation
from organization.models import Post, User
from organization.refusals import Refused
from organization.requests import SignedInRequest
from organization.selectors import people_of, places, units_with_people
from organization.views.gates import administrator_only

PAGE = 50


@require_GET
@administrator_only
def people_list(request: SignedInRequest) -> HttpResponse:
    form = SearchForm(request.rights.agency_id, request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = people_of(
        request.rights.agency_id, request.rights.on, wanted.get("q", ""), wanted.get("unit"), wanted.get("state", "")
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = [(person, places(person.held)) for person in page]  # type: ignore[attr-defined]
    return render(request, "organization/people.html", {"form": form, "page": page, "rows": rows})


@require_GET
@administrator_only
def unit_list(request: SignedInRequest) -> HttpResponse:
    units = units_with_people(request.rights.agency_id, request.rights.on)
    return render(request, "organization/units.html", {"units": units})


@require_http_methods(["GET", "POST"])
@administrator_only
def add_person(request: SignedInRequest) -> HttpResponse:
    data = request.POST or None
    form = NewPersonForm(data, prefix="person")
    post_form = PostForm(request.rights.agency_id, data, prefix="post")
    if request.method == "POST" and all([form.is_valid(), post_form.is_valid()]):
        try:
            person = people.add_person(request.rights, form.save(commit=False), post_form.save(commit=False))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, f"Đã thêm {person.full_name} ({person.code}). Tạo lời mời để người này đặt mật khẩu."
            )
            return redirect("organization:person", person.pk)
    return render(request, "organization/add_person.html", {"form": form, "post_form": post_form})


@require_http_methods(["GET", "POST"])
@administrator_only
def person(request: SignedInRequest, pk: int) -> HttpResponse:
    found = _person(request, pk)
    form = PersonForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        people.change_person(request.rights, found, {name: form.cleaned_data[name] for name in form.changed_data})
        messages.success(request, f"Đã lưu thông tin của {found.full_name}.")
        return redirect("organization:person", pk)
    return _render_person(request, found, form)


@require_http_methods(["GET", "POST"])
@administrator_only
def post(request: SignedInRequest, pk: int, post_pk: int | None = None) -> HttpResponse:
    """Give a post, or change one."""
    found = _person(request, pk)
    held = get_object_or_404(Post, pk=post_pk, user=found) if post_pk else Post(user=found)
    form = PostForm(request.rights.agency_id, request.POST or None, instance=held)
    if request.method == "POST" and form.is_valid():
        try:
            people.save_post(request.rights, form.save(commit=False))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"Đã lưu chức vụ của {found.full_name}.")
            return redirect("organization:person", pk)
    return render(request, "organization/post.html", {"person": found, "form": form, "new": post_pk is None})


@require_POST
@administrator_only
def end_post(request: SignedInRequest, pk: int, post_pk: int) -> HttpResponse:
    held = get_object_or_404(Post.objects.select_related("user"), pk=post_pk, user=_person(request, pk))
    return _done(request, pk, lambda: people.end_post(request.rights, held), f"{held} đã kết thúc.")


@require_POST
@administrator_only
def set_active(request: SignedInRequest, pk: int) -> HttpResponse:
    found = _person(request, pk)
    active = request.POST.get("active") == "yes"
    words = "được mở lại" if active else "ngừng sử dụng"
    return _done(
        request, pk, lambda: people.set_active(request.rights, found, active=active), f"Tài khoản {found.code} {words}."
    )


@require_POST
@administrator_only
@never_cache
def invite_person(request: SignedInRequest, pk: int) -> HttpResponse:
    """The link stands in this one answer; it is kept nowhere."""
    found = _person(request, pk)
    try:
        link = invite(found, request.rights.user_id)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("organization:person", pk)
    mailed = bool(found.email) and mail_invitation(found, link)
    return _render_person(request, found, PersonForm(instance=found), link=link, mailed=mailed)


def _person(request: SignedInRequest, pk: int) -> User:
    return get_object_or_404(User, pk=pk, agency_id=request.rights.agency_id)


def _done(request: SignedInRequest, pk: int, verb: Any, words: str) -> HttpResponse:
    try:
        verb()
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, words)
    return redirect("organization:person", pk)


def _render_person(request: SignedInRequest, found: User, form: PersonForm, **more: Any) -> HttpResponse:
    today = localdate()
    posts = list(Post.objects.filter(user=found).select_related("unit").order_by("-since", "pk"))
    current = [post for post in posts if post.until is None or post.until >= today]
    earlier = [post for post in posts if post not in current]
    context = {
        "person": found, "form": form, "posts": current, "earlier": earlier, "today": today,
        "days": settings.INVITATION_DAYS, "link": "", "mailed": False, "oneself": found.pk == request.rights.user_id,
        "invited": found.has_usable_password(),
    }  # fmt: skip
    return render(cast(HttpRequest, request), "organization/person.html", context | more)
