"""What the pages of reports read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Case as Choice
from django.db.models import CharField, Exists, OuterRef, Prefetch, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.timezone import localdate

from organization.calendar import BeyondCalendar, working_days_between
from organization.enums import LEADERS
from organization.models import Post, User
from organization.rights import Rights
from organization.vietnamese import acting, clock, counted, short_date
from reports.documents import Heading, heading_of, wording
from reports.documents.letter import results
from reports.enums import COMPLETED, Bucket
from reports.figures import Figures, rate, tabulate
from reports.flows import ReportFlow
from reports.models import Compilation, Report, Snapshot
from reports.snapshots import rows_of
from workflow.models import Case, Step

PRESENT, SIGN = ReportFlow.present.name, ReportFlow.sign.name
NEAR = 7
# how a bucket of the report is drawn: one of the product's twelve states
SHAPES = {Bucket.WAITING: "approve"}
EVENTS = {"presented": ("send", "sub"), "approved": ("st-done", "done"), "returned": ("st-returned", "returned")}


@dataclass(frozen=True, slots=True)
class Badge:
    """Colour and shape (`kind`), words, and a tint where someone must act."""

    kind: str
    words: str
    tint: bool = False


def visible_reports(rights: Rights) -> QuerySet[Report]:
    """Reports of the person's agency that they may see, newest due first."""
    seen = Case.objects.visible_to(rights).filter(pk=OuterRef("pk"))
    reports = Report.objects.filter(Exists(seen), agency_id=rights.agency_id)
    return reports.select_related("case__unit", "period__plan", "plan").order_by("-period__due_on", "-pk")


def with_work(reports: QuerySet[Report], on: date) -> QuerySet[Report]:
    """Each report with its versions (`versions`) and its `steps`, newest first, each with the `place` of its owner."""
    versions = Compilation.objects.select_related("snapshot").defer("snapshot__content").order_by("-number")
    owners = Post.objects.on(on).filter(user_id=OuterRef("owner_id"))
    steps = Step.objects.order_by("-id").select_related("owner", "pool_unit").annotate(place=place_in(owners))
    return reports.prefetch_related(
        Prefetch("compilations", versions, to_attr="versions"), Prefetch("case__task_set", steps, to_attr="steps")
    )


def place_in(posts: QuerySet[Post]) -> Coalesce:
    """What follows a name: the post of a leader, else the unit."""
    leading = posts.filter(role__in=LEADERS).order_by("role").annotate(words=Choice(
        *(When(role=role, then=Value(role.label)) for role in sorted(LEADERS)), output_field=CharField(),
    ))  # fmt: skip
    return Coalesce(Subquery(leading.values("words")[:1]), Subquery(posts.order_by("unit_id").values("unit__name")[:1]))


def names_of(people: Iterable[int | None], on: date) -> dict[int, str]:
    """«Nông Đức Ánh (Phó Giám đốc)», «Nguyễn Thị Hường (Văn phòng)»: two people may share one name."""
    posts = Post.objects.on(on).filter(user_id=OuterRef("pk"))
    known = User.objects.filter(pk__in={person for person in people if person}).annotate(place=place_in(posts))
    rows = known.values_list("pk", "full_name", "place")
    return {key: f"{name} ({place})" if place else name for key, name, place in rows}


