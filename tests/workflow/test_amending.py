"""Điều chỉnh kế hoạch: the next version, and what becomes of the work that is open."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from notifications.models import Notice
from plans.amendments import (
    amend_by_hand,
    drop_amendment_row,
    locked_amendment,
    newest_version,
    rows_of_version,
)
from plans.drafting import DraftDeadline, DraftOccurrence, DraftOwner, DraftRow
from plans.errors import PlanRefused
from plans.models import Measure, MeasureText, Plan, PlanImport, PlanVersion
from tests.office import Office, make_assignment, make_measure, make_plan, open_step, walk
from tests.plans.files import SAMPLES
from tests.workflow.test_import_plan import department, run  # noqa: F401 - a fixture
from workflow.amending import Amended, amend_plan, foreseen
from workflow.errors import Refused
from workflow.models import Assignment, Case, Schedule, Step
from workflow.reminders import remind
from workflow.requests import asking

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 12)
AMENDING = SAMPLES / "ke-hoach-2024-dieu-chinh.docx"


@pytest.fixture(autouse=True)
def in_june() -> Iterator[None]:
    with time_machine.travel("2026-06-12T09:00:00+07:00", tick=False):
        yield


@pytest.fixture
def version(office: Office) -> PlanVersion:
    version = make_plan(office, 2026)
    make_measure(office, version, lead=office.office, task="Việc khác, giữ nguyên")
    return version


def amended(office: Office, plan: Plan, change: Any, **given: Any) -> Amended:
    """The plan amended by hand: `change` takes its rows and gives the next ones."""
    kept = amend_by_hand(plan, office.rights("chief"))
    kept.rows = [row.to_json() for row in change(rows_of_version(newest_version(plan)))]
    kept.save()
    return amend_plan(kept.pk, office.rights("chief"), **{"number": "78/KH", "issued_on": TODAY} | given)


def changing(measure: Measure | int, **fields: Any) -> Any:
    key = measure if isinstance(measure, int) else measure.pk

    def change(rows: list[DraftRow]) -> list[DraftRow]:
        return [replace(row, **fields) if row.measure_id == key else row for row in rows]

    return change


def dropping(measure_id: int) -> Any:
    return lambda rows: [row for row in rows if row.measure_id != measure_id]


def led_by(unit: Any) -> dict[str, Any]:
    return {"lead_raw": unit.name, "leads": (DraftOwner(unit.name, unit.name, "unit", unit.pk),)}


def until(*days: date) -> DraftDeadline:
    return DraftDeadline("mới", "date", occurrences=tuple(DraftOccurrence("", date(2026, 1, 1), day) for day in days))


def test_a_moved_date_keeps_the_first_one_and_takes_back_its_reminders(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version, due=date(2026, 6, 16))
    remind(TODAY)
    assert Notice.objects.filter(kind="reminder", read_at=None).exists()
    done = amended(office, version.plan, changing(work.measure_id, deadline=until(date(2026, 9, 30))))
    case = Case.objects.get(pk=work.pk)
    assert (case.due_on, case.original_due_on) == (date(2026, 9, 30), date(2026, 6, 16))
    assert not Notice.objects.filter(kind="reminder", read_at=None).exists()
    assert [one.words for one in done.follows] == [
        "Thời hạn từ 16/6/2026 sang 30/9/2026; nhắc việc theo thời hạn cũ không còn."
    ]
    assert open_step(work).stage == "assign"
    told = Notice.objects.filter(kind="case.amended").values_list("to_id", flat=True)
    assert set(told) == {office["head"].pk, office["deputy"].pk}
    verbs = list(Entry.objects.order_by("pk").values_list("verb", flat=True))
    assert "case.due_moved" in verbs
    assert verbs[-1] == "plan.amended"


@pytest.mark.parametrize("stage", ["assign", "execute", "submit"])
def test_a_new_lead_takes_over_and_assigns_anew(office: Office, version: PlanVersion, stage: str) -> None:
    work = make_assignment(office, version=version)
    walk(office, work, stage)
    amended(office, version.plan, changing(work.measure_id, **led_by(office.other_division)))
    step, work = open_step(work), Assignment.objects.select_related("case").get(pk=work.pk)
    assert (step.stage, step.pool_unit_id) == ("assign", office.other_division.pk)
    assert (work.unit_id, work.case.unit_id, work.officer_id) == (
        office.other_division.pk,
        office.other_division.pk,
        None,
    )
    assert Step.objects.filter(process_id=work.pk, outcome="lead_changed").count() == 1
    assert Assignment.objects.filter(measure_id=work.measure_id).count() == 1
    told = set(Notice.objects.filter(kind="case.amended").values_list("to_id", flat=True))
    assert {office["head"].pk, office["other_head"].pk} <= told


def test_the_open_review_leaves_the_office_that_leads_now(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version)
    walk(office, work, "review")
    amended(office, version.plan, changing(work.measure_id, **led_by(office.office)))
    step = open_step(work)
    assert (step.stage, step.pool_unit_id, step.judging) == ("assign", office.office.pk, False)
    assert work.submissions.count() == 1


def test_what_was_handed_in_is_decided_although_the_lead_changes(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version)
    review = walk(office, work, "review")
    amended(office, version.plan, changing(work.measure_id, **led_by(office.other_division)))
    assert open_step(work).pk == review.pk
    assert walk(office, work, "end").stage == "end"
    assert Case.objects.get(pk=work.pk).unit_id == office.other_division.pk


@pytest.mark.parametrize("stage", ["assign", "execute", "submit", "review", "approve"])
def test_a_dropped_row_ends_its_work_wherever_it_is(office: Office, version: PlanVersion, stage: str) -> None:
    work = make_assignment(office, version=version)
    walk(office, work, stage)
    amended(office, version.plan, dropping(work.measure_id))
    case = Case.objects.get(pk=work.pk)
    assert (case.status, case.finished is not None) == ("CANCELED", True)
    assert not Step.objects.filter(process_id=work.pk, finished=None).exists()
    last = Step.objects.filter(process_id=work.pk, outcome="discontinued").get()
    assert last.note.startswith("Điều chỉnh kế hoạch theo 78/KH ngày 12/6/2026.")
    assert MeasureText.objects.filter(measure_id=work.measure_id).count() == 1


def test_work_that_is_done_stays_as_it_is(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version)
    walk(office, work, "end")
    done = amended(office, version.plan, changing(work.measure_id, task="Tên mới", **led_by(office.other_division)))
    case = Case.objects.get(pk=work.pk)
    assert (done.follows, done.assignments, case.title, case.unit_id) == ([], 0, "Số hóa hồ sơ", office.division.pk)


def test_an_open_extension_stays_and_is_decided_against_the_new_date(
    client: Client, office: Office, version: PlanVersion
) -> None:
    work = make_assignment(office, version=version, due=date(2026, 6, 16))
    walk(office, work, "execute")
    asked = asking.ask_extension(work.pk, office.rights("head"), due_on=date(2026, 8, 15), reason="Chờ số liệu")
    opinion = Step.objects.get(process_id=asked.pk, finished=None)
    decide = asking.advise(opinion.pk, office.rights("reviewer"), agrees=True)
    amended(office, version.plan, changing(work.measure_id, deadline=until(date(2026, 9, 30))))
    assert office["leader"].pk in Notice.objects.filter(kind="case.amended").values_list("to_id", flat=True)
    client.force_login(office["leader"])
    page = client.get(reverse("workflow:extension_decision", args=[decide.pk])).content.decode()
    assert "khi đề nghị là 16/6/2026, nay là" in page
    assert "Ngày đề nghị không còn sau thời hạn này" in page
    with pytest.raises(Refused, match="Thời hạn mới phải sau thời hạn hiện tại"):
        asking.grant_extension(decide.pk, office.rights("leader"))
    asking.grant_extension(decide.pk, office.rights("leader"), due_on=date(2026, 10, 15))
    case = Case.objects.get(pk=work.pk)
    assert (case.due_on, case.original_due_on) == (date(2026, 10, 15), date(2026, 6, 16))


def test_a_new_row_begins_like_at_first(office: Office, version: PlanVersion) -> None:
    row = replace(
        DraftRow.blank("I", "99", ""),
        task="Hướng dẫn hộ kinh doanh",
        deadline=until(date(2026, 10, 31)),
        **led_by(office.division),
    )
    done = amended(office, version.plan, lambda rows: [*rows, row])
    case = Case.objects.get(code="I.99")
    assert (done.assignments, case.due_on, open_step(case.assignment).stage) == (1, date(2026, 10, 31), "assign")


def test_a_date_that_goes_leaves_the_first_one(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version, due=date(2026, 6, 16))
    amended(office, version.plan, changing(work.measure_id, deadline=DraftDeadline("Thường xuyên", "open")))
    case = Case.objects.get(pk=work.pk)
    assert (case.schedule, case.due_on, case.original_due_on) == (Schedule.ONGOING, None, date(2026, 6, 16))


def test_more_due_dates_make_more_work(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version, due=date(2026, 9, 30))
    amended(office, version.plan, changing(work.measure_id, deadline=until(date(2026, 7, 31), date(2026, 10, 31))))
    found = Assignment.objects.filter(measure_id=work.measure_id).values_list("period", "case__due_on")
    assert sorted(found) == [(1, date(2026, 10, 31)), (2, date(2026, 7, 31))]


def test_one_of_two_leads_that_goes_ends_its_own_work_only(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version, due=date(2026, 9, 30))
    both = (*led_by(office.division)["leads"], *led_by(office.other_division)["leads"])
    amended(office, version.plan, changing(work.measure_id, lead_raw="Hai phòng", leads=both))
    other = Assignment.objects.exclude(pk=work.pk).get(measure_id=work.measure_id)
    amended(office, version.plan, changing(work.measure_id, **led_by(office.other_division)), number="79/KH")
    assert Case.objects.get(pk=work.pk).status == "CANCELED"
    assert open_step(other).stage == "assign"


def test_what_is_foreseen_is_what_happens(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version, due=date(2026, 9, 30))
    kept = amend_by_hand(version.plan, office.rights("chief"))
    place = next(n for n, row in enumerate(rows_of_version(version)) if row.measure_id == work.measure_id)
    drop_amendment_row(kept.pk, place, work.measure_id, office.rights("chief"))
    found, told = foreseen(PlanImport.objects.get(pk=kept.pk), version.plan)
    done = amend_plan(kept.pk, office.rights("chief"), number="78/KH", issued_on=TODAY)
    assert len(found.dropped) == 1
    assert [one.words for one in told] == [one.words for one in done.follows]


def test_an_amendment_is_refused(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version, due=date(2026, 9, 30))
    change = changing(work.measure_id, product="Biên bản")
    for given, words in [
        ({"number": " "}, "Chưa ghi số văn bản"),
        ({"issued_on": date(2026, 6, 13)}, "ở sau hôm nay"),
        ({"issued_on": date(2026, 1, 4)}, "ở trước bản đang thực hiện"),
    ]:
        with pytest.raises(Refused, match=words):
            amended(office, version.plan, change, **given)
    with pytest.raises(Refused, match="không đổi dòng nào"):
        amended(office, version.plan, lambda rows: rows)
    kept = amend_by_hand(version.plan, office.rights("chief"))
    for name in ("head", "leader", "officer"):
        with pytest.raises(PermissionDenied):
            amend_plan(kept.pk, office.rights(name), number="78/KH", issued_on=TODAY)
    amended(office, version.plan, change)
    with pytest.raises(PlanRefused, match="đã có bản điều chỉnh khác"):
        amended_kept(kept, office, change)
    assert PlanVersion.objects.count() == 2


def amended_kept(kept: PlanImport, office: Office, change: Any) -> None:
    kept.rows = [row.to_json() for row in change([DraftRow.from_json(body) for body in kept.rows])]
    kept.save()
    amend_plan(kept.pk, office.rights("chief"), number="80/KH", issued_on=TODAY)


def test_another_agency_does_not_find_it(office: Office, other_office: Office, version: PlanVersion) -> None:
    kept = amend_by_hand(version.plan, office.rights("chief"))
    with pytest.raises(PlanImport.DoesNotExist):
        amend_plan(kept.pk, other_office.rights("chief"), number="78/KH", issued_on=TODAY)
    with pytest.raises(PlanImport.DoesNotExist):
        locked_amendment(kept.pk, other_office.rights("chief"))


def command(*arguments: object) -> dict[str, Any]:
    out = io.StringIO()
    call_command("amend_plan", *map(str, arguments), "--json", stdout=out, stderr=io.StringIO())
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


@time_machine.travel("2024-09-25T09:00:00+07:00", tick=False)
def test_the_command_says_and_does_what_the_sample_changes(department: Office) -> None:  # noqa: F811
    with time_machine.travel("2024-06-20T09:00:00+07:00", tick=False):
        plan_id = run(SAMPLES / "ke-hoach-2024.docx", "--issue")["plan"]["id"]
    foretold = command(AMENDING, "--plan", plan_id, "--dry-run")
    assert PlanVersion.objects.filter(plan=plan_id).count() == 1
    told = command(AMENDING, "--plan", plan_id)
    assert told == foretold
    assert (told["kept"], len(told["changed"]), len(told["added"]), len(told["dropped"])) == (40, 3, 2, 1)
    moved, former = Case.objects.get(code="I.4"), Case.objects.filter(code="I.13")
    assert (str(moved.due_on), str(moved.original_due_on)) == ("2024-12-31", "2024-09-30")
    assert [case.unit_id for case in former] == [department.office.pk]
    assert list(Case.objects.filter(code="I.19").values_list("status", flat=True)) == ["CANCELED"]
    assert str(Case.objects.get(title__startswith="Hướng dẫn hộ kinh doanh").due_on) == "2024-10-31"
    assert command(AMENDING, "--plan", plan_id, "--dry-run")["changed"] == []


def test_the_command_updates_a_draft(department: Office) -> None:  # noqa: F811
    plan_id = run(SAMPLES / "ke-hoach-2024.docx")["plan"]["id"]
    command(AMENDING, "--plan", plan_id)
    assert newest_version(Plan.objects.get()).texts.count() == 45
    assert not Case.objects.exists()


@pytest.mark.parametrize("arguments", [["khong-co.docx", "--plan", "1"], [str(AMENDING), "--plan", "999999"]])
def test_the_command_refuses(department: Office, arguments: list[str]) -> None:  # noqa: F811
    with pytest.raises(CommandError):
        command(*arguments)
