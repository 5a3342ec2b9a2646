"""Điều chỉnh kế hoạch, in the browser's words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from plans.amendments import amend_by_hand, newest_version
from plans.models import Measure, MeasureText, PlanImport, PlanVersion
from tests.evidence.files import PDF
from tests.office import Office, make_assignment, make_measure, make_plan, walk
from tests.plans.files import HEADINGS, word
from tests.workflow.test_amending import amended, changing, dropping, until
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


@pytest.fixture
def work(office: Office, version: PlanVersion) -> Assignment:
    return make_assignment(office, version=version, due=date(2026, 9, 30))


def signed_in(office: Office, name: str) -> Client:
    client = Client()
    client.force_login(office[name])
    return client


@pytest.fixture
def client(office: Office) -> Client:
    return signed_in(office, "reviewer")


@pytest.fixture
def kept(office: Office, version: PlanVersion, work: Assignment) -> PlanImport:
    return amend_by_hand(version.plan, office.rights("reviewer"))


def html(response: Any) -> str:
    return str(response.content.decode())


def signed(**given: str) -> dict[str, Any]:
    return {"number": "78/KH", "issued_on": "12/06/2026", "uploads": SimpleUploadedFile("ky.pdf", PDF)} | given


def place_of(kept: PlanImport, measure_id: int) -> int:
    return [row["measure_id"] for row in kept.rows].index(measure_id)


def drop(client: Client, kept: PlanImport, measure_id: int) -> Any:
    index = place_of(kept, measure_id)
    address = reverse("workflow:amendment_drop", args=[kept.pk, index])
    return client.post(address, {"measure": measure_id}, follow=True)


def test_a_file_is_put_beside_the_plan(client: Client, office: Office, version: PlanVersion, work: Assignment) -> None:
    row = ("1", "Số hóa hồ sơ", "", "Báo cáo", "Phòng Kinh tế ngành", "", "Trước ngày 30/10/2026")
    file = SimpleUploadedFile("dieu-chinh.docx", word([HEADINGS, row]).read())
    page = client.post(reverse("workflow:amend", args=[version.plan_id]), {"file": file}, follow=True)
    assert page.redirect_chain
    text = html(page)
    assert "Phòng Đăng ký kinh doanh chuyển cho Phòng Kinh tế ngành cùng các lần nộp" in text
    assert "Dòng I." in text
    assert Case.objects.get(pk=work.pk).unit_id == office.division.pk
    assert PlanVersion.objects.count() == 1


def test_a_file_that_is_no_plan_is_refused(client: Client, version: PlanVersion) -> None:
    page = client.post(reverse("workflow:amend", args=[version.plan_id]), {"file": SimpleUploadedFile("a.docx", b"x")})
    assert page.status_code == 200
    assert "a.docx" in html(page)
    assert not PlanImport.objects.exists()


def test_rows_are_dropped_and_kept_after_all(client: Client, kept: PlanImport, work: Assignment) -> None:
    text = html(drop(client, kept, work.measure_id))
    assert "Dừng thực hiện: nhiệm vụ không còn trong kế hoạch." in text
    client.post(reverse("workflow:amendment_restore", args=[kept.pk, work.measure_id]))
    kept.refresh_from_db()
    assert [row["measure_id"] for row in kept.rows] == list(
        MeasureText.objects.order_by("position").values_list("measure_id", flat=True)
    )


def test_a_row_that_moved_meanwhile_is_not_dropped(client: Client, kept: PlanImport, work: Assignment) -> None:
    page = client.post(reverse("workflow:amendment_drop", args=[kept.pk, 0]), {"measure": "999999"}, follow=True)
    assert "Danh sách dòng vừa thay đổi" in html(page)


def test_the_last_row_is_not_dropped(client: Client, kept: PlanImport, work: Assignment) -> None:
    drop(client, kept, work.measure_id)
    kept.refresh_from_db()
    assert "còn ít nhất một dòng" in html(drop(client, kept, kept.rows[0]["measure_id"]))


def test_a_row_is_changed_and_one_is_added_by_hand(
    client: Client, office: Office, kept: PlanImport, work: Assignment
) -> None:
    index = place_of(kept, work.measure_id)
    given = {
        "task": "Số hóa hồ sơ",
        "product": "Biên bản",
        "leads": [f"unit:{office.other_division.pk}"],
        "deadline": "Trước ngày 30/10/2026",
    }
    client.post(reverse("workflow:amendment_row", args=[kept.pk, index]), given)
    new = given | {"task": "Nhiệm vụ phát sinh", "deadline": "Quý IV"}
    client.post(reverse("workflow:amendment_row", args=[kept.pk, len(kept.rows)]), new)
    page = client.post(
        reverse("workflow:amendment", args=[kept.pk]), signed(abstract="Điều chỉnh, bổ sung"), follow=True
    )
    assert "Đã đưa Văn bản 78/KH vào theo dõi: 01 việc đang mở theo nội dung mới, 01 việc giao thêm." in html(page)
    assert "Đã điều chỉnh theo 78/KH ngày 12/6/2026: Điều chỉnh, bổ sung" in html(page)
    case, added = Case.objects.get(pk=work.pk), Case.objects.get(title="Nhiệm vụ phát sinh")
    assert (case.due_on, case.unit_id) == (date(2026, 10, 30), office.other_division.pk)
    assert (added.due_on, added.unit_id) == (date(2026, 12, 31), office.other_division.pk)
    assert newest_version(case.plan).signed_document.abstract == "Điều chỉnh, bổ sung"
    assert MeasureText.objects.get(version__number=2, measure=work.measure_id).lead_raw == "Phòng Kinh tế ngành"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"number": ""}, "Chưa ghi số văn bản"),
        ({"issued_on": "31/02/2026"}, "không có trong lịch"),
        ({"uploads": ""}, "Chưa chọn tệp đã ký"),
        ({"issued_on": "04/01/2026"}, "ở trước bản đang thực hiện"),
    ],
)
def test_approving_is_refused_with_what_was_typed(
    client: Client, kept: PlanImport, work: Assignment, given: dict[str, str], words: str
) -> None:
    drop(client, kept, work.measure_id)
    page = client.post(reverse("workflow:amendment", args=[kept.pk]), signed(abstract="Trích yếu đã ghi") | given)
    assert words in html(page)
    assert "Trích yếu đã ghi" in html(page)
    assert PlanVersion.objects.count() == 1


def test_an_amendment_without_a_change_is_refused(client: Client, kept: PlanImport) -> None:
    page = client.post(reverse("workflow:amendment", args=[kept.pk]), signed())
    assert (page.status_code, "không đổi dòng nào" in html(page)) == (409, True)


def test_discarding_changes_nothing(client: Client, kept: PlanImport) -> None:
    page = client.post(reverse("workflow:amendment_discard", args=[kept.pk]), follow=True)
    assert "Kế hoạch không đổi" in html(page)
    assert not PlanImport.objects.exists()


@pytest.mark.parametrize("name", ["head", "officer", "leader", "clerk", "viewer"])
def test_only_the_office_amends(office: Office, kept: PlanImport, work: Assignment, name: str) -> None:
    client = signed_in(office, name)
    for address in addresses(kept, work):
        assert client.get(address).status_code == 403
    assert client.post(reverse("workflow:amendment_discard", args=[kept.pk])).status_code == 403


def test_another_agency_finds_nothing(other_office: Office, kept: PlanImport, work: Assignment) -> None:
    client = signed_in(other_office, "reviewer")
    for address in addresses(kept, work):
        assert client.get(address).status_code == 404
    for name, arguments in [("discard", []), ("drop", [0]), ("restore", [1])]:
        assert client.post(reverse(f"workflow:amendment_{name}", args=[kept.pk, *arguments])).status_code == 404


def addresses(kept: PlanImport, work: Assignment) -> list[str]:
    return [
        reverse("workflow:amend", args=[kept.amends_id]),
        reverse("workflow:amendment", args=[kept.pk]),
        reverse("workflow:amendment_row", args=[kept.pk, 0]),
    ]


def test_a_row_that_is_not_there_is_not_found(client: Client, kept: PlanImport) -> None:
    assert client.get(reverse("workflow:amendment_row", args=[kept.pk, 99])).status_code == 404


def test_the_preview_costs_the_same_for_one_row_and_for_three(
    client: Client, office: Office, other_office: Office, version: PlanVersion
) -> None:
    make_assignment(other_office)
    counts = []
    for _ in range(2):
        for _ in range(1 + 2 * len(counts)):
            walk(office, make_assignment(office, version=version), "review")
        kept = amend_by_hand(version.plan, office.rights("reviewer"))
        kept.rows = kept.rows[:1]
        kept.save()
        with CaptureQueriesContext(connection) as told:
            assert "Dừng thực hiện" in html(client.get(reverse("workflow:amendment", args=[kept.pk])))
        counts.append(len(told))
    assert counts == [23, 23]


def test_the_plan_is_shown_as_on_any_day(
    client: Client, office: Office, version: PlanVersion, work: Assignment
) -> None:
    page = reverse("plans:plan", args=[version.plan_id])
    amended(office, version.plan, dropping(work.measure_id), abstract="Bỏ việc số hóa")
    assert "Số hóa hồ sơ" not in html(client.get(page))
    before = html(client.get(page, {"ngay": "11/06/2026"}))
    assert "Số hóa hồ sơ" in before
    assert "Kế hoạch theo bản có hiệu lực đến ngày 11/6/2026." in before
    assert "Điều chỉnh</a>" not in before
    assert "chưa được ban hành" in html(client.get(page, {"ngay": "2026-01-04"}))
    assert "Số hóa hồ sơ" not in html(client.get(page, {"ngay": "2026-06-12"}))
    assert "không có trong lịch" in html(client.get(page, {"ngay": "31/02/2026"}))


def test_the_task_says_what_was_amended(client: Client, office: Office, version: PlanVersion, work: Assignment) -> None:
    amended(office, version.plan, changing(work.measure_id, deadline=until(date(2026, 10, 30)), product="Biên bản"))
    page = reverse("workflow:task", args=[work.pk])
    told = html(client.get(page))
    assert "Văn bản 78/KH ngày 12/6/2026" in told
    assert "<ins>Biên bản</ins>" in told
    assert "ban đầu 30/9/2026" in told
    amended(office, version.plan, dropping(work.measure_id), number="79/KH")
    assert "Nhiệm vụ không còn trong kế hoạch." in html(client.get(page))


def test_people_are_told_in_words(office: Office, version: PlanVersion, work: Assignment) -> None:
    amended(office, version.plan, changing(work.measure_id, deadline=until(date(2026, 10, 30))))
    page = html(signed_in(office, "head").get(reverse("notifications:list")))
    assert "đã đưa văn bản điều chỉnh 78/KH ngày 12/6/2026 vào theo dõi" in page
    assert "Thời hạn từ 30/9/2026 sang 30/10/2026" in page


def test_a_draft_takes_the_corrected_file(client: Client, office: Office) -> None:
    draft = make_plan(office, 2026)
    draft.plan.issued_at = None
    draft.plan.save()
    make_measure(office, draft, lead=office.office, task="Việc cũ")
    kept = amend_by_hand(draft.plan, office.rights("reviewer"))
    page = client.post(reverse("workflow:amendment", args=[kept.pk]), follow=True)
    assert "Đã cập nhật dự thảo: 01 nhiệm vụ." in html(page)
    assert Measure.objects.count() == 1