@dataclass
class Dossier:
    """A report with its versions and steps as pages show it."""

    report: Report
    on: date
    days_left: int | None = None

    @cached_property
    def names(self) -> dict[int, str]:
        """Everyone the page speaks of, by key. A query; lists do not ask."""
        people = {person for step in self.steps for person in (step.owner_id, step.acted_by_id, step.on_behalf_of_id)}
        return names_of(
            people | {person for version in self.versions for person in (version.by_id, version.signer_id)}, self.on
        )

    @property
    def case(self) -> Case:
        return self.report.case

    @property
    def versions(self) -> list[Compilation]:
        versions: list[Compilation] = self.report.versions  # type: ignore[attr-defined]
        return versions

    @property
    def steps(self) -> list[Step]:
        steps: list[Step] = self.case.steps
        return steps

    @cached_property
    def open_step(self) -> Step | None:
        return next((step for step in self.steps if step.finished is None), None)

    @property
    def stage(self) -> str:
        return self.open_step.stage if self.open_step else ""

    @property
    def running(self) -> Compilation | None:
        """The version under way; only the last can be."""
        return self.versions[0] if self.versions and self.versions[0].finished is None else None

    @property
    def ready(self) -> Compilation | None:
        """The newest version with files: what is presented, decided on and handed out."""
        return next((version for version in self.versions if version.digest), None)

    @property
    def returned(self) -> Step | None:
        """Leadership's return that nothing has answered yet."""
        last = next((step for step in self.steps if step.outcome), None)
        return last if last and last.outcome == "returned" else None

    @property
    def returned_by(self) -> str:
        return self.who(self.returned) if self.returned else ""

    @property
    def presented(self) -> Step | None:
        """What brought the report to leadership."""
        return next((step for step in self.steps if step.outcome == "presented"), None)

    @property
    def presented_by(self) -> str:
        return self.who(self.presented) if self.presented else ""

    @property
    def signer(self) -> str:
        """Who the newest version is for."""
        return self.names.get(self.ready.signer_id, "") if self.ready else ""

    @property
    def holder(self) -> str:
        """Who holds the report now."""
        step = self.open_step
        if step is None:
            return ""
        if step.owner:
            return f"{step.owner.full_name} ({step.place})" if step.place else step.owner.full_name
        return step.pool_unit.name if step.pool_unit else ""

    @property
    def state(self) -> Badge:
        if self.open_step is None:
            return Badge("done", "Đã duyệt dự thảo")
        if self.stage == SIGN:
            return Badge("approve", "Chờ lãnh đạo duyệt")
        if self.running:
            return Badge("review", f"Đang tổng hợp phiên bản {self.running.number}")
        if self.returned:
            return Badge("returned", "Trả lại, chờ hoàn thiện", tint=True)
        return Badge("review", "Chờ trình lãnh đạo")

    @property
    def due(self) -> Badge | None:
        """How long there is until the report is due; nothing once it is approved."""
        due_on = self.report.period.due_on
        if self.open_step is None:
            return None
        if due_on < self.on:
            return Badge("overdue", f"Quá hạn {_days(self.days_left)}".strip(), tint=True)
        if due_on == self.on:
            return Badge("today", "Đến hạn hôm nay", tint=True)
        if self.days_left is None:
            return Badge("in-time", "Trong hạn")
        near = self.days_left <= NEAR
        return Badge("soon" if near else "in-time", f"Còn {_days(self.days_left)}", tint=near)

    @property
    def rail(self) -> list[dict[str, str]]:
        """Where the report was, is and will be."""
        parts = ["Tổng hợp", "Hoàn thiện, trình lãnh đạo", "Lãnh đạo duyệt dự thảo"]
        now = 3 if self.open_step is None else 2 if self.stage == SIGN else 0 if self.running or not self.ready else 1
        notes = [self._compiled, self._last("presented"), self._last("approved")]
        if now < 3:
            notes[now] = f"đang lập phiên bản {self.running.number}" if self.running else self.holder
        places = ["past" if number < now else "now" if number == now else "next" for number in range(3)]
        rows = zip(parts, places, notes, strict=True)
        return [
            {"words": words, "place": place, "note": note if place != "next" else ""} for words, place, note in rows
        ]

    @property
    def _compiled(self) -> str:
        if not self.ready or not self.ready.finished:
            return ""
        return f"phiên bản {self.ready.number}, {day_month(self.ready.finished)}"

    def _last(self, outcome: str) -> str:
        step = next((step for step in self.steps if step.outcome == outcome), None)
        if step is None or step.finished is None:
            return ""
        return f"{self.who(step)}, {day_month(step.finished)}"

    def who(self, step: Step) -> str:
        """Who acted, with the person in whose name."""
        return acting(self.names.get(step.acted_by_id or 0, ""), self.names.get(step.on_behalf_of_id or 0, ""))

    @property
    def events(self) -> list[dict[str, str]]:
        """History, newest first: versions and decisions, who, when, why."""
        told = [(step.finished, self._decision(step)) for step in self.steps if step.outcome and step.finished]
        told += [(version.at, self._asking(version)) for version in self.versions]
        return [event for _, event in sorted(told, key=lambda pair: pair[0], reverse=True)]

    def _decision(self, step: Step) -> dict[str, str]:
        icon, css = EVENTS[step.outcome]
        number = next((version.number for version in self.versions if version.digest == step.digest), None)
        instead = f", thay {self.names.get(step.on_behalf_of_id, '')}" if step.on_behalf_of_id else ""
        return {
            "icon": icon, "css": css, "name": self.names.get(step.acted_by_id or 0, ""), "quote": step.note,
            "verb": f"{step.outcome_label}{f' phiên bản {number}' if number else ''}{instead}",
            "when": clock(step.finished) if step.finished else "",
        }  # fmt: skip

    def _asking(self, version: Compilation) -> dict[str, str]:
        stopped = " (đã dừng)" if version.finished and not version.digest else ""
        return {
            "icon": "doc", "css": "sub", "name": self.names.get(version.by_id, ""), "quote": "",
            "verb": f"đã yêu cầu tổng hợp phiên bản {version.number}{stopped}", "when": clock(version.at),
        }  # fmt: skip


