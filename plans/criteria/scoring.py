"""Scores of criteria: entered, compared with last year's, and proved by documents. Verbs refuse with PlanRefused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.timezone import now

from audit import services as audit
from evidence import sight
from evidence.models import Document
from evidence.services import attach, detach, store_document
from organization.models import User
from organization.rights import Rights
from organization.vietnamese import clock, decimal
from plans.criteria.arithmetic import Leaf, Sum, total
from plans.criteria.bands import Band, band_of
from plans.criteria.models import CriteriaSet, Criterion, CriterionDocument, CriterionLink, Score, Standing
from plans.criteria.rules import Absent, Rule, rounded
from plans.errors import PlanRefused
from plans.selfscoring import gate
from plans.services import need_office

POINTS = ("last_year", "self_score", "appraisal_1", "appraisal_2")
WORDS = ("standing", "reason", "basis", "explanation")


def stated(score: Score | None, rule: Rule, maximum: Decimal) -> Leaf:
    """What a criterion counts now: the newest of appraisal 2, appraisal 1, self-score."""
    if score is None:
        return Leaf(maximum)
    if score.standing == Standing.NOT_APPLICABLE:
        return Leaf(maximum, dropped=True)
    if score.standing == Standing.NOTHING and rule.absent is Absent.DROP:
        return Leaf(maximum, dropped=True)
    given = next((one for one in (score.appraisal_2, score.appraisal_1, score.self_score) if one is not None), None)
    return Leaf(maximum, maximum if given is None and score.standing == Standing.NOTHING else given)


def leaf_of(criterion: Criterion) -> Leaf:
    """Of a criterion that was fetched with its score."""
    return stated(getattr(criterion, "score", None), criterion.scored_by, criterion.max_points)


def last_year_of(criterion: Criterion) -> Leaf:
    """What it counted last year, by this year's maximum and whether it applies this year."""
    score: Score | None = getattr(criterion, "score", None)
    return Leaf(criterion.max_points, score.last_year if score else None, leaf_of(criterion).dropped)


