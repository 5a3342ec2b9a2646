"""What a step's page reads: the case, its wording in the plan, its rounds with their documents, its history.

Each is one query whatever the number of rounds and documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import takewhile
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.utils.timezone import localdate, localtime

from evidence.models import Document, DocumentFile, Use
from organization.models import AgencySettings, User
from organization.rights import Rights
from organization.vietnamese import clock, short_date
from plans.enums import Part
from plans.models import MeasureCriterion, MeasureText, MeasureUnit, Occurrence, PlanVersion
from workflow import levels
from workflow.checks import Check, Paper, checks_of, products_of
from workflow.differences import Span, words_changed
from workflow.flows import AssignmentFlow
from workflow.models import Assignment, Case, InputRequest, Progress, SlipItem, Step, Submission, SubmissionDocument
from workflow.querysets import HANDED_IN
from workflow.returns import KINDS, RETURNS, checklist
from workflow.selectors import pool_words

OF_THE_CASE = ("process__unit", "process__plan", "process__assignment__measure", "process__assignment__officer")
FILE_ICONS = {"pdf": "file-pdf", "sheet": "file-excel", "word": "file-word", "image": "file-image"}
# what ends work from outside: the closing of its plan, the result of another row
CLOSED = frozenset({"carried", "lapsed", "not_carried_on", "shared"})
STAGES = (
    AssignmentFlow.assign,
    AssignmentFlow.execute,
    AssignmentFlow.submit,
    AssignmentFlow.review,
    AssignmentFlow.approve,
)


def history_of(step_id: int, rights: Rights) -> list[Step]:
    """All steps of the case of a step, newest first, with the people in them; empty where this person may
    neither act on it nor see it. Each has `mine` (whether this person may act on it now), its round, the
    agency's `supplement_days`, `asks_others`: whether any unit was asked for input, `has_progress`: whether the unit said anything of it, `on_slips`: whether it was ever on a slip, and `may_confirm`: whether Văn phòng may say the last word."""
    days = AgencySettings.objects.filter(agency_id=rights.agency_id).values("supplement_days")
    case = Subquery(Step.objects.filter(pk=step_id, agency_id=rights.agency_id).values("process_id"))
    visible = Exists(Case.objects.visible_to(rights).filter(pk=OuterRef("process_id")))
    steps = (
        Step.objects.with_permission(rights)
        .with_deputised(rights)
        .with_own_round()
        .with_hands()
        .filter(process_id=case)
        .annotate(visible=visible, supplement_days=Subquery(days))
        .annotate(
            asks_others=Exists(InputRequest.objects.filter(of=OuterRef("process_id"))),
            has_progress=Exists(Progress.objects.filter(case=OuterRef("process_id"))),
            on_slips=Exists(SlipItem.objects.filter(step__process=OuterRef("process_id"))),
        )
        .annotate(may_confirm=Exists(levels.allowed().filter(pk=OuterRef("process_id"))))
        .order_by("-id")
    )
    steps = steps.select_related(
        *OF_THE_CASE, "acted_by", "on_behalf_of", "owner", "pool_unit", "recorded_by", "paper", "slip"
    )
    found = list(steps.prefetch_related("paper__files"))
    return found if any(step.mine or step.visible for step in found) else []


@dataclass(frozen=True, slots=True)
class Filed:
    """A document as a page shows it; `files` have id, name, size, type."""

    id: int
    number: str
    dated: date | None
    issuer: str
    abstract: str
    files: list[dict[str, Any]]

    @classmethod
    def of(cls, row: dict[str, Any]) -> Filed:
        return cls(**row | {"dated": date.fromisoformat(row["dated"]) if row["dated"] else None})

    @classmethod
    def of_document(cls, document: Document) -> Filed:
        files = [{"id": f.pk, "name": f.name, "size": f.size, "type": f.content_type} for f in document.files.all()]
        return cls(document.pk, document.number, document.dated, document.issuer, document.abstract, files)

    @property
    def name(self) -> str:
        return self.number or self.abstract

    @property
    def icon(self) -> str:
        kind = self.files[0]["type"] if self.files else ""
        return next((icon for part, icon in FILE_ICONS.items() if part in kind), "doc")

    @property
    def note(self) -> str:
        """Trích yếu and issuer."""
        parts = [self.abstract if self.number else "", self.issuer]
        return " · ".join(part for part in parts if part)

    @property
    def title(self) -> str:
        """418/BC-SKHĐT, Báo cáo kết quả…"""
        return f"{self.number}, {self.abstract}" if self.number else self.abstract


