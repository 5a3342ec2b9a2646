"""Chất lượng nộp: how much passes at the first look, by unit, and why the rest did not.

A result counts in the month in which its first round was handed in. It passed at once where nobody sent
it back; a request for papers and a return of content are counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q

from organization.enums import Role
from organization.rights import Rights
from organization.vietnamese import sort_key
from workflow.flows import AssignmentFlow
from workflow.models import Case, ObjectiveCause, Step, Submission
from workflow.querysets import CaseQuerySet
from workflow.returns import Reason
from workflow.spans import Span


@dataclass(frozen=True, slots=True)
class Quality:
    """Results of one unit: `passed` at once, `papers` asked for only, `returned` for content; the rest is under way.

    Of those handed in, `late` came after their due date, `excused` of these for an objective cause.
    """

    name: str
    handed_in: int
    passed: int
    papers: int
    returned: int
    late: int
    excused: int

    @property
    def decided(self) -> int:
        return self.passed + self.papers + self.returned

    @property
    def rate(self) -> float | None:
        """Tỷ lệ đạt ngay lần đầu, of what has been decided on."""
        return 100 * self.passed / self.decided if self.decided else None


@dataclass(frozen=True, slots=True)
class Fault:
    """How often one reason was given, by the kind of return."""

    name: str
    papers: int
    returned: int


def may_see(rights: Rights) -> bool:
    """Văn phòng and leadership see all units, heads and their deputies their own."""
    return rights.is_office or rights.leads or bool(own_units(rights))


def own_units(rights: Rights) -> frozenset[int]:
    """Units that this person leads or helps to lead."""
    heads = {Role.HEAD, Role.DEPUTY}
    return frozenset(unit for standing, _ in rights.standings for unit, role in standing.pools if role in heads)


def handed_in_during(rights: Rights, span: Span) -> CaseQuerySet:
    """The cases whose first round came in that time, as far as this person may see their quality."""
    first = Submission.objects.filter(
        assignment_id=OuterRef("pk"), number=1, before_issue=False, on__range=(span.first, span.last)
    )
    cases = Case.objects.filter(Exists(first), agency_id=rights.agency_id, flow_class=AssignmentFlow)
    if rights.is_office or rights.leads:
        return cases
    return cases.filter(unit_id__in=sorted(own_units(rights)))


def quality_by_unit(rights: Rights, span: Span) -> list[Quality]:
    """One query."""
    judged = Step.objects.filter(process_id=OuterRef("pk"), judging=True)
    cases = handed_in_during(rights, span).with_submission().annotate(
        returned=Exists(judged.filter(outcome="returned")), papers=Exists(judged.filter(outcome="supplement")),
        late=Q(submitted_on__gt=F("due_on")), excused=Exists(ObjectiveCause.objects.filter(case_id=OuterRef("pk"))),
    )  # fmt: skip
    approved = Exists(judged.filter(outcome__in=("approved", "confirmed")))
    rows = (
        cases.annotate(approved=approved)
        .order_by()
        .values("unit__name")
        .annotate(
            handed=Count("pk"),
            at_once=Count("pk", filter=Q(approved=True, returned=False, papers=False)),
            only_papers=Count("pk", filter=Q(papers=True, returned=False)),
            sent_back=Count("pk", filter=Q(returned=True)),
            came_late=Count("pk", filter=Q(late=True)),
            forgiven=Count("pk", filter=Q(late=True, excused=True)),
        )
    )
    found = [
        Quality(row["unit__name"], row["handed"], row["at_once"], row["only_papers"], row["sent_back"], row["came_late"], row["forgiven"])
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda line: sort_key(line.name))


def total_of(lines: list[Quality]) -> Quality:
    """All units together."""

    def added(name: str) -> int:
        return sum(getattr(line, name) for line in lines)

    names = ("handed_in", "passed", "papers", "returned", "late", "excused")
    return Quality("Tổng số", *(added(name) for name in names))


def faults(rights: Rights, span: Span) -> list[Fault]:
    """Why these cases were sent back, in all their rounds. One query: groups of equal codes, however many returns."""
    judged = Step.objects.filter(judging=True, outcome__in=("returned", "supplement"))
    rows = (
        judged.filter(process_id__in=handed_in_during(rights, span).values("pk"))
        .order_by()
        .values_list("outcome", "reasons")
        .annotate(number=Count("pk"))
    )
    counted = {reason.value: {"returned": 0, "supplement": 0} for reason in Reason} | {
        "": {"returned": 0, "supplement": 0}
    }
    for outcome, reasons, number in rows:
        for reason in reasons or [""]:
            counted[reason][outcome] += number
    named = [(Reason(code).label if code else "Không chọn lý do", sums) for code, sums in counted.items()]
    return [Fault(name, sums["supplement"], sums["returned"]) for name, sums in named if any(sums.values())]