def scored(sets: CriteriaSet | Iterable[int]) -> QuerySet[Criterion]:
    """The criteria that are scored, with their scores, in order."""
    found = Criterion.objects.filter(leaf=True).select_related("score")
    found = found.filter(criteria_set=sets) if isinstance(sets, CriteriaSet) else found.filter(criteria_set__in=sets)
    return found.order_by("criteria_set", "position")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the sheet: a field or criterion with the sums of its parts, or a scored criterion."""

    criterion: Criterion
    now: Sum
    last: Sum
    score: Score | None = None
    leaf: Leaf | None = None
    documents: int = 0

    @property
    def indent(self) -> str:
        return ("", "ps-3", "ps-4", "ps-5")[min(self.criterion.depth, 3)]

    @property
    def gap(self) -> Decimal | None:
        """Against last year; None where one of them is not known."""
        if self.score is None or self.leaf is None or self.leaf.points is None or self.score.last_year is None:
            return None
        return self.leaf.points - self.score.last_year


@dataclass(frozen=True, slots=True)
class Sheet:
    lines: list[Line]
    now: Sum
    last: Sum
    band: Band | None

    @property
    def has_last_year(self) -> bool:
        return any(line.score and line.score.last_year is not None for line in self.lines)


def sheet_of(found: CriteriaSet) -> Sheet:
    """Bảng điểm: every line with the sums of what is under it. One query."""
    criteria = list(
        Criterion.objects.filter(criteria_set=found)
        .select_related("score")
        .annotate(papers=Count("documents"))
        .order_by("position")
    )
    by_key = {criterion.pk: criterion for criterion in criteria}
    sums: dict[int, tuple[Sum, Sum]] = {criterion.pk: (Sum(), Sum()) for criterion in criteria}
    for criterion in criteria:
        if not criterion.leaf:
            continue
        parts = total([leaf_of(criterion)]), total([last_year_of(criterion)])
        place: Criterion | None = criterion
        while place is not None:
            sums[place.pk] = sums[place.pk][0] + parts[0], sums[place.pk][1] + parts[1]
            place = by_key.get(place.parent_id or 0)
    tops = [sums[criterion.pk] for criterion in criteria if criterion.parent_id is None]
    whole, last = sum((now for now, _ in tops), Sum()), sum((last for _, last in tops), Sum())
    lines = [
        Line(one, *sums[one.pk], getattr(one, "score", None), leaf_of(one) if one.leaf else None, one.papers)
        for one in criteria
    ]
    return Sheet(lines, whole, last, band_of(whole.exact_index, found.all_bands) if whole.points else None)


def enter_score(criterion_id: int, given: dict[str, Any], seen: str, rights: Rights) -> Score:
    """`given`: those of POINTS and WORDS that are written; `seen`: the stamp of the score that the person looked at.

    Raises Criterion.DoesNotExist, PermissionDenied, PlanRefused.
    """
    with audit.transaction():
        criterion, writing = gate.take(criterion_id, rights)
        _must_be_open(criterion)
        writing.must(bool(writing.names))
        before = Score.objects.filter(criterion=criterion).select_related("by").first()
        if stamp(before) != seen:
            raise PlanRefused(_changed(before))
        score = before or Score(criterion=criterion)
        was = facts(before)
        for name, value in given.items():
            writing.must(name in writing.names or value == getattr(score, name))
            if name in POINTS and name != "last_year" and value is not None and value > criterion.max_points:
                raise PlanRefused(f"Điểm của {criterion.code} không quá {decimal(criterion.max_points)}. Ghi lại điểm.")
            setattr(score, name, value)
        score.by_id, score.at = rights.user_id, now()
        score.save()
        audit.record("criterion.scored", criterion.subject, agency=rights.agency_id, actor=rights.user_id,
                     code=criterion.code, before=was, after=facts(score))  # fmt: skip
    return score


def _must_be_open(criterion: Criterion) -> None:
    if criterion.criteria_set.kept_at is None or not criterion.leaf:
        raise PlanRefused(f"{criterion.code} không chấm điểm trực tiếp. Chấm các mục trong đó.")
    if criterion.criteria_set.retired_at:
        raise PlanRefused(
            "Bộ tiêu chí đã ngừng áp dụng nên không chấm điểm nữa. Bỏ Ngừng áp dụng trong phần thiết lập nếu cần sửa."
        )


def _changed(score: Score | None) -> str:
    if score is None:
        return "Điểm của tiêu chí này đã bị xóa trong lúc bạn đang ghi. Xem lại rồi lưu lần nữa."
    return f"{score.by.full_name} đã ghi điểm lúc {clock(score.at)}, sau khi bạn mở trang. Xem lại rồi lưu lần nữa."


def stamp(score: Score | None) -> str:
    """What tells one state of a score from another."""
    return score.at.isoformat() if score else ""


def facts(score: Score | None) -> dict[str, str | None]:
    """As the ledger keeps it."""
    if score is None:
        return {}
    return {name: None if (value := getattr(score, name)) is None else str(value) for name in (*POINTS, *WORDS)}


def add_document(criterion_id: int, document: Document, place: str, rights: Rights, by: User) -> None:
    """The document proves the criterion; asked again, only the place in it changes."""
    with audit.transaction():
        criterion, writing = gate.take(criterion_id, rights)
        _must_be_open(criterion)
        writing.must(writing.adds_documents)
        attach(document, criterion.subject, by)
        before = CriterionDocument.objects.filter(criterion=criterion, document=document).first()
        CriterionDocument.objects.update_or_create(
            criterion=criterion, document=document, defaults={"place": place, "by": by, "at": now()}
        )
        audit.record("criterion.proved", criterion.subject, agency=rights.agency_id, actor=rights.user_id, code=criterion.code,
                     document=document.pk, before=before.place if before else None, place=place)  # fmt: skip


def store_proof(criterion_id: int, place: str, rights: Rights, by: User, **paper: Any) -> Document:
    """A new document that proves the criterion. Raises Criterion.DoesNotExist, PermissionDenied, PlanRefused, NotAccepted.

    `paper`: number, dated, issuer, abstract, files.
    """
    with audit.transaction():
        document = store_document(agency_id=rights.agency_id, by=by, **paper)
        # locked only now: a long upload keeps nobody waiting, and is undone where the round has moved on
        criterion, writing = gate.take(criterion_id, rights)
        _must_be_open(criterion)
        writing.must(writing.adds_documents)
        attach(document, criterion.subject, by)
        CriterionDocument.objects.create(criterion=criterion, document=document, place=place, by=by, at=now())
        audit.record("criterion.proved", criterion.subject, agency=rights.agency_id, actor=rights.user_id, code=criterion.code,
                     document=document.pk, before=None, place=place)  # fmt: skip
    return document


def remove_document(criterion_id: int, document: Document, rights: Rights, by: User) -> None:
    with audit.transaction():
        criterion, writing = gate.take(criterion_id, rights)
        _must_be_open(criterion)
        writing.must(writing.removes_documents)
        detach(document, criterion.subject, by)
        CriterionDocument.objects.filter(criterion=criterion, document=document).delete()


def take_last_year(set_id: int, rights: Rights) -> int:
    """Each criterion's last year's score: what the criteria of the year before got that became it. Says how many."""
    need_office(rights)
    with audit.transaction():
        gate.must_be_scored(criteria_set=set_id)
        found = CriteriaSet.objects.select_for_update().get(pk=set_id, agency_id=rights.agency_id)
        got = _got_before(found)
        scores = {score.criterion_id: score for score in Score.objects.filter(criterion__in=got).order_by("pk")}
        for key, points in got.items():
            score = scores.get(key) or Score(criterion_id=key)
            score.last_year, score.by_id, score.at = points, rights.user_id, now()
            score.save()
        audit.record("criteria.last_year_taken", found.subject, agency=found.agency_id, actor=rights.user_id,
                     criteria=len(got))  # fmt: skip
    return len(got)


def _got_before(found: CriteriaSet) -> dict[int, Decimal]:
    """Of the newest version of last year's set that it was mapped to. What became several is divided by their maxima."""
    links = CriterionLink.objects.filter(
        new__criteria_set=found, old__criteria_set__year=found.year - 1, old__criteria_set__level=found.level
    )
    newest = links.order_by("-old__criteria_set__version").values_list("old__criteria_set", flat=True).first()
    links = links.filter(old__criteria_set=newest).select_related("old__score", "new").order_by("new_id", "old_id")
    shared: dict[int, Decimal] = {}
    for link in links:
        shared[link.old_id] = shared.get(link.old_id, Decimal(0)) + link.new.max_points
    got: dict[int, Decimal] = {}
    for link in links:
        points, whole = leaf_of(link.old).points, shared[link.old_id]
        if points is not None:
            part = points * link.new.max_points / whole if whole else Decimal(0)
            got[link.new_id] = got.get(link.new_id, Decimal(0)) + part
    return {key: rounded(points) for key, points in got.items()}


def documents_of(criterion: Criterion) -> QuerySet[CriterionDocument, CriterionDocument]:
    return CriterionDocument.objects.filter(criterion=criterion).select_related("document").order_by("pk")


@dataclass(frozen=True, slots=True)
class Shown:
    """A document that proves a criterion, with the files this person may take: name and address."""

    proof: CriterionDocument
    files: list[tuple[str, str]]


def proofs_shown(criterion: Criterion, rights: Rights) -> list[Shown]:
    """Three queries."""
    rows = list(documents_of(criterion).prefetch_related("document__files"))
    keys = [row.document_id for row in rows]
    mine = set(sight.visible_to(rights).filter(pk__in=keys).order_by().values_list("pk", flat=True)) if rows else set()
    return [
        Shown(row, [(file.name, sight.address_of(file)) for file in row.document.files.all()] if row.document_id in mine else [])
        for row in rows
    ]  # fmt: skip


def missing(leaf: Leaf, documents: int, score: Score | None) -> bool:
    """Points without a document and without a word why: what an appraiser takes away first."""
    return bool(
        leaf.points and not leaf.dropped and not documents and not (score and (score.basis or score.explanation))
    )