@dataclass(frozen=True, slots=True)
class Wording:
    """How the newest version of the plan words a row; `criteria` have code, name, points."""

    text: MeasureText
    criteria: list[dict[str, Any]]
    helpers: list[str]
    due_on: date | None  # of this period, as the plan is understood
    amended: bool  # the plan has been amended by a document since it went under way
    before: str = ""  # what the unit handed in for the period before


def wording_of(case: Case) -> Wording:
    row = OuterRef("pk")
    criteria = MeasureCriterion.objects.filter(text=row).order_by("position")
    helpers = MeasureUnit.objects.filter(text=row, part=Part.COORDINATING).order_by("position")
    due = Occurrence.objects.filter(text=row, number=case.assignment.period).values("due_on")[:1]
    work = case.assignment
    earlier = Submission.objects.filter(assignment__measure_id=work.measure_id, assignment__period__lt=work.period)
    before = earlier.filter(assignment__unit_id=case.unit_id).order_by("-assignment__period", "-number")
    text = (
        MeasureText.objects.filter(measure_id=case.assignment.measure_id)
        .annotate(
            understood_on=Subquery(due),
            before=Subquery(before.values("statement")[:1]),
            amended=Exists(PlanVersion.objects.filter(plan_id=case.plan_id).exclude(document_number="")),
            worth=ArraySubquery(criteria.values_list(JSONObject(code="code", name="name", points="points"))),
            helpers=ArraySubquery(helpers.values_list(Coalesce("unit__name", "written"))),
        )
        .latest("version__number")
    )
    return Wording(text, text.worth, text.helpers, text.understood_on, text.amended, text.before or "")


@dataclass(frozen=True, slots=True)
class Round:
    """A submission with the documents as they stood in it."""

    number: int
    statement: str
    by: User
    on_behalf_of: User | None
    at: datetime
    digest: str
    before_issue: bool
    documents: list[Filed]

    @property
    def title(self) -> str:
        return round_title(self.number)


def round_title(number: int) -> str:
    return f"Lần nộp thứ {number}"


def rounds_of(case: Case) -> list[Round]:
    """All rounds, newest first."""
    held = SubmissionDocument.objects.filter(submission_id=OuterRef("pk")).order_by("position")
    rounds = Submission.objects.filter(assignment_id=case.pk).defer("content").order_by("-number")
    rounds = rounds.select_related("by", "on_behalf_of").annotate(
        rows=ArraySubquery(held.values_list(as_json("document__", "document_id")))
    )
    return [
        Round(
            one.number,
            one.statement,
            one.by,
            one.on_behalf_of,
            one.at,
            one.digest,
            one.before_issue,
            [Filed.of(row) for row in one.rows],
        )
        for one in rounds
    ]


def documents_beside(case: Case) -> list[Filed]:
    """The documents that stand beside the case now."""
    beside = Use.objects.filter(subject=case.subject, agency_id=case.agency_id).order_by("id")
    return [Filed.of(row) for row in beside.values_list(as_json("document__", "document_id"), flat=True)]


def as_json(document: str, key: str) -> JSONObject:
    files = DocumentFile.objects.filter(document_id=OuterRef(key)).order_by("id")
    return JSONObject(
        id=key, number=f"{document}number", dated=f"{document}dated", issuer=f"{document}issuer",
        abstract=f"{document}abstract",
        files=ArraySubquery(files.values_list(JSONObject(id="id", name="name", size="size", type="content_type"))),
    )  # fmt: skip


def checks_for(case: Case, wording: Wording, statement: str, documents: Sequence[Filed]) -> list[Check]:
    return checks_of(
        statement=statement,
        papers=[Paper(document.number, document.dated, document.abstract) for document in documents],
        products=products_of(wording.text.product),
        criteria=[criterion["code"] for criterion in wording.criteria],
        year=case.plan.year if case.plan else None,
        before=wording.before,
    )


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of the rail: where the case was, is, or will be (`place`: past, now, next)."""

    words: str
    place: str
    note: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the history: who did what, when, why."""

    icon: str
    css: str
    name: str
    verb: str
    when: str
    quote: str = ""
    papers: Sequence[DocumentFile] = ()


