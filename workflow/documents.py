"""Documents of the work: who may download them, and putting them beside a case while it is in hand.

`evidence` states facts; whether a person may see a document is decided here, by the cases that use it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.db import OperationalError, models
from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, When
from django.db.models.functions import Cast, Substr
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from audit import services as audit
from evidence import services as evidence
from evidence import sight
from evidence.content import KINDS
from evidence.forms import DocumentForm
from evidence.models import Document, DocumentFile, Use
from evidence.selectors import beside
from organization.enums import Role
from organization.models import User
from organization.rights import Rights
from plans.criteria.models import CriterionDocument
from plans.models import Plan, PlanVersion
from workflow.dossier import Filed, documents_beside
from workflow.engine import BUSY
from workflow.errors import Busy, Refused
from workflow.models import Case, Step, SubmissionDocument
from workflow.notices import page_of

PREFIX = "case:"
IN_HAND = ("execute", "submit", "answer", "prepare")
ALREADY_HANDED_IN = (
    "Hồ sơ đã nộp hoặc đã chuyển bước nên không thay đổi được tài liệu. Tải lại trang để xem tình trạng mới nhất."
)


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file with the address that downloads it."""

    name: str
    kind: str
    size: str
    url: str


@dataclass(frozen=True, slots=True)
class CaseLink:
    """A case that stands on a document, in a word or two."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Row:
    """A document as lists show it. `remove_url` is empty where it may not be taken away."""

    filed: Filed
    files: Sequence[FileRow]
    remove_url: str = ""
    cases: Sequence[CaseLink] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """What templates/evidence/panel.html shows. `form` is None where nothing may be changed; `back` is the page
    that a person without JavaScript returns to; `refusal` and `done` say what became of the last press."""

    rows: Sequence[Row]
    form: DocumentForm | None = None
    add_url: str = ""
    back: str = ""
    refusal: str = ""
    done: str = ""


def panel_of(case: Case, rights: Rights, form: DocumentForm | None = None, back: str = "") -> Panel:
    """The documents beside a case now, and a form for one more where this person may change them."""
    filed = documents_beside(case)
    if form is None and not changeable(case, rights).exists():
        return Panel([row_of(one) for one in filed], back=back)
    return changing(case, filed, form, back)


def changing(case: Case, filed: Sequence[Filed], form: DocumentForm | None = None, back: str = "") -> Panel:
    """The panel for who has the case in hand; `filed` are the documents beside it."""
    add_url = reverse("workflow:add_document", args=[case.pk])
    return Panel([row_of(one, case.pk) for one in filed], form or DocumentForm(), add_url, back)


def row_of(filed: Filed, case_id: int | None = None, cases: Sequence[Case] = ()) -> Row:
    """`case_id`: the case from which it may be taken away."""
    remove_url = reverse("workflow:remove_document", args=[case_id, filed.id]) if case_id else ""
    links = [CaseLink(case.code or case.name, page_of(case)) for case in cases]
    return Row(filed, [_file_row(**file) for file in filed.files], remove_url, links)


def _file_row(id: int, name: str, size: int, type: str) -> FileRow:  # noqa: A002 - the names are the stored ones
    kind = KINDS[type].label if type in KINDS else ""
    return FileRow(name, kind, filesizeformat(size), reverse("workflow:download", args=[id]))


def documents_of(case: Case) -> QuerySet[Document]:
    """The documents beside a case, in the order in which they were put there."""
    return beside(case.subject).filter(agency_id=case.agency_id)


def changeable(case: Case, rights: Rights) -> QuerySet[Step]:
    """The case's open step, where it is in hand and this person may act on it."""
    nodes = [getattr(case.flow_class.instance, name) for name in IN_HAND if hasattr(case.flow_class.instance, name)]
    return Step.objects.actionable(rights).filter(process=case, flow_task__in=nodes)


def add_document(
    case_id: int, rights: Rights, by: User, *, number: str, dated: date | None, issuer: str, abstract: str,
    files: Sequence[File[bytes]],
) -> Document:  # fmt: skip
    """A new document beside a case in hand. Raises Refused, PermissionDenied and NotAccepted."""
    with _one_at_a_time():
        document = evidence.store_document(
            agency_id=rights.agency_id, by=by, number=number, dated=dated, issuer=issuer, abstract=abstract, files=files
        )
        # locked only now: a long upload keeps nobody waiting, and is undone where the case has moved on
        evidence.attach(document, _in_hand(case_id, rights).subject, by)
        return document


def remove_document(case_id: int, document: Document, rights: Rights, by: User) -> None:
    """Take a document off a case's working set; submissions that name it keep it. Raises Refused, PermissionDenied."""
    with _one_at_a_time():
        evidence.detach(document, _in_hand(case_id, rights).subject, by)


def take_over(source: Case, work_id: int, rights: Rights, by: User) -> int:
    """The documents of an answered request go beside the work in hand as well; how many are new there.

    Raises Refused, PermissionDenied.
    """
    with _one_at_a_time():
        work = _in_hand(work_id, rights)
        there = set(documents_of(work).values_list("pk", flat=True))
        new = [document for document in documents_of(source) if document.pk not in there]
        for document in new:
            evidence.attach(document, work.subject, by)
        return len(new)


