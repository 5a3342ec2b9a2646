"""What a survey says: by question, factor, block and over all; by group; from survey to survey."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection
from django.db.models import Case, F, PositiveSmallIntegerField, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from organization.vietnamese import decimal, fold, sort_key
from plans.surveys.catalogues import Question
from plans.surveys.index import Answers, mean, percent, pooled, wilson
from plans.surveys.models import Method, Survey, SurveyTally
from plans.surveys.reading import SurveyFile

# fewer sheets than this say little of a group
FEW = 30
Key = tuple[int, int, int]  # survey, value of the grouping, place of the question


@dataclass(frozen=True)
class Index:
    """One number with what it rests on. `size` is how many people it speaks of, for the interval: answers of one
    person to several questions are not independent, so a factor has the size of its best-answered question."""

    name: str
    share: Fraction | None
    valid: int
    missing: int
    size: int
    text: str = ""
    factor: str = ""

    @property
    def percent(self) -> Decimal | None:
        return percent(self.share)

    @property
    def interval(self) -> tuple[Decimal, Decimal] | None:
        return wilson(self.share, self.size)

    @property
    def words(self) -> str:
        return "–" if self.percent is None else f"{decimal(self.percent)}%"

    @property
    def interval_words(self) -> str:
        found = self.interval
        return f"{decimal(found[0])}–{decimal(found[1])}%" if found else "–"

    @property
    def few(self) -> bool:
        return self.size < FEW


@dataclass(frozen=True)
class Findings:
    """Everything that is said of one set of sheets."""

    overall: Index
    blocks: list[Index]
    factors: list[Index]
    questions: list[Index]

    def factor(self, name: str) -> Index | None:
        return next((factor for factor in self.factors if fold(factor.name) == fold(name)), None)


@dataclass(frozen=True)
class Level:
    """How often one answer was given to a question."""

    words: str
    number: int


def answers_of(surveys: Sequence[Survey], grouping: int = 0) -> dict[Key, Answers]:
    """One query, whatever the number of sheets."""
    tallies = SurveyTally.objects.filter(survey__in=surveys, grouping=grouping)
    levels = [When(survey=survey.pk, then=Value(survey.satisfied_from)) for survey in surveys]
    satisfied_from = Case(*levels, default=Value(0), output_field=PositiveSmallIntegerField())
    rows = (
        tallies.annotate(satisfied_from=satisfied_from)
        .values("survey_id", "value", "question")
        .annotate(
            satisfied=Coalesce(Sum("number", filter=Q(answer__gte=F("satisfied_from"))), 0),
            valid=Coalesce(Sum("number", filter=Q(answer__gt=0)), 0),
            missing=Coalesce(Sum("number", filter=Q(answer=0)), 0),
        )
        .order_by("survey_id", "value", "question")
    )
    return {
        (row["survey_id"], row["value"], row["question"]): Answers(row["satisfied"], row["valid"], row["missing"])
        for row in rows
    }


def findings_of(survey: Survey) -> Findings:
    return _findings(survey.asked, answers_of([survey]), survey.pk, 0, Method(survey.method))


def _findings(
    questions: Sequence[Question], found: dict[Key, Answers], survey: int, value: int, method: Method
) -> Findings:
    answers = [found.get((survey, value, place), Answers()) for place in range(1, len(questions) + 1)]
    pairs = list(zip(questions, answers, strict=True))

    def part(name: str, of: Iterable[tuple[Question, Answers]]) -> Index:
        return _index(name, [answer for _, answer in of], method)

    factors = list(dict.fromkeys((question.block, question.factor) for question in questions))
    blocks = list(dict.fromkeys(question.block for question in questions if question.block))
    return Findings(
        part("Chỉ số chung", pairs),
        [part(block, (p for p in pairs if p[0].block == block)) for block in blocks],
        [part(factor, (p for p in pairs if (p[0].block, p[0].factor) == (block, factor))) for block, factor in factors],
        [Index(q.code, a.share, a.valid, a.missing, a.valid, text=q.text, factor=q.factor) for q, a in pairs],
    )


def _index(name: str, answers: Sequence[Answers], method: Method) -> Index:
    share = mean(answers) if method == Method.MEAN else pooled(answers)
    return Index(
        name, share, sum(one.valid for one in answers), sum(one.missing for one in answers),
        max((one.valid for one in answers), default=0),
    )  # fmt: skip


@dataclass(frozen=True)
class Group:
    name: str
    respondents: int
    findings: Findings


def groups_of(survey: Survey, grouping: int) -> list[Group]:
    """One row for each value of the grouping, in the order of the alphabet. `grouping` counts from 1."""
    found = answers_of([survey], grouping)
    names = survey.groupings[grouping - 1]["values"]
    groups = [
        Group(name, _sheets(found, survey.pk, place),
              _findings(survey.asked, found, survey.pk, place, Method(survey.method)))
        for place, name in enumerate(names)
    ]  # fmt: skip
    return sorted((group for group in groups if group.respondents), key=lambda group: sort_key(group.name))


# Two groupings at once are counted over the sheets; each alone stands in the tally.
CROSS = """
SELECT sheet.groups[%(down)s], sheet.groups[%(across)s], given.question,
       count(*) FILTER (WHERE given.answer >= %(satisfied_from)s), count(given.answer), count(*) - count(given.answer)
