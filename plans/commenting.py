"""Góp ý dự thảo: heads of units comment on a draft before it is issued; Văn phòng answers each comment once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.timezone import localdate, now

from audit import services as audit
from notifications.models import Notice
from notifications.registry import Said, register
from organization.enums import Role
from organization.models import Post
from organization.rights import Rights
from organization.vietnamese import clean, short_date
from plans.errors import PlanRefused
from plans.leads import working_units
from plans.models import DraftComment, MeasureText, Plan
from plans.services import need_office

ASKED, COMMENTED, SETTLED = "plan.comments_asked", "plan.commented", "plan.comment_settled"
NOT_OPEN = "Dự thảo này không còn lấy ý kiến. Góp ý chưa được ghi; gửi trực tiếp cho Văn phòng."
ISSUED = "Kế hoạch đã được đưa vào theo dõi nên không lấy ý kiến dự thảo nữa."
NOTHING_WRITTEN = "Chưa ghi góp ý. Ghi nội dung góp ý rồi gửi."
OTHER_ROW = "Dòng này không còn trong dự thảo. Mở lại danh sách dòng."
ALREADY_SETTLED = "Góp ý này đã được giải quyết. Mở lại trang để xem."


def ask_comments(plan_id: int, until: date, rights: Rights) -> int:
    """Lấy ý kiến: the draft is shown to the heads until that day, and they are told. Returns how many were told."""
    need_office(rights)
    if until < rights.on:
        raise PlanRefused(f"Ngày cuối nhận góp ý phải từ ngày {short_date(rights.on)} trở đi. Ghi lại ngày.")
    with audit.transaction():
        plan = _locked_draft(plan_id, rights, ISSUED)
        plan.comments_until = until
        plan.save(update_fields=("comments_until",))
        people = heads_of(plan.agency_id, rights.on) - {rights.user_id}
        _tell(ASKED, plan, people, f"plan:{plan.pk}", f"{plan.pk}:{until}", until=until.isoformat())
        audit.record(ASKED, f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id, until=until)
    return len(people)


def heads_of(agency_id: int, on: date) -> set[int]:
    """Whoever heads a unit that can lead work."""
    units = [unit.pk for unit in working_units(agency_id, on)]
    heads = Q(role=Role.HEAD) | Q(role=Role.DEPUTY, authorised=True)
    posts = Post.objects.on(on).filter(heads, unit_id__in=units, user__is_active=True)
    return set(posts.values_list("user_id", flat=True))


def comment(plan_id: int, text: str, rights: Rights, measure_id: int | None = None) -> DraftComment:
    """Góp ý of a head, on the whole draft or on one row. Raises PermissionDenied, PlanRefused, Plan.DoesNotExist."""
    if not rights.headed_units:
        raise PermissionDenied("Chỉ trưởng đơn vị góp ý dự thảo kế hoạch.")
    text = clean(text)
    if not text:
        raise PlanRefused(NOTHING_WRITTEN)
    with audit.transaction():
        plan = _locked_draft(plan_id, rights, NOT_OPEN)
        if plan.comments_until is None or plan.comments_until < rights.on:
            raise PlanRefused(NOT_OPEN)
        if measure_id is not None and not rows_now(plan).filter(measure_id=measure_id).exists():
            raise PlanRefused(OTHER_ROW)
        own = {unit for unit, role in rights.own.pools if role == Role.HEAD}
        made = DraftComment.objects.create(
            agency_id=plan.agency_id, plan=plan, measure_id=measure_id, unit_id=min(own or rights.headed_units),
            by_id=rights.user_id, on_behalf_of_id=None if own else rights.name_for(Role.HEAD), at=now(), text=text,
        )  # fmt: skip
        _tell(COMMENTED, plan, {plan.by_id} - {rights.user_id, None}, f"comment:{made.pk}", str(made.pk))
        audit.record(COMMENTED, f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id, comment=made.pk,
                     on_behalf_of=made.on_behalf_of_id, measure=measure_id, unit=made.unit_id)  # fmt: skip
    return made


def rows_now(plan: Plan) -> QuerySet[MeasureText]:
    newest = plan.versions.order_by("-number").values("pk")[:1]
    return MeasureText.objects.filter(version_id__in=newest)


def settle_comment(comment_id: int, answer: str, rights: Rights) -> DraftComment:
    """Đã giải quyết, once, with the office's answer if it has one; who commented is told."""
    need_office(rights)
    with audit.transaction():
        found = DraftComment.objects.select_for_update().get(pk=comment_id, agency_id=rights.agency_id)
        if found.settled_at:
            raise PlanRefused(ALREADY_SETTLED)
        found.answer, found.settled_by_id, found.settled_at = clean(answer), rights.user_id, now()
        found.save(update_fields=("answer", "settled_by", "settled_at"))
        _tell(SETTLED, found.plan, {found.by_id} - {rights.user_id}, f"comment:{found.pk}", str(found.pk))
        audit.record(SETTLED, f"plan:{found.plan_id}", agency=found.agency_id, actor=rights.user_id, comment=found.pk)
    return found