@dataclass
class Dossier:
    """A case as a step's page shows it."""

    case: Case
    steps: list[Step] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)

    @cached_property
    def current(self) -> Step | None:
        return next((step for step in self.steps if step.finished is None), None)

    def step(self, pk: int) -> Step:
        return next(step for step in self.steps if step.pk == pk)

    @property
    def last_round(self) -> Round | None:
        return self.rounds[0] if self.rounds else None

    @property
    def done(self) -> list[Step]:
        """What people have done, newest first."""
        return [step for step in self.steps if step.finished and step.outcome]

    @property
    def told(self) -> list[tuple[Step, Event, bool]]:
        """What happened, newest first: each closed step (True), and each time an open one changed hands (False)."""
        lines: list[tuple[Step, Event, bool]] = []
        for step in self.steps:
            if step.finished and step.outcome:
                lines.append((step, self._event(step), True))
            lines += [(step, handed_over(step, row), False) for row in step.handed]
        return lines

    @property
    def events(self) -> list[Event]:
        return [event for _, event, _ in self.told]

    def _event(self, step: Step) -> Event:
        icon, css = ICONS.get(step.outcome, ("person", "sub"))
        number = f" (lần nộp thứ {step.round_number})" if step.round_number else ""
        instead = f", thay {step.on_behalf_of.full_name}" if step.on_behalf_of else ""
        # what the officer writes on handing over is the result itself, not a remark
        quote = "" if step.outcome == "done" else step.note
        when = clock(step.finished) if step.finished else ""
        verb = f"{step.outcome_label}{number}{instead}{paper_words(step)}{slip_words(step)}"
        return Event(icon, css, name_of(step.acted_by), verb, when, quote, step.paper.files.all() if step.paper else ())

    @property
    def rail(self) -> list[Stage]:
        here = self.current or self.steps[0]
        stages = [node.name for node in STAGES]
        reached = stages.index(here.stage) if here.stage in stages else len(stages)
        return [self._stage(node, number, reached) for number, node in enumerate(STAGES)]

    def _stage(self, node: Any, number: int, reached: int) -> Stage:
        words = str(node.task_title)
        if number == reached and self.current:
            return Stage(words, "now", f"{holder_of(self.current)}, từ {day_month(self.current.created)}")
        if number > reached:
            return Stage(words, "next", "")
        last = next((step for step in self.done if step.stage == node.name), None)
        if last is None or last.finished is None:
            return Stage(words, "past", "không qua bước này")
        return Stage(words, "past", f"{last.who}, {day_month(last.finished)}")

    @property
    def returns(self) -> list[Step]:
        """What was asked since the last round was handed in, newest first: by a judge, by the head before handing in."""
        since = takewhile(lambda step: not (step.outcome in HANDED_IN and not step.pulled), self.done)
        return [step for step in since if step.outcome in RETURNS]

    @property
    def asked(self) -> str:
        """What the judge asked for whose return the unit answers now: Trả lại, chưa đạt."""
        return next((KINDS[step.outcome] for step in self.returns if step.judging), "")

    @property
    def handed_in_on(self) -> date | None:
        """The local date of the last round: its unit's clock stands from there."""
        moment = next((step.finished for step in self.done if step.round_number and not step.judging), None)
        return localdate(moment) if moment else None

    @property
    def statement(self) -> str:
        """What the unit wrote last: what the officer handed over, or what the head submitted since."""
        for step in self.done:
            if step.outcome == "done":
                return step.note
            if step.round_statement and not step.judging:
                return str(step.round_statement)
        return ""


def handed_over(step: Step, row: dict[str, Any]) -> Event:
    """Đã bàn giao bước Thực hiện từ Nguyễn Văn Hùng cho Nông Thị Thuỳ."""
    from_whom = f" từ {row['former']}" if row["former"] else ""
    instead = f", thay {row['instead_of']}" if row["instead_of"] else ""
    words = f"đã bàn giao bước {step.stage_title}{from_whom} cho {row['to']}{instead}"
    return Event("swap", "sub", row["by"], words, clock(datetime.fromisoformat(row["at"])), row["reason"])