def dossiers(reports: QuerySet[Report], rights: Rights) -> list[Dossier]:
    """Reports with what their pages say; a fixed number of queries, whatever the number of reports."""
    found = list(with_work(reports, rights.on))
    left = _days_left(rights, {report.period.due_on for report in found})
    return [Dossier(report, rights.on, left.get(report.period.due_on)) for report in found]


def _days_left(rights: Rights, dates: set[date]) -> dict[date, int]:
    try:
        return working_days_between(rights.agency_id, dates, rights.on)
    except BeyondCalendar:
        return {}


def _days(number: int | None) -> str:
    return f"{counted(abs(number))} ngày làm việc" if number else ""


def day_month(moment: datetime) -> str:
    return short_date(localdate(moment)).rsplit("/", 1)[0]


@dataclass(frozen=True, slots=True)
class Line:
    """One bucket of the figures: how it is drawn, its words, its number, where its rows stand on the page."""

    kind: str
    words: str
    number: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one bucket, as the page's annex shows them."""

    anchor: str
    kind: str
    words: str
    rows: list[dict[str, Any]]


@dataclass
class Findings:
    """What a version says, from its frozen figures."""

    snapshot: Snapshot
    heading: Heading
    figures: Figures
    groups: list[Group] = field(default_factory=list)
    formula: str = wording.FORMULA
    unit_note: str = wording.UNIT_NOTE

    @property
    def lines(self) -> list[Line]:
        return [
            Line(shape(bucket), bucket.label, self.figures.total[bucket], anchor(bucket)) for bucket in wording.TOLD
        ]

    @property
    def by_field(self) -> list[dict[str, Any]]:
        return _table(self.figures.by_field)

    @property
    def by_unit(self) -> list[dict[str, Any]]:
        return _table(self.figures.by_unit)

    @property
    def sentences(self) -> list[str]:
        return [
            wording.opening(self.heading),
            wording.totals(self.figures),
            wording.achieved(self.figures),
            wording.shortcomings(self.figures),
        ]

    @property
    def late(self) -> list[dict[str, Any]]:
        return [row for row in self.figures.rows if row["bucket"] == Bucket.OVERDUE]


def findings_of(version: Compilation) -> Findings:
    """The frozen figures of a version and its letterhead."""
    if version.snapshot_id is None:
        raise Snapshot.DoesNotExist
    snapshot = Snapshot.objects.select_related("period", "plan", "agency").get(pk=version.snapshot_id)
    figures = tabulate(rows_of(snapshot))
    buckets = (*wording.TOLD, Bucket.DROPPED)
    groups = [Group(anchor(bucket), shape(bucket), bucket.label, _rows(figures, bucket)) for bucket in buckets]
    return Findings(
        snapshot,
        heading_of(snapshot, version.signer, localdate(version.at)),
        figures,
        [group for group in groups if group.rows],
    )


def _rows(figures: Figures, bucket: Bucket) -> list[dict[str, Any]]:
    return [
        row | {"leads": "; ".join(row["lead"]), "results": results(row)}
        for row in figures.rows
        if row["bucket"] == bucket
    ]


def _table(groups: Mapping[str, Mapping[Bucket, int]]) -> list[dict[str, Any]]:
    return [
        {
            "name": name, "total": sum(number for bucket, number in counts.items() if bucket != Bucket.DROPPED),
            "completed": sum(counts[bucket] for bucket in COMPLETED), "late": counts[Bucket.OVERDUE], "rate": rate(counts),
        }
        for name, counts in groups.items()
    ]  # fmt: skip


def shape(bucket: Bucket) -> str:
    return SHAPES.get(bucket, bucket.value)


def anchor(bucket: Bucket) -> str:
    return f"nhom-{bucket.value}"
