"""Large files: read by a worker, watched on a page, owed in a row that outlives whoever reads it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, now
from kombu.exceptions import OperationalError

from config.celery import app
from organization.enums import Role
from organization.models import Post
from plans import arrivals, tasks
from plans.models import Arrival, Plan, PlanImport
from tests.office import Office
from tests.plans.files import HEADINGS, word

pytestmark = pytest.mark.django_db
ROW = ("1", "Ban hành Kế hoạch", "Rà soát", "Kế hoạch", "Văn phòng", "Phòng Kinh tế ngành", "Quý I")
NEW = ("2", "Việc mới thêm", "", "Biên bản", "Văn phòng", "", "Quý IV")


@pytest.fixture(autouse=True)
def every_file_is_large(settings: Any) -> None:
    settings.IMPORT_AT_ONCE_BYTES = 0


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Whom a worker was told to read."""
    found: list[int] = []
    monkeypatch.setattr(tasks.read_arrival, "apply_async", lambda args, **_: found.extend(args))
    return found


@pytest.fixture
def client(office: Office, told: list[int]) -> Client:
    client = Client()
    client.force_login(office["reviewer"])
    return client


def file(*rows: tuple[str, ...]) -> bytes:
    return word([HEADINGS, *(rows or (ROW,))]).getvalue()


def uploaded(client: Client, content: bytes, url: str = "", **given: str) -> Arrival:
    sent = SimpleUploadedFile("ke-hoach.docx", content)
    answer = client.post(url or reverse("plans:upload"), {"file": sent, "year": "2026", **given})
    found = Arrival.objects.latest("pk")
    assert answer["Location"] == reverse("plans:arrival", args=[found.pk])
    return found


def page(client: Client, arrival: Arrival, **headers: str) -> Any:
    return client.get(reverse("plans:arrival", args=[arrival.pk]), headers=headers)


def test_large_file_is_owed_to_a_worker_and_its_page_says_how_far_it_is(client: Client, told: list[int]) -> None:
    arrival = uploaded(client, file())
    assert told == [arrival.pk]
    assert "Đã nhận tệp, chờ máy đọc" in page(client, arrival).content.decode()
    Arrival.objects.update(done=250, total=5000, leased_until=now())
    assert "250 trên 5.000 dòng" in page(client, arrival).content.decode()
    assert "Tệp đang đọc" in client.get(reverse("plans:list")).content.decode()
    assert not PlanImport.objects.exists()


def test_file_that_was_read_leads_on(client: Client) -> None:
    arrival = uploaded(client, file())
    arrivals.read_waiting(arrival.pk)
    arrival.refresh_from_db()
    kept = PlanImport.objects.get()
    url = reverse("plans:preview", args=[kept.pk])
    assert (arrival.body, arrival.result, arrival.waits) == (None, kept, False)
    assert page(client, arrival).url == url
    assert page(client, arrival, **{"HX-Request": "true"})["HX-Redirect"] == url
    assert (kept.by_id, kept.filename) == (arrival.by_id, "ke-hoach.docx")


def test_file_that_cannot_be_read_says_why(client: Client) -> None:
    arrival = uploaded(client, b"khong phai tep Word")
    arrivals.read_waiting(arrival.pk)
    shown = page(client, arrival).content.decode()
    assert "Không đọc được tệp" in shown
    assert "“ke-hoach.docx”: " in shown
    assert arrivals.unread() == []