@contextmanager
def _one_at_a_time() -> Generator[None]:
    """A verb's transaction; a case that somebody else holds for long is said to be busy."""
    try:
        with audit.transaction():
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) in BUSY:
            raise Busy from error
        raise


def _in_hand(case_id: int, rights: Rights) -> Case:
    """The case, locked as an act would lock it, while its unit has it in hand."""
    case = Case.objects.select_for_update().get(pk=case_id)
    must_be_in_hand(case, rights)
    return case


def must_be_in_hand(case: Case, rights: Rights) -> None:
    """Raises Refused where the case has gone on to its judges, PermissionDenied where another has it in hand."""
    if changeable(case, rights).exists():
        return
    if Step.objects.open().filter(process=case, judging=False).exists():
        raise PermissionDenied("Bạn không có quyền thực hiện thao tác này.")
    raise Refused(ALREADY_HANDED_IN)


def visible_documents(rights: Rights) -> QuerySet[Document]:
    """The agency's documents this person may open: their own, those of cases they see, signed plans, papers on which
    somebody decided of a case they see, and what proves a criterion that their unit scores or that they oversee."""
    here = Document.objects.filter(agency_id=rights.agency_id)
    seen = Q(by_id=rights.user_id) | Q(Exists(_beside_visible(rights))) | Q(Exists(_handed_in_visible(rights)))
    seen |= Q(Exists(_decided_on(rights))) | Q(Exists(_proving(rights)))
    if rights.roles - {Role.ADMINISTRATOR}:  # the administrator sees no content
        seen |= Q(Exists(Plan.objects.filter(signed_document=OuterRef("pk"), agency_id=rights.agency_id)))
        seen |= Q(Exists(PlanVersion.objects.filter(signed_document=OuterRef("pk"), plan__agency_id=rights.agency_id)))
    return here.filter(seen)


# only what begins with the prefix is read as a number, in whatever order the database looks
CASE_ID = When(subject__startswith=PREFIX, then=Cast(Substr("subject", len(PREFIX) + 1), BigIntegerField()))


def _beside_visible(rights: Rights) -> QuerySet[Use]:
    cases = Case.objects.visible_to(rights).filter(pk=OuterRef("case_id"))
    uses = Use.objects.filter(document=OuterRef("pk")).annotate(case_id=models.Case(CASE_ID))
    return uses.filter(Exists(cases))


def _handed_in_visible(rights: Rights) -> QuerySet[SubmissionDocument]:
    cases = Case.objects.visible_to(rights).filter(pk=OuterRef("submission__assignment_id"))
    return SubmissionDocument.objects.filter(Exists(cases), document=OuterRef("pk"))


def _decided_on(rights: Rights) -> QuerySet[Step]:
    cases = Case.objects.visible_to(rights).filter(pk=OuterRef("process_id"))
    return Step.objects.filter(Exists(cases), paper=OuterRef("pk"))


def _proving(rights: Rights) -> QuerySet[CriterionDocument]:
    proofs = CriterionDocument.objects.filter(document=OuterRef("pk"))
    return proofs if rights.oversees else proofs.filter(criterion__share__unit__in=rights.units)


def register_sight() -> None:
    sight.register(sight.Sight(visible_documents, lambda file: reverse("workflow:download", args=[file.pk])))


def visible_files(rights: Rights) -> QuerySet[DocumentFile]:
    return DocumentFile.objects.filter(agency_id=rights.agency_id, document__in=visible_documents(rights))


def waiting_on(document_id: int, rights: Rights) -> list[int]:
    """The steps that wait for this person and have this document before them. One query."""
    beside = Use.objects.filter(document=document_id, subject__startswith=PREFIX).values_list(models.Case(CASE_ID))
    handed_in = SubmissionDocument.objects.filter(document=document_id).values("submission__assignment_id")
    steps = Step.objects.actionable(rights).filter(Q(process_id__in=beside) | Q(process_id__in=handed_in))
    return list(steps.values_list("pk", flat=True))


def used_by(documents: Sequence[Document], rights: Rights) -> dict[int, list[Case]]:
    """The cases that stand on each document, of those this person sees. Two queries."""
    keys = [document.pk for document in documents]
    at_hand = Use.objects.filter(document__in=keys, subject__startswith=PREFIX).order_by()
    handed_in = SubmissionDocument.objects.filter(document__in=keys).order_by()
    pairs = at_hand.values_list("document_id", models.Case(CASE_ID)).union(
        handed_in.values_list("document_id", "submission__assignment_id")
    )
    found = set(pairs)
    cases = Case.objects.visible_to(rights).in_bulk({case for _, case in found})
    used: dict[int, list[Case]] = {}
    for document, case in sorted(found):
        if case in cases:
            used.setdefault(document, []).append(cases[case])
    return used
