"""Requests for input as pages show them: who is missing, who answered, how late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property

from django.utils.timezone import localdate

from organization.rights import Rights
from organization.vietnamese import clock, counted, short_date
from workflow.dossier import Event, Stage, day_month, handed_over, holder_of, name_of
from workflow.models import Case, InputRequest, Step
from workflow.rows import Badge, remaining
from workflow.selectors import working_days

PEOPLE = ("case__unit", "of__unit", "by", "on_behalf_of")
ICONS = {"answered": ("send", "done"), "withdrawn": ("left", "sub"), "ended": ("st-dropped", "dropped")}


@dataclass
class Told:
    """A request with the steps of its case, newest first; `shown`: whether its own page is theirs; `days` are the working days from today to its dates."""

    request: InputRequest
    today: date
    shown: bool
    days: Mapping[date, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    @property
    def case(self) -> Case:
        return self.request.case

    @property
    def due_on(self) -> date:
        """The sub-deadline: every request has one."""
        return self.case.due_on or self.today

    @cached_property
    def current(self) -> Step | None:
        return next((step for step in self.steps if step.finished is None), None)

    @property
    def holder(self) -> str:
        return holder_of(self.current) if self.current else ""

    @cached_property
    def reply(self) -> Step | None:
        """The step that answered; its note is what the unit says."""
        return next((step for step in self.steps if step.outcome == "answered"), None)

    @property
    def missing(self) -> bool:
        return self.current is not None

    @property
    def badge(self) -> Badge:
        if self.reply:
            return self._answered(localdate(self.reply.finished))
        if self.current is None:
            return Badge("dropped", "Đã rút" if self._withdrawn else "Không còn cần")
        left = remaining(self.days.get(self.due_on), self.due_on, self.today)
        return Badge(left.kind, f"Chưa trả lời, {left.words[0].lower()}{left.words[1:]}", left.tint)

    def _answered(self, on: date) -> Badge:
        if on <= self.due_on:
            return Badge("done", "Đã trả lời đúng hạn")
        late = self._between(self.due_on, on)
        return Badge("overdue", f"Đã trả lời muộn {f'{counted(late)} ngày làm việc' if late else ''}".strip())

    @property
    def _withdrawn(self) -> bool:
        return any(step.outcome == "withdrawn" for step in self.steps)

    def _between(self, first: date, last: date) -> int:
        return self.days[last] - self.days[first] if {first, last} <= self.days.keys() else 0

    @property
    def held(self) -> list[str]:
        """Who had it how long: Nguyễn Văn Hùng 02 ngày làm việc. Lateness is charged to whoever holds it."""
        return [words for step in reversed(self.steps) if (words := self._held(step))]

    def _held(self, step: Step) -> str:
        if step.flow_task_type != "HUMAN":
            return ""
        since = max(localdate(step.created), step.opens_on)
        until = localdate(step.finished) if step.finished else self.today
        held, late = self._between(since, until), self._between(max(self.due_on, since), until)
        who = name_of(step.acted_by) if step.finished and not step.pulled else holder_of(step)
        overdue = f", trong đó quá hạn {counted(late)} ngày" if late > 0 else ""
        return f"{who}: {f'{counted(held)} ngày làm việc' if held > 0 else 'trong ngày'}{overdue}"

    @property
    def asker(self) -> str:
        instead = f", thay {self.request.on_behalf_of.full_name}" if self.request.on_behalf_of else ""
        return f"{self.request.by.full_name}{instead}"

    @property
    def moments(self) -> list[tuple[datetime, Event]]:
        """What happened to it, oldest first."""
        asked = Event("people", "sub", self.asker, f"đã đề nghị {self.case.unit.name} phối hợp, hạn {short_date(self.due_on)}",
                      clock(self.request.at), self.request.question)  # fmt: skip
        told = [(self.request.at, asked)]
        for step in reversed(self.steps):
            told += [(datetime.fromisoformat(row["at"]), handed_over(step, row)) for row in reversed(step.handed)]
            if step.outcome and step.finished:
                told.append((step.finished, self._event(step)))
        return told

    @property
    def events(self) -> list[Event]:
        return [event for _, event in reversed(self.moments)]

    def _event(self, step: Step) -> Event:
        icon, css = ICONS.get(step.outcome, ("person", "sub"))
        instead = f", thay {step.on_behalf_of.full_name}" if step.on_behalf_of else ""
        when = clock(step.finished) if step.finished else ""
        return Event(icon, css, name_of(step.acted_by), f"{self._did(step)}{instead}", when, step.note)

    def _did(self, step: Step) -> str:
        """đã giao Nguyễn Văn Hùng chuẩn bị ý kiến: what was done, with the person named."""
        if step.outcome != "named":
            return step.outcome_label
        # newest first: what changed hands since then names whoever was named first
        follower = next(one for one in self.steps if one.previous_id == step.pk)
        named = follower.handed[-1]["former"] if follower.handed else name_of(follower.owner)
        return f"đã giao {named} chuẩn bị ý kiến"

    @property
    def told_in_work(self) -> list[tuple[datetime, Event]]:
        """What the history of the work says of it: asked, and what came of it; each with the unit's name."""
        told = [(step.finished, self._event(step)) for step in self.steps if step.outcome in ICONS and step.finished]
        return [
            self.moments[0],
            *((at, replace(event, verb=f"{event.verb} ({self.case.unit.name})")) for at, event in told),
        ]

    @property
    def rail(self) -> list[Stage]:
        answer = f"{self.holder}, hạn {short_date(self.due_on)}" if self.current else self.badge.words
        asked = f"{self.request.by.full_name}, {day_month(self.request.at)}"
        return [Stage("Đề nghị", "past", asked), Stage("Trả lời phối hợp", "now" if self.current else "past", answer)]


