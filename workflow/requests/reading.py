"""Requests as pages show them: what is asked, where it is, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.timezone import localdate

from evidence.models import Document
from organization.rights import Rights
from organization.vietnamese import clock, short_date
from workflow.dossier import Event, Filed, Stage, day_month, holder_of, name_of, paper_words
from workflow.models import Case, Decision, Extension, LeadChange, Step
from workflow.rows import MANY, Badge

PEOPLE = ("case", "by", "on_behalf_of", "document", "of__unit", "of__plan")
OPENED = {"opinion": ("review", "Chờ Văn phòng cho ý kiến"), "decide": ("approve", "Chờ lãnh đạo quyết định")}
ICONS = {
    "agreed": ("st-approve", "approve"),
    "opposed": ("st-returned", "returned"),
    "granted": ("st-done", "done"),
    "granted_otherwise": ("st-done", "done"),
    "refused": ("st-returned", "returned"),
    "withdrawn": ("st-dropped", "sub"),
}


@dataclass
class Told:
    """One request with its steps, newest first. `number` counts the requests of its kind for this work."""

    request: Extension | LeadChange
    steps: list[Step] = field(default_factory=list)
    number: int = 1
    granted_before: int = 0

    @property
    def extends(self) -> bool:
        return isinstance(self.request, Extension)

    @property
    def title(self) -> str:
        request = self.request
        if isinstance(request, Extension):
            return f"Đề nghị gia hạn đến {short_date(request.asked_due)}"
        return f"Đề nghị chuyển chủ trì sang {request.to_unit.name}"

    @cached_property
    def current(self) -> Step | None:
        return next((step for step in self.steps if step.finished is None), None)

    @property
    def holder(self) -> str:
        return holder_of(self.current) if self.current else ""

    @property
    def badge(self) -> Badge:
        match self.request.decision:
            case Decision.GRANTED:
                return Badge("done", self._granted)
            case Decision.REFUSED:
                return Badge("returned", "Không chấp thuận")
            case Decision.WITHDRAWN:
                return Badge("dropped", "Đã rút")
            case Decision.ENDED:
                return Badge("dropped", "Khép lại cùng nhiệm vụ")
            case _:
                return Badge(*OPENED[self.current.stage if self.current else "decide"])

    @property
    def _granted(self) -> str:
        if isinstance(self.request, Extension):
            return f"Đã gia hạn đến {short_date(self.request.granted_due)}"
        return f"Đã chuyển sang {self.request.to_unit.name}"

    @property
    def many(self) -> bool:
        """Gia hạn nhiều lần: this grant is, or would be, the third or a later one of its work."""
        return self.extends and self.granted_before + 1 >= MANY

    @property
    def after_due(self) -> bool:
        """Whether it was asked for after the date it moves."""
        request = self.request
        return isinstance(request, Extension) and localdate(request.at) > request.from_due

    @property
    def date_moved(self) -> bool:
        """Whether the date that was to be extended has moved meanwhile: the plan was amended, the work stood still."""
        request = self.request
        return (
            isinstance(request, Extension)
            and request.decision == Decision.OPEN
            and request.of.due_on != request.from_due
        )

    @property
    def too_early(self) -> bool:
        """Whether the day that was asked for no longer lies after the current due date."""
        request, now = self.request, self.request.of.due_on
        return isinstance(request, Extension) and (now is None or request.asked_due <= now)

    @property
    def lead_moved(self) -> bool:
        """Whether another unit leads by now."""
        request = self.request
        return (
            isinstance(request, LeadChange)
            and request.decision == Decision.OPEN
            and request.of.unit_id != request.from_unit_id
        )

    @property
    def asker(self) -> str:
        instead = f", thay {self.request.on_behalf_of.full_name}" if self.request.on_behalf_of else ""
        return f"{self.request.by.full_name}{instead}"

    @property
    def asked(self) -> str:
        """đề nghị gia hạn từ 30/9/2026 đến 30/10/2026: what the history says was done."""
        request = self.request
        if isinstance(request, Extension):
            return f"đã đề nghị gia hạn từ {short_date(request.from_due)} đến {short_date(request.asked_due)}"
        return f"đã đề nghị chuyển chủ trì sang {request.to_unit.name}"

    @property
    def moments(self) -> list[tuple[datetime, Event]]:
        """What happened to it, oldest first."""
        first = Event("calendar" if self.extends else "swap", "sub", self.asker, self.asked, clock(self.request.at),
                      self.request.reason)  # fmt: skip
        acts = (step for step in reversed(self.steps) if step.outcome)
        return [(self.request.at, first), *((step.finished, self._event(step)) for step in acts if step.finished)]

    @property
    def events(self) -> list[Event]:
        return [event for _, event in reversed(self.moments)]

    def _event(self, step: Step) -> Event:
        icon, css = ICONS.get(step.outcome, ("person", "sub"))
        instead = f", thay {step.on_behalf_of.full_name}" if step.on_behalf_of else ""
        extended = isinstance(self.request, Extension) and step.outcome in {"granted", "granted_otherwise"}
        until = f" ({short_date(self.request.granted_due)})" if extended else ""  # type: ignore[union-attr]
        when = clock(step.finished) if step.finished else ""
        verb = f"{step.outcome_label}{until}{instead}{paper_words(step)}"
        return Event(icon, css, name_of(step.acted_by), verb, when, step.note)

    @property
    def rail(self) -> list[Stage]:
        opinion = next((step for step in self.steps if step.stage == "opinion"), None)
        decided = next((step for step in self.steps if step.stage == "decide"), None)
        stages = [Stage("Đề nghị", "past", f"{self.request.by.full_name}, {day_month(self.request.at)}")]
        return [*stages, self._stage("Văn phòng cho ý kiến", opinion), self._stage("Lãnh đạo quyết định", decided)]

    def _stage(self, words: str, step: Step | None) -> Stage:
        if step is None:
            ended = self.current is None or self.current.stage == "decide"
            return Stage(words, "past" if ended else "next", "không qua bước này" if ended else "")
        if step.finished is None:
            return Stage(words, "now", f"{holder_of(step)}, từ {day_month(step.created)}")
        return Stage(words, "past", f"{name_of(step.acted_by)}, {day_month(step.finished)}")

    @property
    def papers(self) -> list[Document]:
        request = self.request
        allowed_by = request.allowed_by if isinstance(request, Extension) else None
        decided_on = (step.paper for step in self.steps)
        return [paper for paper in (request.document, allowed_by, *decided_on) if paper]

    @property
    def opinion(self) -> Step | None:
        """What Văn phòng said."""
        return next(
            (step for step in self.steps if step.stage == "opinion" and step.finished and not step.pulled), None
        )


def requests_of(work: Case) -> list[Told]:
    """Every request about this work, newest first. Two queries, a third where there is any."""
    extensions = list(Extension.objects.filter(of=work).select_related(*PEOPLE, "allowed_by").order_by("case_id"))
    changes = list(
        LeadChange.objects.filter(of=work).select_related(*PEOPLE, "to_unit", "from_unit").order_by("case_id")
    )
    told = [*_counted(extensions), *_counted(changes)]
    _with_steps(told)
    return sorted(told, key=lambda one: one.request.at, reverse=True)


def holders_of_requests(works: Iterable[int]) -> dict[int, list[int]]:
    """The people who hold an open request about each of these works. One query."""
    of = Coalesce("process__extension__of", "process__leadchange__of")
    steps = Step.objects.open().exclude(owner=None).annotate(about=of).filter(about__in=list(works))
    held: dict[int, list[int]] = {}
    for work, person in steps.order_by("pk").values_list("about", "owner_id"):
        held.setdefault(work, []).append(person)
    return held


def visible_request(case_id: int, rights: Rights) -> Told | None:
    """A request whose work this person sees, or which they see or hold itself; None for anybody else."""
    own = Case.objects.visible_to(rights).filter(pk=OuterRef("case_id"))
    work = Case.objects.visible_to(rights).filter(pk=OuterRef("of_id"))
    mine = Step.objects.actionable(rights).filter(process_id=case_id).exists()
    seen = Q() if mine else Q(Exists(own)) | Q(Exists(work))
    extension = Extension.objects.filter(seen, pk=case_id, agency_id=rights.agency_id)
    change = LeadChange.objects.filter(seen, pk=case_id, agency_id=rights.agency_id)
    found = (
        extension.select_related(*PEOPLE, "allowed_by", "of__assignment__measure").first()
        or change.select_related(*PEOPLE, "to_unit", "from_unit", "of__assignment__measure").first()
    )
    if found is None:
        return None
    return next(told for told in requests_like(found) if told.request.pk == found.pk)


def requests_like(request: Extension | LeadChange) -> list[Told]:
    """The requests of the same kind about the same work, with `request` itself as the row at hand."""
    kind: Any = type(request)
    rows = kind.objects.filter(of_id=request.of_id).select_related(*PEOPLE).order_by("case_id")
    told = _counted([request if row.pk == request.pk else row for row in rows])
    _with_steps([one for one in told if one.request.pk == request.pk])
    return told


def _counted(requests: Sequence[Extension | LeadChange]) -> list[Told]:
    """With how many of them came before, and how many of those were granted."""
    told, granted = [], 0
    for number, request in enumerate(requests, 1):
        told.append(Told(request, [], number, granted))
        granted += request.decision == Decision.GRANTED
    return told


def _with_steps(told: Iterable[Told]) -> None:
    by_case = {one.request.pk: one for one in told}
    if not by_case:
        return
    steps = Step.objects.filter(process_id__in=by_case).order_by("-id")
    for step in steps.select_related(
        "process", "acted_by", "on_behalf_of", "owner", "pool_unit", "recorded_by", "paper"
    ):
        by_case[step.process_id].steps.append(step)


def files_of(papers: Sequence[Document]) -> list[Filed]:
    """The papers as lists show them."""
    found = Document.objects.filter(pk__in=[paper.pk for paper in papers]).prefetch_related("files").order_by("pk")
    return [Filed.of_document(document) for document in found]


def lateness(case: Case, submitted: date | None, today: date, days: dict[date, int]) -> list[tuple[str, Badge]]:
    """So với thời hạn gốc, so với thời hạn hiện tại: both, where a date was moved. `days` from today to each date."""
    if case.original_due_on is None or case.due_on is None or case.original_due_on == case.due_on:
        return []
    until = submitted or today
    pairs = (("So với thời hạn gốc", case.original_due_on), ("So với thời hạn hiện tại", case.due_on))
    return [(words, _against(due, until, days)) for words, due in pairs]


def _against(due: date, until: date, days: dict[date, int]) -> Badge:
    if until <= due:
        return Badge("in-time", f"trong hạn ({short_date(due)})")
    late = days[until] - days[due] if {until, due} <= days.keys() else 0
    number = f" {late:02d} ngày làm việc" if late else ""
    return Badge("overdue", f"quá hạn{number} ({short_date(due)})")