def _locked_draft(plan_id: int, rights: Rights, issued: str) -> Plan:
    plan = Plan.objects.select_for_update().get(pk=plan_id, agency_id=rights.agency_id)
    if plan.issued_at:
        raise PlanRefused(issued)
    return plan


def _tell(kind: str, plan: Plan, people: Iterable[int | None], subject: str, key: str, **params: str) -> None:
    Notice.objects.bulk_create(
        (
            Notice(agency_id=plan.agency_id, to_id=person, kind=kind, subject=subject, at=now(),
                   key=f"{kind}:{key}:{person}", params={"plan": plan.pk, **params})
            for person in people if person
        ),
        ignore_conflicts=True,
    )  # fmt: skip


def _render_asked(notices: Sequence[Notice]) -> list[Said]:
    plans = Plan.objects.in_bulk({notice.params["plan"] for notice in notices})
    return [
        Said("Lấy ý kiến dự thảo kế hoạch", f"{plans[n.params['plan']].title}: góp ý đến hết ngày "
             f"{short_date(date.fromisoformat(n.params['until']))}.", reverse("plans:comments", args=[n.params["plan"]]))
        for n in notices
    ]  # fmt: skip


def _render_comments(notices: Sequence[Notice]) -> list[Said]:
    rows = DraftComment.objects.select_related("plan", "unit").in_bulk({_comment_of(notice) for notice in notices})
    return [_said(notice, rows[_comment_of(notice)]) for notice in notices]


def _said(notice: Notice, found: DraftComment) -> Said:
    url = reverse("plans:comments", args=[found.plan_id])
    if notice.kind == COMMENTED:
        return Said(f"{found.unit.name} góp ý dự thảo kế hoạch", f"{found.plan.title}: “{found.text}”", url)
    answer = f" “{found.answer}”" if found.answer else ""
    return Said("Góp ý dự thảo đã được giải quyết", f"Văn phòng trả lời góp ý “{found.text}”.{answer}", url)


def _comment_of(notice: Notice) -> int:
    return int(notice.subject.removeprefix("comment:"))


def _still_asked(notices: Sequence[Notice]) -> set[int]:
    """While the draft is open and unissued."""
    open_now = Plan.objects.drafts().filter(
        pk__in={notice.params["plan"] for notice in notices}, comments_until__gte=localdate()
    )
    keys = set(open_now.values_list("pk", flat=True))
    return {notice.pk for notice in notices if notice.params["plan"] in keys}


def _still_there(notices: Sequence[Notice]) -> set[int]:
    """Comments go with a draft that is thrown away."""
    found = DraftComment.objects.filter(pk__in={_comment_of(notice) for notice in notices})
    keys = set(found.values_list("pk", flat=True))
    return {notice.pk for notice in notices if _comment_of(notice) in keys}


def register_kinds() -> None:
    register(ASKED, _render_asked, _still_asked)
    register(COMMENTED, _render_comments, _still_there)
    register(SETTLED, _render_comments, _still_there)