FROM plans_surveysheet sheet
CROSS JOIN LATERAL unnest(sheet.answers) WITH ORDINALITY AS given(answer, question)
WHERE sheet.survey_id = %(survey)s
  AND sheet.groups[%(down)s] IS NOT NULL AND sheet.groups[%(across)s] IS NOT NULL
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Cross:
    """The overall index of each pair of values; None where no sheet has both."""

    across: list[str]
    rows: list[tuple[str, list[tuple[int, Index] | None]]]


def cross_of(survey: Survey, down: int, across: int) -> Cross:
    """Thủ tục × nhóm tuổi: both count from 1. One query."""
    found: dict[tuple[int, int], dict[Key, Answers]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            CROSS, {"down": down, "across": across, "satisfied_from": survey.satisfied_from, "survey": survey.pk}
        )
        for row, column, question, satisfied, valid, missing in cursor.fetchall():
            found.setdefault((row, column), {})[survey.pk, 0, question] = Answers(satisfied, valid, missing)

    def cell(row: int, column: int) -> tuple[int, Index] | None:
        answers = found.get((row, column))
        if answers is None:
            return None
        overall = _findings(survey.asked, answers, survey.pk, 0, Method(survey.method)).overall
        return _sheets(answers, survey.pk, 0), overall

    rows, columns = _in_order(survey, down), _in_order(survey, across)
    return Cross(
        [name for _, name in columns], [(name, [cell(row, column) for column, _ in columns]) for row, name in rows]
    )


def _in_order(survey: Survey, grouping: int) -> list[tuple[int, str]]:
    return sorted(enumerate(survey.groupings[grouping - 1]["values"]), key=lambda pair: sort_key(pair[1]))


def _sheets(found: dict[Key, Answers], survey: int, value: int) -> int:
    first = found.get((survey, value, 1), Answers())
    return first.valid + first.missing


@dataclass(frozen=True)
class Trend:
    """Surveys from the oldest on; a factor's row has None where a survey did not ask it."""

    surveys: list[Survey]
    overall: list[Index]
    factors: list[tuple[str, list[Index | None]]]


def trend_of(surveys: Sequence[Survey], method: Method) -> Trend:
    """All computed in one way, so that they compare."""
    ordered = sorted(surveys, key=lambda one: (one.year, str(one.last_day or ""), one.pk))
    found = answers_of(ordered)
    each = [_findings(survey.asked, found, survey.pk, 0, method) for survey in ordered]
    names = list({fold(factor.name): factor.name for findings in each for factor in findings.factors}.values())
    return Trend(ordered, [one.overall for one in each], [(name, [one.factor(name) for one in each]) for name in names])


def levels_of(survey: Survey) -> list[list[Level]]:
    """For each question, how often each answer was given, from the lowest; then how many gave none."""
    rows = SurveyTally.objects.filter(survey=survey, grouping=0).values_list("question", "answer", "number")
    found = {(question, answer): number for question, answer, number in rows.order_by("question", "answer")}
    words = [*enumerate(survey.levels, 1), (0, "Không trả lời")]
    return [
        [Level(level, found.get((place, answer), 0)) for answer, level in words]
        for place in range(1, len(survey.questions) + 1)
    ]


def findings_of_file(read: SurveyFile, method: Method) -> Findings:
    """The same of a file that is not stored."""
    found: dict[Key, Answers] = {}
    for place in range(len(read.questions)):
        given = [sheet.answers[place] for sheet in read.sheets]
        valid = [answer for answer in given if answer]
        satisfied = sum(answer >= read.catalogue.satisfied_from for answer in valid)
        found[0, 0, place + 1] = Answers(satisfied, len(valid), len(given) - len(valid))
    return _findings(read.questions, found, 0, 0, method)


def to_json(respondents: int, findings: Findings) -> dict[str, Any]:
    """What `import_survey --json` prints: percent with two decimals, null where nobody answered."""

    def number(index: Index) -> float | None:
        return None if index.percent is None else float(index.percent)

    return {
        "respondents": respondents,
        "overall": number(findings.overall),
        "factors": {factor.name: number(factor) for factor in findings.factors},
        "questions": {question.name: number(question) for question in findings.questions},
    }
