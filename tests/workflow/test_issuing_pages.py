"""Đưa vào theo dõi and its neighbours, in the browser's words."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evidence.models import Document, DocumentFile
from plans.models import MeasureText, Occurrence, Plan
from tests.evidence.files import PDF
from tests.office import Office
from tests.workflow.drafts import Draft, make_draft
from workflow.issuing import issue_plan
from workflow.models import Case

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 12)
PAST, LATER = date(2026, 3, 31), date(2026, 11, 30)


@pytest.fixture(autouse=True)
def on_the_day_of_issue(tmp_path: Any, settings: Any):
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel("2026-06-12T09:00:00+07:00", tick=False):
        yield


@pytest.fixture
def draft(office: Office) -> Draft:
    return make_draft(office)


@pytest.fixture
def client(office: Office) -> Client:
    return signed_in(office, "reviewer")


def signed_in(office: Office, name: str) -> Client:
    client = Client()
    client.force_login(office[name])
    return client


def pdf(name: str = "ban-ky.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF)


def html(response: Any) -> str:
    return str(response.content.decode())


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def url(name: str, pk: int) -> str:
    return reverse(f"workflow:{name}", args=[pk])


def issue(client: Client, draft: Draft, **changes: Any) -> Any:
    given = {"number": "45/KH-SKHĐT", "issued_on": "12/06/2026", "uploads": [pdf()]} | changes
    return client.post(url("issue_plan", draft.plan.pk), given)


def keys(row: MeasureText) -> list[int]:
    return list(Occurrence.objects.filter(text=row).order_by("number").values_list("pk", flat=True))


def test_page_counts_the_work_of_each_unit_and_lists_what_is_left(client: Client, draft: Draft, office: Office) -> None:
    draft.row("all", due=[PAST, LATER])
    draft.row("?", due=[LATER], task="Khắc phục sau kiểm tra")
    page = html(client.get(url("issue_plan", draft.plan.pk)))
    assert re.search(r'Đưa vào theo dõi <span id="issue-count">03</span> việc giao', page)
    assert re.findall(r'<li><span>([^<]+)</span><b class="strong num">(\d+)</b>', page) == [
        ("Phòng Đăng ký kinh doanh", "1"), ("Phòng Kinh tế ngành", "1"), ("Văn phòng", "1"),
    ]  # fmt: skip
    assert "01 kỳ đã qua hạn" in page
    assert "01 dòng chưa rõ đơn vị chủ trì" in page


def test_issuing_stores_the_signed_file_and_says_what_was_made(client: Client, draft: Draft, office: Office) -> None:
    draft.row(office.division, due=[PAST, LATER])
    draft.row("?", due=[LATER])
    response = issue(client, draft)
    assert response.url == reverse("plans:plan", args=[draft.plan.pk])
    assert said(response) == (
        "Đã đưa Kế hoạch số 45/KH-SKHĐT vào theo dõi: 01 việc giao. "
        "Còn 01 kỳ đã qua hạn và 01 dòng chưa rõ đơn vị chủ trì chờ quyết định."
    )
    plan = Plan.objects.get(pk=draft.plan.pk)
    document = plan.signed_document
    assert (document.number, document.dated, document.issuer) == ("45/KH-SKHĐT", TODAY, office.agency.name)
    file = DocumentFile.objects.get(document=document)
    opened = signed_in(office, "officer").get(url("signed_plan", plan.pk))
    assert opened.url == url("download", file.pk)
    assert signed_in(office, "officer").get(opened.url).status_code == 200
    page = html(client.get(response.url))
    assert "Quyết định kỳ đã qua hạn" in page
    assert "Tải bản đã ký" in page
    assert f'href="{reverse("workflow:tasks")}?ke_hoach={plan.pk}"' in page
    assert page.count("Chọn đơn vị chủ trì</a>") == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"number": ""}, "Chưa ghi số kế hoạch."),
        ({"issued_on": "31/02/2026"}, "Ngày ban hành không có trong lịch."),
        ({"issued_on": "13/06/2026"}, "Ngày ban hành 13/6/2026 ở sau hôm nay."),
        ({"uploads": []}, "Chưa chọn tệp đã ký."),
        ({"uploads": [SimpleUploadedFile("a.pdf", b"<html>")]}, "là trang web"),
    ],
)
def test_wrong_input_is_said_and_nothing_is_issued(
    client: Client, draft: Draft, office: Office, changes: dict[str, Any], sentence: str
) -> None:
    draft.row(office.division, due=[LATER])
    page = html(issue(client, draft, **changes))
    assert sentence in page
    assert Plan.objects.get(pk=draft.plan.pk).issued_at is None
    assert not Document.objects.exists()


def test_second_issue_says_who_was_first_and_keeps_no_file(client: Client, draft: Draft, office: Office) -> None:
    draft.row(office.division, due=[LATER])
    issue(client, draft)
    response = issue(signed_in(office, "chief"), draft, number="46/KH-SKHĐT")
    page = html(response)
    assert response.status_code == 409
    assert "Nguyễn Đức Hạnh đã đưa kế hoạch này vào theo dõi ngày 12/6/2026." in page
    assert 'value="46/KH-SKHĐT"' in page
    assert Document.objects.count() == DocumentFile.objects.count() == 1
    assert client.get(url("issue_plan", draft.plan.pk)).url == reverse("plans:plan", args=[draft.plan.pk])


@pytest.mark.parametrize("name", ["head", "officer", "leader", "clerk", "viewer", "administrator"])
def test_only_the_office_settles_plans(draft: Draft, office: Office, name: str) -> None:
    row = draft.row(office.division, kind="conditional")
    issue_plan(draft.plan.pk, office.rights("chief"), number="1/KH", issued_on=TODAY)
    case = Case.objects.get(plan=draft.plan)
    reader = signed_in(office, name)
    for address, pk in (
        ("issue_plan", draft.plan.pk),
        ("decide_past", draft.plan.pk),
        ("name_lead", row.pk),
        ("set_due", case.pk),
    ):
        assert reader.get(url(address, pk)).status_code == 403
        assert reader.post(url(address, pk)).status_code == 403


def test_nothing_of_another_agency_is_found(draft: Draft, office: Office, other_office: Office) -> None:
    row = draft.row(office.division, kind="conditional")
    issue_plan(draft.plan.pk, office.rights("chief"), number="1/KH", issued_on=TODAY)
    case = Case.objects.get(plan=draft.plan)
    stranger = signed_in(other_office, "chief")
    for address, pk in (
        ("issue_plan", draft.plan.pk), ("decide_past", draft.plan.pk), ("signed_plan", draft.plan.pk),
        ("name_lead", row.pk), ("set_due", case.pk),
    ):  # fmt: skip
        assert stranger.get(url(address, pk)).status_code == 404
        assert stranger.post(url(address, pk)).status_code == 404


# --- past rows


def test_past_rows_are_moved_together_before_the_issue(client: Client, draft: Draft, office: Office) -> None:
    rows = [draft.row(office.division, due=[PAST]), draft.row(office.division, due=[PAST])]
    given = {"occurrences": [keys(row)[0] for row in rows], "decision": "moved", "new_due_on": "30/06/2026"}
    response = client.post(url("decide_past", draft.plan.pk) + "?tu=issue", given)
    assert response.url == url("issue_plan", draft.plan.pk)
    page = html(client.get(response.url))
    assert page.count("Đã chọn: Thời hạn mới 30/6/2026") == 2
    issue(client, draft)
    assert set(Case.objects.filter(plan=draft.plan).values_list("due_on", flat=True)) == {date(2026, 6, 30)}


def test_all_past_rows_are_decided_with_one_tick(client: Client, draft: Draft, office: Office) -> None:
    row = draft.row(office.division, due=[PAST, date(2026, 4, 30), LATER])
    client.post(url("decide_past", draft.plan.pk), {"everything": "on", "decision": "dropped"})
    assert list(Occurrence.objects.filter(text=row).values_list("before_issue", flat=True)) == [
        "dropped",
        "dropped",
        "",
    ]


def test_past_row_is_recorded_after_the_issue_with_its_document(client: Client, draft: Draft, office: Office) -> None:
    row = draft.row(office.division, due=[PAST])
    issue(client, draft)
    given = {"occurrences": keys(row), "decision": "recorded", "number": "12/KH-SKHĐT", "dated": "20/03/2026",
             "issuer": "Sở", "abstract": "Kế hoạch CCHC", "uploads": [pdf("kq.pdf")]}  # fmt: skip
    response = client.post(url("decide_past", draft.plan.pk), given)
    assert said(response).endswith("01 kỳ: ghi nhận kết quả đã có. 01 việc giao được thêm.")
    case = Case.objects.with_submission().get(plan=draft.plan)
    assert case.finished is not None
    assert case.submitted_on == date(2026, 3, 20)
    assert "Không còn kỳ nào chờ quyết định" in html(client.get(url("decide_past", draft.plan.pk)))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"occurrences": []}, "Chưa chọn dòng nào."),
        ({"decision": ""}, "Chưa chọn cách xử lý."),
        ({"decision": "forgotten"}, "Chọn ghi nhận kết quả đã có"),
        ({"occurrences": ["0"]}, "Có dòng đã được quyết định rồi."),
        ({"occurrences": ["'; DROP TABLE"]}, "Có dòng đã được quyết định rồi."),
        ({"new_due_on": "11/06/2026"}, "Thời hạn mới phải từ ngày 12/6/2026 trở đi."),
        ({"decision": "recorded"}, "Chưa ghi ngày văn bản."),
    ],
)
def test_wrong_decision_is_said_and_nothing_changes(
    client: Client, draft: Draft, office: Office, changes: dict[str, Any], sentence: str
) -> None:
    row = draft.row(office.division, due=[PAST])
    given = {"occurrences": keys(row), "decision": "moved", "new_due_on": ""} | changes
    assert sentence in html(client.post(url("decide_past", draft.plan.pk), given))
    assert Occurrence.objects.get(text=row).before_issue == ""
    assert not Document.objects.exists()


# --- known later


def test_lead_is_named_on_its_page(client: Client, draft: Draft, office: Office) -> None:
    row = draft.row("?", due=[LATER])
    issue(client, draft)
    page = html(client.get(url("name_lead", row.pk)))
    assert "Trong kế hoạch: “Phòng được kiểm tra”" in page
    assert "Chưa chọn đơn vị chủ trì." in html(client.post(url("name_lead", row.pk)))
    response = client.post(url("name_lead", row.pk), {"units": [office.division.pk, office.other_division.pk]})
    assert said(response).endswith("02 việc giao được thêm.")
    assert Case.objects.filter(plan=draft.plan).count() == 2
    again = client.post(url("name_lead", row.pk), {"units": [office.division.pk]})
    assert (again.status_code, "Dòng này đã có đơn vị chủ trì." in html(again)) == (409, True)


def test_due_date_is_set_on_its_page(client: Client, draft: Draft, office: Office) -> None:
    draft.row(office.division, kind="conditional")
    issue(client, draft)
    case = Case.objects.get(plan=draft.plan)
    assert url("set_due", case.pk) in html(client.get(url("task", case.pk)))
    assert url("set_due", case.pk) not in html(signed_in(office, "head").get(url("task", case.pk)))
    page = html(client.post(url("set_due", case.pk), {"due_on": "30/11/2026"}))
    assert "Chưa ghi căn cứ của thời hạn." in page
    assert "Thời hạn phải từ ngày 12/6/2026" in html(
        client.post(url("set_due", case.pk), {"due_on": "1/1/2026", "note": "x"})
    )
    client.post(url("set_due", case.pk), {"due_on": "30/11/2026", "document": "215/SNV-CCHC"})
    case.refresh_from_db()
    assert (case.due_on, case.original_due_on, case.schedule) == (LATER, LATER, "dated")
    again = client.post(url("set_due", case.pk), {"due_on": "30/12/2026", "note": "Lý do giữ lại"})
    assert (again.status_code, "Lý do giữ lại" in html(again)) == (409, True)


@pytest.mark.parametrize(("address", "queries"), [("issue_plan", 16), ("decide_past", 9)])
def test_pages_cost_the_same_for_one_row_and_for_three(
    client: Client, office: Office, other_office: Office, address: str, queries: int
) -> None:
    draft = make_draft(office)
    make_draft(other_office).row(other_office.division, due=[PAST])
    counts = []
    for rows in (1, 3):
        while draft.rows < 2 * rows:
            draft.row(office.division, due=[PAST, LATER])
            draft.row("?", due=[PAST])
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url(address, draft.plan.pk)).status_code == 200
        counts.append(len(captured))
    assert counts == [queries, queries]
