"""Kết quả cá nhân (Nghị định 335/2025/NĐ-CP): what one person was given to make in a month, a quarter or a year.

For that person, their head and leadership; nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.timezone import localdate

from audit import services as audit
from audit.models import Stream
from organization.models import Post, User
from organization.rights import Rights
from plans.models import MeasureText
from workflow.flows import AssignmentFlow
from workflow.models import Case, Step
from workflow.selectors import soon_until
from workflow.spans import Span
from workflow.timeliness import FINISHED, State

LATE = frozenset({State.DONE_LATE, State.OVERDUE, State.SUBMITTED_LATE, State.LAPSED})


@dataclass(frozen=True, slots=True)
class Product:
    """One product that the person was given, and what became of it."""

    case_id: int
    code: str
    name: str
    product: str
    unit: str
    due_on: date | None
    original_due_on: date | None
    submitted_on: date | None
    state: State
    returns: int
    cause: str

    @property
    def late(self) -> bool:
        return self.state in LATE


@dataclass(frozen=True, slots=True)
class Results:
    """The products of one span with their sums."""

    products: Sequence[Product]

    @property
    def given(self) -> int:
        return len(self.products)

    @property
    def done(self) -> int:
        return sum(one.state in FINISHED for one in self.products)

    @property
    def late(self) -> int:
        return sum(one.late for one in self.products)

    @property
    def excused(self) -> int:
        """Of the late ones, those for an objective cause."""
        return sum(one.late and bool(one.cause) for one in self.products)

    @property
    def returns(self) -> int:
        return sum(one.returns for one in self.products)

    @property
    def lines(self) -> list[tuple[str, int]]:
        """The sums in words."""
        return [
            ("Sản phẩm được giao", self.given), ("Đã hoàn thành", self.done), ("Chậm so với thời hạn", self.late),
            ("Trong đó do nguyên nhân khách quan", self.excused), ("Số lần trả lại về nội dung", self.returns),
        ]  # fmt: skip


def may_see(rights: Rights, person: User) -> bool:
    """The person, the head of a unit they work in, leadership."""
    if person.pk == rights.user_id or rights.leads:
        return True
    units = rights.headed_units
    return bool(units) and Post.objects.on(localdate()).filter(user=person, unit_id__in=sorted(units)).exists()


def people_for(rights: Rights) -> list[User]:
    """Whose results this person may open, besides their own. One query."""
    posts = Post.objects.on(localdate()).filter(agency_id=rights.agency_id)
    if not rights.leads:
        posts = posts.filter(unit_id__in=sorted(rights.headed_units))
    people = User.objects.filter(pk__in=posts.values("user_id"), is_active=True).exclude(pk=rights.user_id)
    return list(people.order_by("name_key", "code"))


def results_of(person: User, span: Span, rights: Rights) -> Results:
    """What was due in that time; what has no date counts when it began. One query besides the calendar's."""
    returned = Step.objects.filter(process_id=OuterRef("pk"), judging=True, outcome="returned").order_by()
    text = MeasureText.objects.filter(measure_id=OuterRef("assignment__measure_id")).order_by("-version__number")
    cases = (
        Case.objects.filter(flow_class=AssignmentFlow, agency_id=person.agency_id, assignment__officer=person)
        .annotate(day=Coalesce("due_on", "opens_on"))
        .filter(day__range=(span.first, span.last))
        .with_timeliness(rights.on, soon_until(rights))
        .exclude(timeliness=State.DROPPED)
        .annotate(
            returns=Coalesce(Subquery(returned.values("process_id").annotate(n=Count("pk")).values("n")), 0),
            product=Subquery(text.values("product")[:1]),
        )
    )
    return Results([_product(case) for case in cases.select_related("unit", "objective_cause").soonest_first()])


def _product(case: Any) -> Product:
    cause = getattr(case, "objective_cause", None)
    return Product(
        case.pk, case.code, case.name, case.product or "", case.unit.name, case.due_on, case.original_due_on,
        case.submitted_on, State(case.timeliness), case.returns, cause.reason if cause else "",
    )  # fmt: skip


def record_export(person: User, span: Span, rights: Rights) -> None:
    """Who took whose results out of the system."""
    with audit.transaction():
        audit.record(
            "personal.exported", f"user:{person.pk}", agency=person.agency_id, actor=rights.user_id, stream=Stream.ACCESS,
            since=span.first, until=span.last,
        )  # fmt: skip
