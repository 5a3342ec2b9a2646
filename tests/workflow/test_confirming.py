"""Mức xác nhận: set by Văn phòng or leadership, used on the review page, seen and taken up by leadership."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils.timezone import localdate
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry
from notifications.models import Notice
from plans.enums import Confirmation
from plans.models import Measure, Occurrence
from tests.office import Office, last_digest, make_assignment, open_step, walk
from workflow import services, stopping
from workflow.models import Assignment, Case, Step

pytestmark = pytest.mark.django_db


def periodic(
    office: Office, level: Confirmation = Confirmation.OFFICE, **more: object
) -> tuple[Assignment, Assignment]:
    """Two periods of one measure; the first waits for Văn phòng."""
    first, last = make_assignment(office, **more), make_assignment(office, **more)
    Assignment.objects.filter(pk=last.pk).update(measure=first.measure, period=2)
    Measure.objects.filter(pk=first.measure_id).update(confirmation=level)
    text = first.measure.texts.get()
    Occurrence.objects.create(text=text, number=2, begins_on=localdate(), due_on=localdate() + timedelta(days=60))
    heads = {"officer": "officer", "head": "head"}
    if more.get("lead") == office.other_division:
        heads = {"officer": "other_officer", "head": "other_head"}
    walk(office, first, "review", **heads)
    return first, last


def confirm(office: Office, assignment: Assignment, by: str = "reviewer") -> Step:
    return services.confirm(open_step(assignment).pk, office.rights(by), seen=last_digest(assignment))


def page(client: Client, office: Office, name: str, address: str, status: int = 200) -> str:
    client.force_login(office[name])
    answer = client.get(address)
    assert answer.status_code == status
    return unescape(answer.content.decode())


# --- the review page


def test_review_offers_the_last_word_where_the_level_allows(client: Client, office: Office) -> None:
    first, last = periodic(office)
    walk(office, last, "review")
    words = "Xác nhận hoàn thành (lãnh đạo được báo)"
    assert words in page(client, office, "reviewer", f"/buoc/{open_step(first).pk}/ra-soat/")
    assert words not in page(client, office, "reviewer", f"/buoc/{open_step(last).pk}/ra-soat/")
    other, _ = periodic(office, Confirmation.LEADER)
    assert words not in page(client, office, "reviewer", f"/buoc/{open_step(other).pk}/ra-soat/")


def test_pressing_it_ends_the_case_and_tells(client: Client, office: Office) -> None:
    first, _ = periodic(office)
    client.force_login(office["reviewer"])
    data = {"decision": "confirmed", "seen": last_digest(first), "last_word": "Đủ số liệu"}
    answer = client.post(f"/buoc/{open_step(first).pk}/ra-soat/", data)
    assert answer.status_code == 302
    assert Case.objects.get(pk=first.pk).status == "DONE"
    assert Step.objects.get(process_id=first.pk, outcome="confirmed").note == "Đủ số liệu"
    told = set(Notice.objects.filter(kind="case.confirmed").values_list("to", flat=True))
    assert {office["leader"].pk, office["officer"].pk, office["head"].pk} <= told
    assert "đã được Văn phòng xác nhận" in page(client, office, "leader", "/thong-bao/")


def test_what_is_not_offered_is_not_taken(client: Client, office: Office) -> None:
    first, _ = periodic(office, Confirmation.LEADER)
    client.force_login(office["reviewer"])
    data = {"decision": "confirmed", "seen": last_digest(first)}
    answer = client.post(f"/buoc/{open_step(first).pk}/ra-soat/", data)
    assert answer.status_code == 200
    assert open_step(first).stage == "review"


def test_a_later_period_that_is_dropped_does_not_count(client: Client, office: Office) -> None:
    first, last = periodic(office)
    stopping.discontinue(open_step(last).pk, office.rights("leader"), number="12/QĐ", dated=localdate())
    words = "Xác nhận hoàn thành (lãnh đạo được báo)"
    assert words not in page(client, office, "reviewer", f"/buoc/{open_step(first).pk}/ra-soat/")


# --- what leadership sees


def test_leadership_sees_it_by_unit_and_takes_it_up(client: Client, office: Office, other_office: Office) -> None:
    ours, _ = periodic(office, task="Báo cáo số liệu")
    theirs, _ = periodic(office, task="Việc phòng kia", lead=office.other_division)
    strange, _ = periodic(other_office, task="Việc cơ quan khác")
    for where, one in ((office, ours), (office, theirs), (other_office, strange)):
        confirm(where, one)
    shown = page(client, office, "leader", "/da-xac-nhan/")
    assert "Báo cáo số liệu" in shown
    assert "Việc phòng kia" in shown
    assert "Việc cơ quan khác" not in shown
    assert "Việc phòng kia" not in page(client, office, "leader", f"/da-xac-nhan/?don_vi={office.division.pk}")
    address = f"/nhiem-vu/{ours.pk}/xem-lai/"
    assert "Chưa ghi lý do xem lại" in unescape(client.post(address, {"reason": " "}).content.decode())
    answer = client.post(address, {"reason": "Xem lại số liệu quý III"})
    assert answer.status_code == 302
    step = open_step(ours)
    assert (step.stage, step.owner) == ("approve", office["leader"])
    assert "Đã lấy lên xem lại" in page(client, office, "chief", "/da-xac-nhan/")
    assert Entry.objects.get(verb="case.pulled_up").subject == f"case:{ours.pk}"


def test_twice_is_refused(client: Client, office: Office) -> None:
    first, _ = periodic(office)
    confirm(office, first)
    services.pull_up(Case.objects.get(pk=first.pk), office.rights("leader"), reason="Xem lại")
    client.force_login(office["leader"])
    answer = client.post(f"/nhiem-vu/{first.pk}/xem-lai/", {"reason": "Xem lại"})
    assert answer.status_code == 409


def test_what_leadership_approved_is_not_pulled_up(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "end")
    client.force_login(office["leader"])
    answer = client.post(f"/nhiem-vu/{assignment.pk}/xem-lai/", {"reason": "Xem lại"})
    assert answer.status_code == 409
    assert "không phải do Văn phòng xác nhận" in answer.content.decode()


@pytest.mark.parametrize(("name", "status"), [("chief", 403), ("clerk", 403), ("head", 403), ("other_head", 404)])
def test_only_leadership_takes_up(client: Client, office: Office, name: str, status: int) -> None:
    first, _ = periodic(office)
    confirm(office, first)
    client.force_login(office[name])
    assert client.post(f"/nhiem-vu/{first.pk}/xem-lai/", {"reason": "Xem lại"}).status_code == status


def test_leader_of_another_agency_finds_nothing(client: Client, office: Office, other_office: Office) -> None:
    first, _ = periodic(office)
    confirm(office, first)
    client.force_login(other_office["leader"])
    assert client.get(f"/nhiem-vu/{first.pk}/xem-lai/").status_code == 404


@pytest.mark.parametrize("name", ["head", "officer", "administrator"])
def test_list_is_for_who_oversees(client: Client, office: Office, name: str) -> None:
    page(client, office, name, "/da-xac-nhan/", 403)


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_for_any_number(
    client: Client, office: Office, other_office: Office, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for one in [periodic(office)[0] for _ in range(rows)]:
        confirm(office, one)
    confirm(other_office, periodic(other_office)[0])
    client.force_login(office["leader"])
    with django_assert_num_queries(9):
        assert client.get("/da-xac-nhan/").status_code == 200


# --- the levels of a plan


def levels_of(assignment: Assignment) -> str:
    return f"/ke-hoach/{assignment.measure.plan_id}/muc-xac-nhan/"


@pytest.mark.parametrize("name", ["chief", "leader"])
def test_office_and_leadership_set_levels_of_many_rows(client: Client, office: Office, name: str) -> None:
    first, _ = periodic(office, Confirmation.LEADER)
    assert "Định kỳ, 02 kỳ" in page(client, office, name, levels_of(first))
    assert "checked" in page(client, office, name, levels_of(first) + "?de_xuat=1")
    answer = client.post(levels_of(first), {"dong": first.measure_id, "muc": "office"})
    assert answer.status_code == 302
    first.measure.refresh_from_db()
    assert first.measure.confirmation == Confirmation.OFFICE
    line = Entry.objects.get(verb="plan.confirmation_set")
    assert f'"measures":[{first.measure_id}]' in line.text
    client.post(levels_of(first), {"dong": first.measure_id, "muc": "leader"})
    first.measure.refresh_from_db()
    assert first.measure.confirmation == Confirmation.LEADER


@pytest.mark.parametrize("data", [{"muc": "office"}, {"dong": 0}, {"dong": 0, "muc": "nobody"}])
def test_levels_say_what_is_missing(client: Client, office: Office, data: dict[str, object]) -> None:
    first, _ = periodic(office, Confirmation.LEADER)
    client.force_login(office["chief"])
    given = data | ({"dong": first.measure_id} if "dong" in data else {})
    assert client.post(levels_of(first), given).status_code == 409
    assert not Entry.objects.filter(verb="plan.confirmation_set").exists()


@pytest.mark.parametrize(("name", "status"), [("head", 403), ("clerk", 403), ("viewer", 403), ("administrator", 403)])
def test_nobody_else_sets_levels(client: Client, office: Office, name: str, status: int) -> None:
    first, _ = periodic(office, Confirmation.LEADER)
    client.force_login(office[name])
    assert client.get(levels_of(first)).status_code == status
    assert client.post(levels_of(first), {"dong": first.measure_id, "muc": "office"}).status_code == status


def test_rows_of_another_plan_are_left_alone(client: Client, office: Office, other_office: Office) -> None:
    ours, theirs = periodic(office, Confirmation.LEADER)[0], periodic(other_office, Confirmation.LEADER)[0]
    client.force_login(office["chief"])
    client.post(levels_of(ours), {"dong": [ours.measure_id, theirs.measure_id], "muc": "office"})
    theirs.measure.refresh_from_db()
    assert theirs.measure.confirmation == Confirmation.LEADER
    assert client.get(levels_of(theirs)).status_code == 404


def test_draft_row_has_its_level(client: Client, office: Office) -> None:
    first, _ = periodic(office, Confirmation.LEADER)
    plan, text = first.measure.plan, first.measure.texts.get()
    plan.issued_at = plan.issued_by = None
    plan.save()
    address = f"/ke-hoach/{plan.pk}/dong/{text.pk}/"
    assert "Mức xác nhận" in page(client, office, "chief", address)
    data = {
        "task": "Số hóa",
        "deadline": "Hằng tháng",
        "leads": [f"unit:{office.division.pk}"],
        "confirmation": "office",
    }
    assert client.post(address, data).status_code == 302
    first.measure.refresh_from_db()
    assert first.measure.confirmation == Confirmation.OFFICE