def inputs_of(work: Case, rights: Rights) -> list[Told]:
    """Every request about this work, those first that nobody has answered yet. One query, three where there is any."""
    return told_of(
        InputRequest.objects.filter(of=work).select_related(*PEOPLE).order_by("case__due_on", "case_id"), rights
    )


def told_of(requests: Iterable[InputRequest], rights: Rights) -> list[Told]:
    by_case = {request.pk: Told(request, rights.on, _open_to(request, rights)) for request in requests}
    if not by_case:
        return []
    steps = Step.objects.filter(process_id__in=by_case).with_hands().order_by("-id")
    for step in steps.select_related("process", "acted_by", "on_behalf_of", "owner", "pool_unit"):
        by_case[step.process_id].steps.append(step)
    told = sorted(by_case.values(), key=lambda one: not one.missing)
    days = working_days(rights, [rights.on, *(day for one in told for day in _dates(one))])
    for one in told:
        one.days = days
    return told


def _open_to(request: InputRequest, rights: Rights) -> bool:
    """Overseers, the unit that asks, the unit that is asked."""
    return rights.oversees or not rights.units.isdisjoint({request.of.unit_id, request.case.unit_id})


def _dates(told: Told) -> list[date]:
    steps = told.steps
    moments = [localdate(at) for step in steps for at in (step.created, step.finished) if at]
    return [told.due_on, *moments, *(step.opens_on for step in steps)]


def missing_words(told: Sequence[Told]) -> str:
    """02 đơn vị chưa trả lời."""
    missing = sum(one.missing for one in told)
    return f"{counted(missing)} đơn vị chưa trả lời" if missing else f"{counted(len(told))} đề nghị, đã có trả lời"


def visible_input(case_id: int, rights: Rights) -> Told | None:
    """A request whose case this person sees or holds; None for anybody else."""
    seen = Case.objects.visible_to(rights).filter(pk=case_id).exists()
    if not seen and not Step.objects.actionable(rights).filter(process_id=case_id).exists():
        return None
    rows = InputRequest.objects.filter(pk=case_id, agency_id=rights.agency_id)
    return next(iter(told_of(rows.select_related(*PEOPLE, "of__assignment"), rights)), None)
