"""What Văn phòng does with a survey: look over a file, keep it, put it away, choose how it is computed.

Verbs refuse with PlanRefused.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from decimal import Decimal
from typing import IO

from django.conf import settings
from django.db import connection
from django.utils.timezone import localdate, now

from audit import services as audit
from organization.rights import Rights
from organization.vietnamese import clock
from plans.errors import PlanRefused
from plans.models import MeasureText
from plans.services import append_rows, need_office
from plans.surveys.catalogues import Catalogue, shipped
from plans.surveys.models import Method, QuestionCatalogue, Survey, SurveySheet
from plans.surveys.reading import SurveyFile, read_survey_file
from plans.surveys.selectors import findings_of
from plans.surveys.suggesting import APPENDIX, suggestions

BATCH = 5_000
ALREADY_KEPT = "Khảo sát này đã được lưu. Mở khảo sát để xem kết quả."

# One pass over the sheets: everybody (0, 0), then each value of each grouping; an answer left open counts as 0.
TALLY = """
INSERT INTO plans_surveytally (survey_id, grouping, value, question, answer, number)
SELECT sheet.survey_id, part.grouping, part.value, given.question, COALESCE(given.answer, 0), count(*)
FROM plans_surveysheet sheet
CROSS JOIN LATERAL (
    SELECT 0 AS grouping, 0 AS value
    UNION ALL
    SELECT member.grouping::int, member.value::int
    FROM unnest(sheet.groups) WITH ORDINALITY AS member(value, grouping)
    WHERE member.value IS NOT NULL
) part
CROSS JOIN LATERAL unnest(sheet.answers) WITH ORDINALITY AS given(answer, question)
WHERE sheet.survey_id = %s
GROUP BY 1, 2, 3, 4, 5
"""


def catalogues_of(agency_id: int | None) -> list[Catalogue]:
    """The shipped ones, each as the agency has reworded it."""
    own = {row.key: row.as_catalogue() for row in QuestionCatalogue.objects.filter(agency_id=agency_id).order_by("key")}
    return [own.get(catalogue.key, catalogue) for catalogue in shipped()]


def read_survey(source: IO[bytes], agency_id: int | None, key: str = "") -> SurveyFile:
    """Raises UnreadableError."""
    return read_survey_file(source, settings.IMPORT_MAX_BYTES, catalogues_of(agency_id), key)


def put_aside(
    read: SurveyFile,
    *,
    agency_id: int,
    by_id: int | None,
    filename: str,
    sha256: str,
    name: str = "",
    method: Method = Method.POOLED,
) -> Survey:
    """A file that was read, to be looked over: its sheets and their tally are in place, nothing of it is kept yet."""
    year = (read.last_day or localdate()).year
    with audit.transaction():
        survey = Survey.objects.create(
            agency_id=agency_id, by_id=by_id, at=now(), name=(name or f"Khảo sát SIPAS năm {year}")[:200], year=year,
            first_day=read.first_day, last_day=read.last_day, respondents=len(read.sheets),
            questions=[asdict(question) for question in read.questions],
            scale=list(read.catalogue.scale), satisfied_from=read.catalogue.satisfied_from,
            groupings=[{"name": grouping.name, "values": grouping.values} for grouping in read.groupings],
            problems=[asdict(problem) for problem in read.problems], problem_count=read.problem_count,
            not_kept=read.not_kept, source_name=filename[-255:], source_sha256=sha256, method=method,
        )  # fmt: skip
        sheets = (
            SurveySheet(survey=survey, answers=list(sheet.answers), groups=list(sheet.groups)) for sheet in read.sheets
        )
        SurveySheet.objects.bulk_create(sheets, batch_size=BATCH)
        with connection.cursor() as cursor:
            cursor.execute(TALLY, [survey.pk])
    return survey


def keep_survey(survey_id: int, name: str, year: int, *, agency_id: int, by_id: int | None) -> Survey:
    """Lưu khảo sát: from now on leadership sees it."""
    with audit.transaction():
        survey = _locked(survey_id, agency_id)
        if survey.kept_at:
            raise PlanRefused(ALREADY_KEPT)
        twin = Survey.objects.kept().filter(agency_id=agency_id, source_sha256=survey.source_sha256).first()
        if twin:
            raise PlanRefused(f"Tệp này đã được nhập lúc {clock(twin.at)} thành “{twin.name}”. Hủy bỏ lần nhập này.")
        survey.name, survey.year, survey.kept_at = name, year, now()
        survey.save(update_fields=("name", "year", "kept_at"))
        audit.record(
            "survey.kept", f"survey:{survey.pk}", agency=agency_id, actor=by_id, name=name, year=year,
            respondents=survey.respondents, source=survey.source_name, sha256=survey.source_sha256,
        )  # fmt: skip
    return survey


def discard_survey(survey_id: int, rights: Rights) -> None:
    """A file that is not wanted, or a survey that was imported wrongly; the ledger keeps that it was there."""
    need_office(rights)
    with audit.transaction():
        survey = _locked(survey_id, rights.agency_id)
        if survey.kept_at:
            audit.record(
                "survey.discarded", f"survey:{survey.pk}", agency=survey.agency_id, actor=rights.user_id,
                name=survey.name, respondents=survey.respondents, sha256=survey.source_sha256,
            )  # fmt: skip
        survey.delete()


def set_method(survey_id: int, method: Method, target: Decimal, rights: Rights) -> None:
    """Cách tính and the level below which a question is weak."""
    need_office(rights)
    with audit.transaction():
        survey = _locked(survey_id, rights.agency_id)
        survey.method, survey.target = method, target
        survey.save(update_fields=("method", "target"))
        audit.record("survey.method_set", f"survey:{survey.pk}", agency=survey.agency_id, actor=rights.user_id,
                     method=method.value, target=str(target))  # fmt: skip


def save_catalogue(catalogue: Catalogue, rights: Rights) -> None:
    """The agency's own wording; surveys that are kept already stay as they were asked."""
    need_office(rights)
    with audit.transaction():
        QuestionCatalogue.objects.update_or_create(
            agency_id=rights.agency_id, key=catalogue.key,
            defaults={
                "name": catalogue.name, "scale": list(catalogue.scale), "satisfied_from": catalogue.satisfied_from,
                "questions": [asdict(question) for question in catalogue.questions], "by_id": rights.user_id, "at": now(),
            },
        )  # fmt: skip
        audit.record("catalogue.changed", f"catalogue:{catalogue.key}", agency=rights.agency_id, actor=rights.user_id,
                     questions=len(catalogue.questions))  # fmt: skip


def _locked(survey_id: int, agency_id: int) -> Survey:
    return Survey.objects.select_for_update().get(pk=survey_id, agency_id=agency_id)


def take_over(survey: Survey, plan_id: int, codes: Collection[str], rights: Rights) -> list[MeasureText]:
    """Put suggested tasks at the end of a draft plan, in its Phụ lục II. Raises Plan.DoesNotExist."""
    need_office(rights)
    found = suggestions(findings_of(survey).questions, survey.target)
    taken = [suggestion for suggestion in found if suggestion.code in codes]
    numbers = MeasureText.objects.filter(version__plan_id=plan_id, appendix=APPENDIX).values_list("order", flat=True)
    last = max((int(number) for number in numbers.order_by("order") if number.isdecimal()), default=0)
    rows = [suggestion.row(order, survey.name) for order, suggestion in enumerate(taken, last + 1)]
    return append_rows(plan_id, rows, rights)
