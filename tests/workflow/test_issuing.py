"""Đưa vào theo dõi: what a plan's rows become, and what waits for Văn phòng's word."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from organization.models import AgencySettings, Unit
from plans.enums import BeforeIssue
from plans.models import Occurrence, Plan
from tests.office import Office, make_document
from tests.threads import race
from tests.workflow.drafts import Draft, make_draft
from workflow.duedates import set_due
from workflow.errors import Refused
from workflow.issuing import Issued, decide_past, issue_plan, name_lead
from workflow.models import Assignment, Case, Schedule, Step

TODAY = date(2026, 6, 12)
PAST, LATER = date(2026, 3, 31), date(2026, 11, 30)


@pytest.fixture(autouse=True)
def on_the_day_of_issue():
    with time_machine.travel("2026-06-12T09:00:00+07:00", tick=False):
        yield


@pytest.fixture
def draft(office: Office) -> Draft:
    return make_draft(office)


def issue(draft: Draft, who: str = "chief", **changes: object) -> Issued:
    said = {"number": "45/KH-SKHĐT", "issued_on": TODAY} | changes
    return issue_plan(draft.plan.pk, draft.office.rights(who), **said)


def begun(draft: Draft) -> list[tuple[str, str, int]]:
    cases = Case.objects.filter(plan=draft.plan).order_by("pk")
    return [(case.code, case.unit.code, case.assignment.period) for case in cases]


@pytest.mark.django_db
class TestIssuing:
    def test_each_row_makes_one_assignment_per_lead_and_period(self, draft: Draft, office: Office) -> None:
        draft.row(office.division, office.other_division, due=[date(2026, 7, 31), date(2026, 8, 31)])
        issued = issue(draft)
        assert issued.assignments == 4
        assert begun(draft) == [("I.1", "ĐKKD", 1), ("I.1", "ĐKKD", 2), ("I.1", "KTN", 1), ("I.1", "KTN", 2)]

    def test_case_carries_what_the_row_says(self, draft: Draft, office: Office) -> None:
        draft.row(office.division, due=[LATER], task="Rà soát “TTHC”")
        issue(draft)
        case = Case.objects.get(plan=draft.plan)
        assert (case.code, case.title, case.points) == ("I.1", "Rà soát “TTHC”", Decimal("1.50"))
        assert (case.original_due_on, case.due_on, case.schedule) == (LATER, LATER, Schedule.DATED)
        assert case.folded == "i.1 ra soat “tthc”"
        steps = Step.objects.filter(process=case).order_by("pk")
        assert [(step.stage, step.pool_unit_id) for step in steps] == [("start", None), ("assign", office.division.pk)]

    def test_group_of_all_becomes_each_office_and_division_that_lives(self, draft: Draft, office: Office) -> None:
        Unit.objects.create(agency=office.agency, parent=office.agency, kind="division", code="CŨ", name="Phòng cũ",
                            until=date(2026, 6, 11))  # fmt: skip
        draft.row("all", due=[LATER])
        issue(draft)
        assert {unit for _, unit, _ in begun(draft)} == {"VP", "ĐKKD", "KTN"}

    def test_group_with_procedures_becomes_the_units_that_have_some(self, draft: Draft, office: Office) -> None:
        Unit.objects.filter(pk=office.division.pk).update(has_procedures=True)
        draft.row("with_procedures", kind="open")
        issue(draft)
        assert begun(draft) == [("I.1", "ĐKKD", 1)]

    def test_unit_named_beside_its_group_gets_one_assignment(self, draft: Draft, office: Office) -> None:
        draft.row(office.division, "all", due=[LATER])
        assert issue(draft).assignments == 3

    @pytest.mark.parametrize(
        ("kind", "schedule"),
        [
            ("open", "ongoing"),
            ("conditional", "undated"),
            ("relative", "undated"),
            ("unknown", "undated"),
        ],
    )
    def test_row_without_dates_makes_one_assignment_without_a_date(
        self, draft: Draft, office: Office, kind: str, schedule: str
    ) -> None:
        draft.row(office.division, kind=kind)
        issue(draft)
        case = Case.objects.get(plan=draft.plan)
        assert (case.schedule, case.due_on, case.original_due_on, case.opens_on) == (schedule, None, None, TODAY)

    def test_work_opens_with_its_period_or_20_days_before_it_is_due(self, draft: Draft, office: Office) -> None:
        draft.row(office.division, due=[LATER])
        draft.row(
            office.division, due=[(date(2026, 9, 1), date(2026, 9, 30)), (date(2026, 10, 20), date(2026, 10, 25))]
        )
        issue(draft)
        opens = Case.objects.filter(plan=draft.plan).order_by("pk").values_list("opens_on", flat=True)
        assert list(opens) == [date(2026, 1, 1), date(2026, 9, 1), date(2026, 10, 5)]
        steps = Step.objects.filter(process__plan=draft.plan, finished=None).order_by("pk")
        assert [step.opens_on for step in steps] == [TODAY, date(2026, 9, 1), date(2026, 10, 5)]

    def test_open_work_that_starts_later_opens_on_its_day(self, draft: Draft, office: Office) -> None:
        row = draft.row(office.division, kind="open")
        row.begins_on = date(2026, 7, 1)
        row.save()
        issue(draft)
        step = Step.objects.get(process__plan=draft.plan, finished=None)
        assert (step.process.opens_on, step.opens_on) == (date(2026, 7, 1), date(2026, 7, 1))

    def test_days_before_are_the_agencys_setting(self, draft: Draft, office: Office) -> None:
        AgencySettings.objects.filter(agency=office.agency).update(opens_days_before=40)
        draft.row(office.division, due=[(date(2026, 9, 1), date(2026, 9, 30))])
        issue(draft)
        assert Case.objects.get(plan=draft.plan).opens_on == date(2026, 8, 21)

    def test_row_whose_lead_is_unknown_stays_listed_and_makes_nothing(self, draft: Draft, office: Office) -> None:
        row = draft.row("?", due=[LATER])
        draft.row("related", due=[LATER])
        draft.row(office.division, due=[LATER])
        issued = issue(draft)
        assert [text.code for text in issued.leaderless] == [row.code, "I.2"]
        assert begun(draft) == [("I.3", "ĐKKD", 1)]

    def test_nothing_is_born_overdue(self, draft: Draft, office: Office) -> None:
        draft.row(office.division, due=[PAST, date(2026, 6, 11), TODAY, LATER])
        issued = issue(draft, issued_on=date(2026, 1, 5))
        assert begun(draft) == [("I.1", "ĐKKD", 3), ("I.1", "ĐKKD", 4)]
        assert [o.number for o in issued.undecided] == [1, 2]
        assert not Case.objects.filter(due_on__lt=TODAY).exists()

    def test_second_issue_is_refused_and_makes_nothing(self, draft: Draft, office: Office) -> None:
        draft.row(office.division, due=[LATER])
        issue(draft)
        with pytest.raises(Refused, match="đã đưa kế hoạch này vào theo dõi ngày 12/6/2026"):
            issue(draft, number="46/KH")
        assert len(begun(draft)) == 1

    def test_number_and_date_of_an_issued_plan_are_not_taken_again(self, draft: Draft, office: Office) -> None:
        draft.row(office.division, due=[LATER])
        issue(draft)
        again = make_draft(office)
        again.row(office.division, due=[LATER])
        with pytest.raises(Refused, match="số và ngày này"):
            issue(again)
        assert begun(again) == []

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"number": "  "}, "Chưa ghi số kế hoạch"),
            ({"number": "9" * 61}, "dài quá 60 ký tự"),
            ({"issued_on": date(2026, 6, 13)}, "13/6/2026 ở sau hôm nay"),
        ],
    )
    def test_wrong_number_or_date_is_refused(
        self, draft: Draft, office: Office, changes: dict[str, object], sentence: str
    ) -> None:
        draft.row(office.division, due=[LATER])
        with pytest.raises(Refused, match=sentence):
            issue(draft, **changes)
        assert Plan.objects.get(pk=draft.plan.pk).issued_at is None

    def test_plan_without_rows_is_refused(self, draft: Draft) -> None:
        with pytest.raises(Refused, match="chưa có dòng nhiệm vụ"):
            issue(draft)

    @pytest.mark.parametrize("who", ["head", "officer", "leader", "viewer", "administrator"])
    def test_only_the_office_issues(self, draft: Draft, office: Office, who: str) -> None:
        draft.row(office.division, due=[LATER])
        with pytest.raises(PermissionDenied):
            issue(draft, who)

    def test_another_agencys_plan_is_not_there(self, draft: Draft, other_office: Office) -> None:
        with pytest.raises(Plan.DoesNotExist):
            issue_plan(draft.plan.pk, other_office.rights("chief"), number="1/KH", issued_on=TODAY)

    def test_ledger_names_number_date_counts_and_digest(self, draft: Draft, office: Office) -> None:
        draft.row(office.division, due=[PAST, LATER])
        draft.row("?", kind="open")
        issue(draft)
        entry = Entry.objects.get(verb="plan.issued")
        body = json.loads(entry.text)["body"]
        assert (entry.subject, entry.actor) == (f"plan:{draft.plan.pk}", office["chief"].pk)
        assert len(entry.digest) == 64
        assert body == {"number": "45/KH-SKHĐT", "issued_on": "2026-06-12", "signed_document": None, "rows": 2,
                        "assignments": 1, "recorded": 0, "undecided": 1, "leaderless": 1}  # fmt: skip

    def test_queries_of_issuing_grow_by_three_inserts_a_thousand(self, office: Office) -> None:
        """Besides the keys drawn for each thousand steps."""
        counts = []
        for rows, units in ((1, 1), (40, 1), (40, 30)):
            draft = make_draft(office)
            for number in range(units - 1):
                Unit.objects.get_or_create(agency=office.agency, parent=office.agency, kind="division",
                                           code=f"P{number}", defaults={"name": f"Phòng {number}"})  # fmt: skip
            for _ in range(rows):
                draft.row("all", due=[LATER, date(2026, 12, 31)])
            with CaptureQueriesContext(connection) as queries:
                issued = issue(draft, number=f"{rows}.{units}/KH")
            counts.append((issued.assignments, len(queries)))
        assert [assignments for assignments, _ in counts] == [6, 240, 2560]
        one, many, thousands = (queries for _, queries in counts)
        assert one == many
        assert thousands == one + 2 * 4


@pytest.mark.django_db
class TestPastDue:
    def test_recorded_result_ends_at_once_on_the_documents_day(self, draft: Draft, office: Office) -> None:
        row = draft.row(office.division, due=[PAST])
        document = make_document(office, office["chief"])
        document.dated = date(2026, 3, 20)
        document.save()
        decide_past(draft.plan.pk, ids(row), BeforeIssue.RECORDED, office.rights("chief"), result=document)
        assert begun(draft) == []
        issued = issue(draft)
        assert (issued.assignments, issued.recorded, issued.undecided) == (1, 1, [])
        case = Case.objects.with_timeliness(TODAY, TODAY).get(plan=draft.plan)
        assert case.finished is not None
        assert (case.original_due_on, case.due_on, case.submitted_on, case.timeliness) == (
            PAST,
            PAST,
            date(2026, 3, 20),
            "done",
        )
        submission = case.assignment.submissions.get()
        assert submission.before_issue
        assert [d.document for d in submission.documents.all()] == [document]
        assert document.uses.filter(subject=case.subject).exists()
        stages = Step.objects.filter(process=case).order_by("pk")
        assert [step.stage for step in stages] == ["recorded", "end"]

    def test_result_dated_after_the_due_day_is_late(self, draft: Draft, office: Office) -> None:
        row = draft.row(office.division, due=[PAST])
        document = make_document(office, office["chief"])
        decide_past(draft.plan.pk, ids(row), BeforeIssue.RECORDED, office.rights("chief"), result=document)
        issue(draft)
        assert Case.objects.with_timeliness(TODAY, TODAY).get(plan=draft.plan).timeliness == "done-late"

    def test_moved_occurrence_has_the_new_date_for_both(self, draft: Draft, office: Office) -> None:
        row = draft.row(office.division, due=[PAST])
        decide_past(draft.plan.pk, ids(row), BeforeIssue.MOVED, office.rights("chief"), new_due_on=date(2026, 6, 30))
        issue(draft)
        case = Case.objects.get(plan=draft.plan)
        assert (case.original_due_on, case.due_on) == (date(2026, 6, 30), date(2026, 6, 30))
        assert Occurrence.objects.get(text=row).due_on == PAST

    def test_dropped_occurrence_makes_nothing_and_is_not_listed(self, draft: Draft, office: Office) -> None:
        row = draft.row(office.division, due=[PAST, LATER])
        decide_past(draft.plan.pk, ids(row)[:1], BeforeIssue.DROPPED, office.rights("chief"))
        issued = issue(draft)
        assert begun(draft) == [("I.1", "ĐKKD", 2)]
        assert issued.undecided == []

    def test_undecided_rows_are_decided_after_the_issue_together(self, draft: Draft, office: Office) -> None:
        rows = [draft.row(office.division, due=[PAST]), draft.row("all", due=[PAST])]
        assert issue(draft).assignments == 0
        count = decide_past(
            draft.plan.pk, ids(*rows), BeforeIssue.MOVED, office.rights("reviewer"), new_due_on=date(2026, 6, 30)
        )
        assert count == 4
        assert len(begun(draft)) == 4

    def test_later_decision_leaves_the_periods_that_have_begun(self, draft: Draft, office: Office) -> None:
        row = draft.row(office.division, due=[PAST, LATER])
        issue(draft)
        count = decide_past(
            draft.plan.pk, ids(row)[:1], BeforeIssue.MOVED, office.rights("chief"), new_due_on=date(2026, 6, 30)
        )
        assert (count, begun(draft)) == (1, [("I.1", "ĐKKD", 2), ("I.1", "ĐKKD", 1)])

    def test_decision_after_the_issue_is_final(self, draft: Draft, office: Office) -> None:
        row = draft.row(office.division, due=[PAST])
        issue(draft)
        rights = office.rights("chief")
        decide_past(draft.plan.pk, ids(row), BeforeIssue.MOVED, rights, new_due_on=TODAY)
        with pytest.raises(Refused, match="đã được quyết định"):
            decide_past(draft.plan.pk, ids(row), BeforeIssue.DROPPED, rights)

    def test_decision_on_a_draft_can_be_changed(self, draft: Draft, office: Office) -> None:
        row = draft.row(office.division, due=[PAST])
        rights = office.rights("chief")
        decide_past(draft.plan.pk, ids(row), BeforeIssue.MOVED, rights, new_due_on=TODAY)
        decide_past(draft.plan.pk, ids(row), BeforeIssue.DROPPED, rights)
        issue(draft)
        assert begun(draft) == []

    def test_new_date_that_passed_before_the_issue_is_asked_again(self, draft: Draft, office: Office) -> None:
        row = draft.row(office.division, due=[PAST])
        decide_past(draft.plan.pk, ids(row), BeforeIssue.MOVED, office.rights("chief"), new_due_on=TODAY)
        with time_machine.travel("2026-06-15T09:00:00+07:00"):
            assert [o.text_id for o in issue(draft).undecided] == [row.pk]

    @pytest.mark.parametrize("decision", [BeforeIssue.RECORDED, BeforeIssue.MOVED])
    def test_decision_without_its_document_or_date_is_refused(
        self, draft: Draft, office: Office, decision: BeforeIssue
    ) -> None:
        row = draft.row(office.division, due=[PAST])
        with pytest.raises(Refused):
            decide_past(draft.plan.pk, ids(row), decision, office.rights("chief"))
        with pytest.raises(Refused):
            decide_past(
                draft.plan.pk, ids(row), BeforeIssue.MOVED, office.rights("chief"), new_due_on=date(2026, 6, 11)
            )

    def test_another_plans_occurrence_is_refused(self, draft: Draft, office: Office, other_office: Office) -> None:
        foreign = make_draft(other_office).row(other_office.division, due=[PAST])
        with pytest.raises(Refused):
            decide_past(draft.plan.pk, ids(foreign), BeforeIssue.DROPPED, office.rights("chief"))
        assert Occurrence.objects.get(text=foreign).before_issue == ""


@pytest.mark.django_db
class TestLaterKnown:
    def test_named_lead_begins_the_rows_work(self, draft: Draft, office: Office) -> None:
        row = draft.row("?", due=[LATER])
        issue(draft)
        assert name_lead(row.pk, [office.division, office.other_division], office.rights("chief")) == 2
        assert begun(draft) == [("I.1", "ĐKKD", 1), ("I.1", "KTN", 1)]
        with pytest.raises(Refused, match="đã có đơn vị chủ trì"):
            name_lead(row.pk, [office.office], office.rights("chief"))

    def test_named_lead_of_a_draft_waits_for_the_issue(self, draft: Draft, office: Office) -> None:
        row = draft.row("?", due=[LATER])
        assert name_lead(row.pk, [office.division], office.rights("chief")) == 0
        assert issue(draft).assignments == 1

    def test_lead_named_late_is_not_born_overdue(self, draft: Draft, office: Office) -> None:
        row = draft.row("?", due=[date(2026, 6, 20)])
        issue(draft)
        with time_machine.travel("2026-07-01T09:00:00+07:00"):
            assert name_lead(row.pk, [office.division], office.rights("chief")) == 0
            count = decide_past(
                draft.plan.pk, ids(row), BeforeIssue.MOVED, office.rights("chief"), new_due_on=date(2026, 7, 20)
            )
        assert count == 1

    def test_unit_of_another_agency_is_no_lead(self, draft: Draft, office: Office, other_office: Office) -> None:
        row = draft.row("?", due=[LATER])
        with pytest.raises(Refused, match="danh sách đơn vị"):
            name_lead(row.pk, [other_office.division], office.rights("chief"))

    def test_undated_work_gets_both_dates(self, draft: Draft, office: Office) -> None:
        draft.row(office.division, kind="conditional")
        issue(draft)
        case = Case.objects.get(plan=draft.plan)
        set_due(case.pk, LATER, office.rights("chief"), note="Theo kế hoạch", document_text="12/KH-SNV")
        case.refresh_from_db()
        assert (case.schedule, case.original_due_on, case.due_on) == ("dated", LATER, LATER)
        with pytest.raises(Refused, match="đã có thời hạn"):
            set_due(case.pk, TODAY, office.rights("chief"), note="Theo kế hoạch")

    def test_ongoing_work_has_no_due_date(self, draft: Draft, office: Office) -> None:
        draft.row(office.division, kind="open")
        issue(draft)
        with pytest.raises(Refused, match="Việc thường xuyên không có thời hạn"):
            set_due(Case.objects.get(plan=draft.plan).pk, LATER, office.rights("chief"), note="Theo kế hoạch")

    def test_due_date_is_set_by_the_office_from_today_on_with_its_ground(self, draft: Draft, office: Office) -> None:
        draft.row(office.division, kind="conditional")
        issue(draft)
        case = Case.objects.get(plan=draft.plan)
        with pytest.raises(PermissionDenied):
            set_due(case.pk, LATER, office.rights("head"), note="x")
        with pytest.raises(Refused, match="từ ngày 12/6/2026"):
            set_due(case.pk, PAST, office.rights("chief"), note="x")
        with pytest.raises(Refused, match="căn cứ"):
            set_due(case.pk, LATER, office.rights("chief"), note=" ")


@pytest.mark.django_db(transaction=True)
def test_two_who_issue_at_once_make_the_work_once(office: Office) -> None:
    draft = make_draft(office)
    for _ in range(20):
        draft.row("all", due=[LATER])
    rights = [office.rights("chief"), office.rights("reviewer")] * 4
    results = race(
        [lambda who=who: issue_plan(draft.plan.pk, who, number="45/KH", issued_on=TODAY).assignments for who in rights]
    )
    assert sorted(str(type(result).__name__) for result in results) == ["Refused"] * 7 + ["int"]
    assert Assignment.objects.filter(measure__plan=draft.plan).count() == 60


def ids(*rows: object) -> list[int]:
    return list(
        Occurrence.objects.filter(text__in=rows).order_by("text__position", "number").values_list("pk", flat=True)
    )
