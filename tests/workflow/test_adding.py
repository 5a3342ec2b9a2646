"""Nhiệm vụ phát sinh: one row more by its document, its work begun, those concerned told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say
from plans.amendments import newest_version
from plans.drafting import DraftCriterion, RowChange
from plans.models import Plan, PlanVersion
from tests.evidence.files import PDF
from tests.office import Office, make_assignment, make_measure, make_plan, open_step
from tests.threads import race
from workflow.adding import add_row
from workflow.amending import Amended
from workflow.errors import Refused
from workflow.models import Assignment, Case

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 12)


@pytest.fixture(autouse=True)
def in_june() -> Iterator[None]:
    with time_machine.travel("2026-06-12T09:00:00+07:00", tick=False):
        yield


@pytest.fixture
def version(office: Office) -> PlanVersion:
    version = make_plan(office, 2026)
    make_measure(office, version, lead=office.office)
    return version


def row(office: Office, **given: Any) -> RowChange:
    change = RowChange(
        "Đón đoàn kiểm tra của tỉnh", "", "Báo cáo", "", "", (DraftCriterion("1.1", ""),), office.other_division.name,
        "Trước ngày 30/9/2026", (f"unit:{office.division.pk}",),
    )  # fmt: skip
    return replace(change, **given)


def add(office: Office, plan: Plan, who: str = "chief", **given: Any) -> Amended:
    change = given.pop("change", None) or row(office)
    return add_row(plan.pk, change, office.rights(who), **{"number": "99/UBND-NC", "issued_on": TODAY} | given)


def test_row_is_in_the_next_version_and_its_work_begins(office: Office, version: PlanVersion) -> None:
    old = make_assignment(office, version=version)
    done = add(office, version.plan)
    case = Case.objects.get(title="Đón đoàn kiểm tra của tỉnh")
    assert (done.assignments, case.due_on, case.unit, open_step(case.assignment).stage) == (
        1,
        date(2026, 9, 30),
        office.division,
        "assign",
    )
    newest = newest_version(version.plan)
    assert (newest.number, newest.document_number, newest.texts.count()) == (2, "99/UBND-NC", version.texts.count() + 1)
    text = newest.texts.latest("position")
    assert text.note == "Phát sinh trong năm, theo 99/UBND-NC ngày 12/6/2026."
    assert open_step(old).stage == "assign"
    line = Entry.objects.get(verb="plan.amended")
    assert f'"added":["{text.code}"]' in line.text


def test_lead_and_coordinating_units_are_told_once_for_all_periods(office: Office, version: PlanVersion) -> None:
    done = add(office, version.plan, change=row(office, deadline_raw="Hằng tháng"))
    assert done.assignments > 3
    names = {person.pk: name for name, person in office.people.items()}
    notices = Notice.objects.filter(kind="case.added")
    assert sorted(names[notice.to_id] for notice in notices) == ["deputy", "head", "other_head"]
    said = say([notices[0]])[notices[0].pk]
    assert "theo văn bản 99/UBND-NC ngày 12/6/2026" in said.text
    assert said.url == reverse(
        "workflow:task", args=[Assignment.objects.order_by("period").filter(measure__plan=version.plan)[0].pk]
    )


@pytest.mark.parametrize(("given", "words"), [
    ({"number": " "}, "Chưa ghi số văn bản"),
    ({"issued_on": date(2026, 6, 13)}, "ở sau hôm nay"),
    ({"issued_on": date(2026, 1, 4)}, "ở trước bản đang thực hiện"),
    ({"leads": ()}, "Chưa ghi đơn vị chủ trì"),
    ({"deadline_raw": ""}, "Chưa ghi thời hạn"),
])  # fmt: skip
def test_row_that_is_not_whole_is_refused(
    office: Office, version: PlanVersion, given: dict[str, Any], words: str
) -> None:
    change = row(office, **{name: given.pop(name) for name in ("leads", "deadline_raw") if name in given})
    with pytest.raises(Refused, match=words):
        add(office, version.plan, change=change, **given)
    assert (PlanVersion.objects.count(), Case.objects.count()) == (1, 0)


def test_only_the_office_adds_and_only_to_a_plan_under_way(
    office: Office, other_office: Office, version: PlanVersion
) -> None:
    for name in ("head", "leader", "clerk", "officer", "viewer", "administrator"):
        with pytest.raises(PermissionDenied):
            add(office, version.plan, name)
    with pytest.raises(Plan.DoesNotExist):
        add_row(version.plan_id, row(office), other_office.rights("chief"), number="1", issued_on=TODAY)
    Plan.objects.filter(pk=version.plan_id).update(issued_at=None)
    with pytest.raises(Refused, match="dự thảo"):
        add(office, version.plan)


def test_date_that_has_passed_waits_for_the_offices_word(office: Office, version: PlanVersion) -> None:
    done = add(office, version.plan, change=row(office, deadline_raw="Ngày 31/3/2026"))
    assert (done.assignments, len(done.undecided)) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_two_rows_at_once_are_both_there(office: Office) -> None:
    version = make_plan(office, 2026)
    make_measure(office, version, lead=office.office)
    one, two = office.rights("chief"), office.rights("reviewer")
    results = race([
        lambda: add_row(version.plan_id, row(office, task="Một"), one, number="1/CV", issued_on=TODAY),
        lambda: add_row(version.plan_id, row(office, task="Hai"), two, number="2/CV", issued_on=TODAY),
    ])  # fmt: skip
    assert all(isinstance(result, Amended) for result in results), results
    assert newest_version(version.plan).texts.count() == 3
    assert Case.objects.filter(title__in=["Một", "Hai"]).count() == 2


def form(office: Office, **given: Any) -> dict[str, Any]:
    return {"task": "Đón đoàn kiểm tra", "leads": [f"unit:{office.division.pk}"], "deadline": "Quý IV", "number": "99/CV",
            "issued_on": "12/06/2026", "uploads": SimpleUploadedFile("ky.pdf", PDF)} | given  # fmt: skip


def test_page(office: Office, other_office: Office, version: PlanVersion) -> None:
    client, url = Client(), reverse("workflow:add_row", args=[version.plan_id])
    client.force_login(other_office["chief"])
    assert client.post(url, form(office)).status_code == 404
    client.force_login(office["head"])
    assert client.get(url).status_code == 403
    client.force_login(office["chief"])
    assert "Thêm nhiệm vụ phát sinh" in client.get(reverse("plans:plan", args=[version.plan_id])).content.decode()
    page = unescape(client.post(url, form(office, task="", uploads="")).content.decode())
    assert "Chưa ghi nhiệm vụ" in page
    assert "Chưa chọn tệp đã ký" in page
    answer = client.post(url, form(office, leads=[]))
    assert (answer.status_code, "Chưa ghi đơn vị chủ trì" in unescape(answer.content.decode())) == (409, True)
    answer = client.post(url, form(office), follow=True)
    assert "01 việc giao" in unescape(answer.content.decode())
    task = client.get(reverse("workflow:task", args=[Case.objects.get(title="Đón đoàn kiểm tra").pk])).content.decode()
    assert "Bổ sung vào kế hoạch" in task
    signed = client.get(reverse("workflow:signed_version", args=[version.plan_id, 2]))
    assert signed.status_code == 302
    client.force_login(office["head"])
    assert client.get(signed.headers["Location"]).status_code == 200
