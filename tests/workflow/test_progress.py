"""Tiến độ: entered by the lead unit while it has the work in hand; figures where the measure has a target."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, now
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry
from notifications.models import Notice
from organization.models import Delegation
from plans.models import Measure
from tests.office import START, Office, make_assignment, open_step, walk
from workflow import progress
from workflow.errors import Refused
from workflow.figures import NotAFigure, figure_of, figure_words
from workflow.models import Assignment, Case, Progress, Schedule, Suspension
from workflow.progress import Said

pytestmark = pytest.mark.django_db


def client_of(office: Office, name: str) -> Client:
    client = Client()
    client.force_login(office[name])
    return client


def words(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return response.content.decode()


def page(assignment: Assignment, name: str = "progress") -> str:
    return reverse(f"workflow:{name}", args=[assignment.pk])


def set_target(assignment: Assignment, target: int = 200, unit: str = "hồ sơ") -> None:
    Measure.objects.filter(pk=assignment.measure_id).update(target=target, target_unit=unit)


@pytest.fixture
def held(office: Office) -> Assignment:
    """Work that its officer carries out."""
    assignment = make_assignment(office)
    walk(office, assignment, "execute")
    return assignment


def test_progress_is_shown_everywhere_and_moves_nothing(office: Office, held: Assignment) -> None:
    set_target(held)
    step, notices = open_step(held), Notice.objects.count()
    client = client_of(office, "officer")
    assert page(held) in words(client.get(page(held, "task")))
    answer = client.post(page(held), {"text": "Đã số hóa kho A", "value": "12,5", "total": "1.100"})
    assert answer.url == page(held, "task")
    entry = Progress.objects.get()
    assert (entry.by, entry.value, entry.total, entry.repeats) == (office["officer"], Decimal("12.5"), 1100, False)
    assert open_step(held).pk == step.pk
    assert Notice.objects.count() == notices
    line = Entry.objects.get(verb="case.progress", subject=held.case.subject)
    assert "Đã số hóa kho A" in line.text
    history = reverse("workflow:history", args=[held.pk])
    for address in (page(held, "task"), history, reverse("workflow:execute", args=[step.pk])):
        shown = words(client.get(address))
        assert "Đã số hóa kho A" in shown
        assert "Kỳ này 12,5 hồ sơ, lũy kế 1.100 hồ sơ trên chỉ tiêu 200 hồ sơ, đạt 550%" in shown


@pytest.mark.parametrize("stage", ["assign", "execute", "submit"])
def test_head_writes_while_the_unit_has_it(office: Office, stage: str) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, stage)
    for name in ("head", "deputy"):
        assert progress.update(assignment.pk, Said("Đang làm"), office.rights(name)).by == office[name]


@pytest.mark.parametrize("stage", ["review", "approve", "end"])
def test_progress_after_it_was_handed_in_is_refused_and_kept_on_the_form(office: Office, stage: str) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, stage)
    with pytest.raises(Refused, match="đã nộp hoặc đã kết thúc"):
        progress.update(assignment.pk, Said("Muộn"), office.rights("head"))
    shown = words(client_of(office, "officer").post(page(assignment), {"text": "Viết muộn"}), 409)
    assert "Viết muộn" in shown
    assert page(assignment) not in words(client_of(office, "officer").get(page(assignment, "task")))
    assert not Progress.objects.exists()


@pytest.mark.parametrize("name", ["reviewer", "leader", "viewer", "colleague"])
def test_others_who_see_it_may_not_write(office: Office, held: Assignment, name: str) -> None:
    client = client_of(office, name)
    assert client.get(page(held)).status_code == 403
    assert client.post(page(held), {"text": "Chen vào"}).status_code == 403
    assert page(held) not in words(client.get(page(held, "task")))
    with pytest.raises(PermissionDenied):
        progress.update(held.pk, Said("Chen vào"), office.rights(name))
    assert not Progress.objects.exists()


def test_strangers_find_nothing(office: Office, other_office: Office, held: Assignment) -> None:
    for client in (client_of(other_office, "head"), client_of(office, "other_head")):
        for name in ("progress", "target"):
            assert client.get(page(held, name)).status_code in {403, 404}
            assert client.post(page(held, name), {"text": "Lạ", "target": "1"}).status_code in {403, 404}
    with pytest.raises(Case.DoesNotExist):
        progress.update(held.pk, Said("Lạ"), other_office.rights("head"))
    assert not Progress.objects.exists()


def test_officer_who_left_the_unit_may_not_write(office: Office, held: Assignment) -> None:
    office["officer"].posts.update(until=localdate() - timedelta(days=1))
    with pytest.raises(PermissionDenied):
        progress.update(held.pk, Said("Đã đi"), office.rights("officer"))


def test_substitute_writes_in_both_names(office: Office, held: Assignment) -> None:
    Delegation.objects.create(
        agency=office.agency, principal=office["officer"], substitute=office["colleague"], legal_basis="QĐ",
        since=START, until=localdate() + timedelta(days=9),
    )  # fmt: skip
    entry = progress.update(held.pk, Said("Làm thay"), office.rights("colleague"))
    assert (entry.by, entry.on_behalf_of) == (office["colleague"], office["officer"])
    assert "thay Nguyễn Văn Hùng" in words(client_of(office, "head").get(page(held, "task")))


def test_suspended_work_takes_no_progress(office: Office, held: Assignment) -> None:
    Suspension.objects.create(case=held.case, agency=office.agency, since=localdate(), reason="Chờ", by=office["leader"], at=now())  # fmt: skip
    with pytest.raises(Refused, match="đang tạm dừng"):
        progress.update(held.pk, Said("Đang làm"), office.rights("officer"))


def test_same_words_as_before_are_flagged(office: Office, held: Assignment) -> None:
    rights = office.rights("officer")
    assert not progress.update(held.pk, Said("Đang thực hiện theo kế hoạch."), rights).repeats
    assert not progress.update(held.pk, Said("Xong đợt 1"), rights).repeats
    answer = client_of(office, "officer").post(page(held), {"text": "xong  Đợt 1"}, follow=True)
    assert "giống hệt kỳ trước" in words(answer)
    assert Progress.objects.first().repeats


def test_same_words_as_in_the_last_period_are_flagged(office: Office, held: Assignment) -> None:
    progress.update(held.pk, Said("Không có gì mới"), office.rights("officer"))
    other = make_assignment(office)
    walk(office, other, "execute")
    assert not progress.update(other.pk, Said("Không có gì mới"), office.rights("officer")).repeats
    Assignment.objects.filter(pk=other.pk).update(measure=held.measure, period=2)
    Progress.objects.filter(case=other.pk).delete()
    assert progress.update(other.pk, Said("Không có gì mới"), office.rights("officer")).repeats


def test_form_asks_for_figures_only_where_there_is_a_target(office: Office, held: Assignment) -> None:
    client = client_of(office, "officer")
    assert "Lũy kế" not in words(client.get(page(held)))
    with pytest.raises(Refused, match="không có chỉ tiêu"):
        progress.update(held.pk, Said("Số", Decimal(1)), office.rights("officer"))
    set_target(held, 99, "%")
    assert "Chỉ tiêu: 99%" in words(client.get(page(held)))
    shown = words(client.post(page(held), {"text": "Đã làm", "value": "nhiều", "total": "-1"}))
    assert "Kết quả kỳ này: “nhiều” không phải số" in shown
    assert "Lũy kế từ đầu năm: “-1” không phải số" in shown
    assert "Đã làm" in shown
    assert "Chưa ghi tiến độ" in words(client.post(page(held), {"text": "  ", "value": "1"}))
    assert not Progress.objects.exists()


def test_office_sets_the_target(office: Office, held: Assignment) -> None:
    client = client_of(office, "reviewer")
    assert page(held, "target") in words(client.get(page(held, "task")))
    assert client.post(page(held, "target"), {"target": "1.200", "unit": "hồ sơ"}).status_code == 302
    measure = Measure.objects.get(pk=held.measure_id)
    assert (measure.target, measure.target_unit) == (1200, "hồ sơ")
    assert Entry.objects.filter(verb="measure.target_set", subject=f"measure:{measure.pk}").count() == 1
    assert "Chỉ tiêu phải lớn hơn 0" in words(client.post(page(held, "target"), {"target": "0"}))
    client.post(page(held, "target"), {"target": "", "unit": "hồ sơ"})
    measure.refresh_from_db()
    assert (measure.target, measure.target_unit) == (None, "")
    assert client_of(office, "head").get(page(held, "target")).status_code == 403


@pytest.mark.parametrize(("written", "figure"), [
    ("", None), ("12", "12"), ("1.234,5", "1234.5"), ("1234,56", "1234.56"), ("12.5", "12.5"), ("1.234", "1234"),
    ("98,5 %", "98.5"),
])  # fmt: skip
def test_figures_are_read_as_offices_write_them(written: str, figure: str | None) -> None:
    assert figure_of(written) == (None if figure is None else Decimal(figure))


@pytest.mark.parametrize("written", ["-1", "1,234", "1.23.4", "abc", "1e9", "NaN", "٣", "=1", "9" * 13])
def test_what_is_no_figure_is_refused(written: str) -> None:
    with pytest.raises(NotAFigure):
        figure_of(written)


def test_figures_are_written_without_idle_zeros() -> None:
    assert [figure_words(Decimal(text), unit) for text, unit in (("12.00", ""), ("12.50", "tin"), ("99.25", "%"))] == [
        "12", "12,5 tin", "99,25%",
    ]  # fmt: skip


@pytest.mark.parametrize("entries", [1, 3])
def test_task_costs_the_same_whatever_the_entries(
    office: Office, held: Assignment, entries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    set_target(held)
    for number in range(entries):
        progress.update(held.pk, Said(f"Đợt {number}", Decimal(number)), office.rights("officer"))
    client = client_of(office, "viewer")
    with django_assert_num_queries(19):
        assert client.get(page(held, "task")).status_code == 200


def test_what_happened_is_recorded_as_often_as_it_happens(office: Office, held: Assignment) -> None:
    client = client_of(office, "officer")
    assert client.get(page(held, "happening")).status_code == 404
    Case.objects.filter(pk=held.pk).update(schedule=Schedule.UNDATED, due_on=None, original_due_on=None)
    for number in (1, 2):
        answer = client.post(page(held, "happening"), {"happened_on": f"2026-03-0{number}", "text": "Tiếp công dân"})
        assert answer.url == page(held, "task")
    assert [(one.kind, one.repeats) for one in Progress.objects.all()] == [("happening", False)] * 2
    shown = words(client.get(page(held, "task")))
    assert "phát sinh ngày 02/3/2026" in shown
    late = client.post(page(held, "happening"), {"happened_on": "2999-01-01", "text": "Sau này"})
    assert late.status_code == 409
    assert "Ngày phát sinh ở sau hôm nay" in unescape(late.content.decode())
    assert Progress.objects.count() == 2


def test_nothing_happened_in_one_press(office: Office, held: Assignment) -> None:
    step, client = open_step(held), client_of(office, "officer")
    address = reverse("workflow:execute", args=[step.pk])
    client.post(address, {"act": "nothing", "statement": ""})
    assert open_step(held).pk == step.pk, "dated work is not passed over so"
    Case.objects.filter(pk=held.pk).update(period="Quý I")
    assert "Không phát sinh trong kỳ" in words(client.get(address))
    client.post(address, {"act": "nothing", "statement": ""})
    assert open_step(held).stage == "submit"
    assert open_step(held).previous.note == "Không phát sinh trong kỳ."