def test_worker_that_dies_leaves_the_file_to_the_next_and_nothing_is_there_twice(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrival = uploaded(client, file())
    with monkeypatch.context() as patch:
        patch.setattr(arrivals, "_end", lambda *_, **__: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception):
            arrivals.read_waiting(arrival.pk)
    assert PlanImport.objects.count() == 1
    assert arrivals.unread() == []
    assert arrivals.read_waiting(arrival.pk) is None
    Arrival.objects.update(leased_until=now() - timedelta(seconds=1))
    assert arrivals.unread() == [arrival.pk]
    arrivals.read_waiting(arrival.pk)
    assert PlanImport.objects.count() == 1
    assert arrivals.read_waiting(arrival.pk) is None


def test_reading_tells_how_many_rows_are_done(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    arrival, seen = uploaded(client, file(ROW, NEW)), []
    monkeypatch.setattr("plans.understanding.TOLD_EVERY", 1)
    plain = arrivals.waiting

    def watched() -> Any:
        seen.append(tuple(Arrival.objects.values_list("done", "total").get()))
        return plain()

    monkeypatch.setattr(arrivals, "waiting", watched)
    arrivals.read_waiting(arrival.pk)
    assert seen == [(0, 0), (0, 0), (0, 2)]


def test_corrected_large_file_goes_over_what_is_reviewed_and_beside_its_draft(client: Client) -> None:
    first = uploaded(client, file())
    arrivals.read_waiting(first.pk)
    kept = PlanImport.objects.get()
    over = uploaded(client, file(ROW, NEW), reverse("plans:upload_again", args=[kept.pk]))
    arrivals.read_waiting(over.pk)
    kept.refresh_from_db()
    assert [PlanImport.objects.count(), len(kept.rows)] == [1, 2]
    client.post(reverse("plans:save", args=[kept.pk]))
    plan = Plan.objects.get()
    beside = uploaded(client, file(NEW), reverse("workflow:amend", args=[plan.pk]))
    arrivals.read_waiting(beside.pk)
    beside.refresh_from_db()
    assert (beside.result.amends, len(beside.result.rows)) == (plan, 1)
    assert page(client, beside).url == f"/ke-hoach/dieu-chinh/{beside.result_id}/"


def test_who_left_the_office_meanwhile_brings_nothing(client: Client, office: Office) -> None:
    arrival = uploaded(client, file())
    Post.objects.filter(user=office["reviewer"], role=Role.REVIEWER).update(until=localdate() - timedelta(days=1))
    arrivals.read_waiting(arrival.pk)
    arrival.refresh_from_db()
    assert arrival.refusal == "Người tải tệp lên không còn là người của Văn phòng."
    assert not PlanImport.objects.exists()


def test_broker_out_of_reach_costs_time_only(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks.read_arrival, "apply_async", unreachable)
    arrival = uploaded(client, file())
    assert arrivals.unread() == [arrival.pk]


def test_file_is_the_offices_own(client: Client, office: Office, other_office: Office) -> None:
    arrival = uploaded(client, file())
    for person, status in ((other_office["reviewer"], 404), (office["head"], 403), (office["director"], 403)):
        client.force_login(person)
        assert page(client, arrival).status_code == status
    with pytest.raises(PermissionDenied):
        arrivals.wait(b"", office.rights("head"), filename="x.docx")


def test_what_is_neither_owed_nor_done_cannot_be(client: Client) -> None:
    arrival = uploaded(client, file())
    with pytest.raises(IntegrityError, match="arrival_is_owed_or_done"), transaction.atomic():
        Arrival.objects.filter(pk=arrival.pk).update(body=None)


@pytest.fixture
def worker() -> Iterator[None]:
    app.control.purge()
    with start_worker(app, perform_ping_check=False, pool="solo", shutdown_timeout=20):
        yield
    connections.close_all()


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker")
def test_worker_reads_through_the_real_broker(office: Office) -> None:
    told = arrivals.wait(file(), office.rights("reviewer"), filename="ke-hoach.docx", year=2026)
    lost = arrivals.wait(file(NEW), office.rights("reviewer"), filename="khac.docx", year=2026)
    assert tasks.call_worker(told.pk)
    tasks.resume_unread.delay()
    end = time.monotonic() + 30
    while arrivals.waiting().exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert set(Arrival.objects.values_list("pk", "result__rows__0__task")) == {
        (told.pk, "Ban hành Kế hoạch"), (lost.pk, "Việc mới thêm"),
    }  # fmt: skip