@dataclass(frozen=True, slots=True)
class Asked:
    """A return as the unit reads it: its points as a checklist, and what it means for the clock."""

    step: Step
    what: str
    points: list[str]
    until: str = ""
    direct: bool = False


def asked_of(dossier: Dossier, step: Step, today: date) -> list[Asked]:
    """What the holder of an open step answers now."""
    return [_asked(one, step, today) for one in dossier.returns if one.pk < step.pk and (one.judging or step.owner_id)]


def _asked(one: Step, step: Step, today: date) -> Asked:
    points = checklist(one.note)
    if not one.judging:
        return Asked(one, "đã trả lại", points)
    what, until = f"{one.outcome_label}", ""
    if step.answer_by and one.outcome == "supplement":
        day = short_date(step.answer_by)
        kept = f"Bổ sung chậm nhất ngày {day} thì giữ nguyên ngày nộp."
        until = kept if today <= step.answer_by else f"Đã qua ngày {day}: ngày nộp là ngày bổ sung."
    return Asked(one, what, points, until, step.direct)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the difference between two rounds."""

    words: str
    spans: list[Span]


def changes_between(before: Round, after: Round) -> list[Change]:
    """What a round changes: documents taken out and put in, then the statement word by word."""
    old = {document.id: document for document in before.documents}
    new = {document.id: document for document in after.documents}
    changes = [Change("Gỡ tài liệu", [Span("del", old[key].title)]) for key in old if key not in new]
    changes += [Change("Thêm tài liệu", [Span("ins", new[key].title)]) for key in new if key not in old]
    words = words_changed(before.statement, after.statement)
    return [*changes, Change("Kết quả thực hiện", words)] if words else changes


ICONS = {
    "assigned": ("person", "sub"),
    "done": ("send", "sub"),
    "submitted": ("send", "sub"),
    "submitted_past_review": ("send", "sub"),
    "returned": ("st-returned", "returned"),
    "supplement": ("st-returned", "returned"),
    "clarify": ("info", "review"),
    "accepted": ("st-approve", "approve"),
    "approved": ("st-done", "done"),
    "recalled": ("left", "sub"),
    "discontinued": ("st-dropped", "dropped"),
    "reopened": ("history", "sub"),
    "confirmed": ("st-done", "done"),
    "shared": ("st-done", "done"),
    "carried": ("st-carried", "carried"),
    "lapsed": ("st-overdue", "overdue"),
    "not_carried_on": ("st-dropped", "dropped"),
}


def paper_words(step: Step) -> str:
    """, quyết định trên giấy số 12/TB-SKHĐT ngày 08/11/2026, Nguyễn Thị Lan ghi nhận."""
    if step.paper is None:
        return ""
    paper = f"số {step.paper.number} ngày {short_date(step.paper.dated)}"
    return f", quyết định trên giấy {paper}, {name_of(step.recorded_by)} ghi nhận"


def slip_words(step: Step) -> str:
    """, theo phiếu trình số 12/2026."""
    return f", theo {step.slip}" if step.slip else ""


def name_of(person: User | None) -> str:
    return person.full_name if person else ""


def holder_of(step: Step) -> str:
    """Who holds an open step, in words: a person, or the place where nobody has taken it yet."""
    if step.owner:
        return step.owner.full_name
    return pool_words(step.pool_role, step.pool_unit.name if step.pool_unit else "")


def day_month(moment: datetime) -> str:
    """08/11: a day of this year, beside a name."""
    day = localtime(moment)
    return f"{day.day:02d}/{day.month}" if day.month > 2 else f"{day.day:02d}/{day.month:02d}"


def wordings_of(measures: Iterable[int]) -> dict[int, MeasureText]:
    """The newest wording of each of these measures."""
    texts = MeasureText.objects.filter(measure_id__in=list(measures)).order_by("version__number")
    return {text.measure_id: text for text in texts}


def former_officers(measures: Iterable[int]) -> dict[tuple[int, int], int]:
    """Who did each measure last, by measure and unit."""
    named = Assignment.objects.filter(measure_id__in=list(measures), officer__isnull=False).order_by("period")
    return {
        (measure, unit): officer for measure, unit, officer in named.values_list("measure_id", "unit_id", "officer_id")
    }
