"""What an amendment tells, asks and brings back; which versions are amendments at all."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, now

from audit.models import Entry
from notifications.models import Notice
from organization.models import Delegation
from plans.amendments import rows_of_version, told_of_measure
from plans.enums import OwnerKind, Part
from plans.models import MeasureUnit, PlanVersion
from tests.office import Office, make_assignment, make_document, make_measure, make_plan, open_step, walk
from tests.plans.files import SAMPLES
from tests.workflow.test_amending import AMENDING, amended, changing, led_by, until
from tests.workflow.test_import_plan import department, run  # noqa: F401 - a fixture
from workflow import stopping
from workflow.dossier import wording_of
from workflow.errors import Refused
from workflow.models import Assignment, Case

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_june() -> Iterator[None]:
    with time_machine.travel("2026-06-12T09:00:00+07:00", tick=False):
        yield


@pytest.fixture
def version(office: Office) -> PlanVersion:
    version = make_plan(office, 2026)
    make_measure(office, version, lead=office.office, task="Việc khác, giữ nguyên")
    return version


def told(office: Office, kind: str = "case.amended") -> list[str]:
    names = {person.pk: name for name, person in office.people.items()}
    return sorted(names[notice.to_id] for notice in Notice.objects.filter(kind=kind))


def lends(office: Office, principal: str, substitute: str) -> None:
    Delegation.objects.create(agency=office.agency, principal=office[principal], substitute=office[substitute], legal_basis="12/UQ",
                              since=localdate(), until=localdate() + timedelta(days=5))  # fmt: skip


def test_coordinating_units_and_substitutes_hear(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version, due=date(2026, 9, 30))
    text = version.texts.get(measure=work.measure_id)
    MeasureUnit.objects.create(
        text=text, part=Part.COORDINATING, position=1, written="KTN", kind=OwnerKind.UNIT, unit=office.other_division
    )
    lends(office, "other_head", "clerk")
    amended(office, version.plan, changing(work.measure_id, product="Biên bản"))
    assert told(office) == ["clerk", "deputy", "head", "other_head"]


def test_each_amendment_tells_of_the_same_step_again(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version, due=date(2026, 9, 30))
    amended(office, version.plan, changing(work.measure_id, product="Biên bản"))
    amended(office, version.plan, changing(work.measure_id, product="Báo cáo, biên bản"), number="79/KH")
    assert told(office) == ["deputy", "deputy", "head", "head"]


def test_substitute_amends_in_the_name_of_the_office(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version, due=date(2026, 9, 30))
    lends(office, "chief", "clerk")
    office.people["chief"], chief = office["clerk"], office["chief"]
    amended(office, version.plan, changing(work.measure_id, product="Biên bản"))
    assert Entry.objects.get(verb="plan.amended").on_behalf_of == chief.pk


def test_date_that_has_passed_is_asked_about(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version, due=date(2026, 9, 30))
    change = changing(work.measure_id, deadline=until(date(2026, 5, 31)))
    with pytest.raises(Refused, match=r"Thời hạn mới của dòng .* đã qua"):
        amended(office, version.plan, change)
    assert Case.objects.get(pk=work.pk).due_on == date(2026, 9, 30)
    amended(office, version.plan, change, late_ok=True)
    assert Case.objects.get(pk=work.pk).due_on == date(2026, 5, 31)


def test_lead_that_comes_back_has_its_work_again(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version, due=date(2026, 9, 30))
    both = {
        "lead_raw": "Hai phòng",
        "leads": (*led_by(office.division)["leads"], *led_by(office.other_division)["leads"]),
    }
    amended(office, version.plan, changing(work.measure_id, **both))
    walk(office, work, "submit")
    amended(office, version.plan, changing(work.measure_id, **led_by(office.other_division)), number="79/KH")
    assert Case.objects.get(pk=work.pk).status == Case.DISCONTINUED
    amended(office, version.plan, changing(work.measure_id, **both, task="Tên mới"), number="80/KH")
    case = Case.objects.get(pk=work.pk)
    assert (case.finished, case.title, open_step(work).stage) == (None, "Tên mới", "submit")
    assert Assignment.objects.filter(measure_id=work.measure_id).count() == 2


def test_work_that_a_decision_ended_does_not_come_back_by_itself(office: Office, version: PlanVersion) -> None:
    work = make_assignment(office, version=version, due=date(2026, 9, 30))
    stopping.discontinue(open_step(work).pk, office.rights("chief"), number="1/QĐ", dated=localdate())
    done = amended(office, version.plan, changing(work.measure_id, product="Biên bản"))
    assert (done.assignments, Case.objects.get(pk=work.pk).status) == (0, Case.DISCONTINUED)


def test_a_draft_that_was_read_anew_is_no_amendment(office: Office, version: PlanVersion) -> None:
    """The plan's first version was replaced while it was a draft; the second went under way."""
    work = make_assignment(office, version=version, due=date(2026, 9, 30))
    again = PlanVersion.objects.create(plan=version.plan, number=2, at=now())
    from plans.services import write_rows

    write_rows(again, [replace(row, product="Khác trước") for row in rows_of_version(version)])
    assert told_of_measure(work.measure_id, version.plan_id) == []
    assert not wording_of(Case.objects.select_related("assignment").get(pk=work.pk)).amended
    client = Client()
    client.force_login(office["chief"])
    assert "Các bản của kế hoạch" not in client.get(reverse("plans:plan", args=[version.plan_id])).content.decode()
    amended(office, version.plan, changing(work.measure_id, product="Biên bản"))
    (one,) = told_of_measure(work.measure_id, version.plan_id)
    assert one.fields == [("Sản phẩm", "Khác trước", "Biên bản")]
    page = client.get(reverse("plans:plan", args=[version.plan_id])).content.decode()
    assert "Các bản của kế hoạch: 02" in page


def test_signed_file_of_an_amendment_is_for_all_who_see_the_plan(
    office: Office, other_office: Office, version: PlanVersion
) -> None:
    work = make_assignment(office, version=version, due=date(2026, 9, 30))
    paper = make_document(office, office["chief"])
    amended(office, version.plan, changing(work.measure_id, product="Biên bản"), signed_document=paper)
    client, url = Client(), reverse("workflow:signed_version", args=[version.plan_id, 2])
    client.force_login(office["officer"])
    page = client.get(reverse("plans:plan", args=[version.plan_id])).content.decode()
    assert url in page
    assert client.get(url).status_code == 404  # the document has no file in this test
    client.force_login(other_office["chief"])
    assert client.get(url).status_code == 404


@time_machine.travel("2024-09-25T09:00:00+07:00", tick=False)
def test_the_command_says_that_it_records_another_day(department: Office) -> None:  # noqa: F811
    with time_machine.travel("2024-06-20T09:00:00+07:00", tick=False):
        plan_id = run(SAMPLES / "ke-hoach-2024.docx", "--issue")["plan"]["id"]
    with time_machine.travel("2024-09-01T09:00:00+07:00", tick=False):
        out = io.StringIO()
        call_command("amend_plan", str(AMENDING), "--plan", str(plan_id), stdout=out, stderr=io.StringIO())
    assert "ghi vào theo dõi ngày 01/9/2024" in out.getvalue()
