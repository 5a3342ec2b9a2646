"""The page on which a signed paper is written down."""

from __future__ import annotations

from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import localdate

from evidence.models import DocumentFile
from tests.office import Office, last_digest, make_assignment, open_step, walk
from workflow.models import Assignment, Case, Step

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def address(assignment: Assignment) -> str:
    return f"/nhiem-vu/{assignment.pk}/quyet-dinh-tren-giay/"


def filled(assignment: Assignment, signer: int, decision: str, **more: object) -> dict[str, object]:
    step = open_step(assignment)
    data = {
        "signer": signer, "decision": decision, "number": "12/TB-SKHĐT", "dated": f"{localdate():%d/%m/%Y}",
        "abstract": "Ý kiến phê duyệt", "uploads": SimpleUploadedFile("y-kien.pdf", PDF, "application/pdf"), "step": step.pk,
    }  # fmt: skip
    return data | ({"seen": last_digest(assignment)} if step.judging else {}) | more


def test_clerk_records_from_the_task_page_and_everybody_reads_it(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "approve")
    client.force_login(office["clerk"])
    assert f'href="{address(assignment)}"' in client.get(f"/nhiem-vu/{assignment.pk}/").content.decode()
    page = unescape(client.get(address(assignment)).content.decode())
    assert last_digest(assignment) in page
    assert "Nông Đức Ánh" in page
    answer = client.post(address(assignment), filled(assignment, office["leader"].pk, "approved"))
    assert answer.status_code == 302
    assert Case.objects.get(pk=assignment.pk).status == "DONE"
    client.force_login(office["officer"])
    history = unescape(client.get(f"/nhiem-vu/{assignment.pk}/").content.decode())
    assert "quyết định trên giấy số 12/TB-SKHĐT ngày" in history
    assert "Nguyễn Thị Lan ghi nhận" in history
    file = DocumentFile.objects.get()
    assert client.get(f"/tai-lieu/{file.pk}/").status_code == 200
    client.force_login(office["other_officer"])
    assert client.get(f"/tai-lieu/{file.pk}/").status_code == 404


def test_heads_assignment_on_paper_names_an_officer(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    client.force_login(office["clerk"])
    answer = client.post(address(assignment), filled(assignment, office["head"].pk, "assigned"))
    assert "Chọn người thực hiện." in unescape(answer.content.decode())
    data = filled(assignment, office["head"].pk, "assigned", officer=office["officer"].pk)
    assert client.post(address(assignment), data).status_code == 302
    assert open_step(assignment).owner == office["officer"]


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ({"number": ""}, "Chưa ghi số của văn bản đã ký"),
        ({"dated": "", "number": ""}, "Chưa ghi ngày của văn bản đã ký"),
        ({"uploads": ""}, "Chưa chọn tệp"),
        ({"decision": "returned"}, "Chưa ghi lý do trả lại"),
    ],
)
def test_what_is_missing_is_said(client: Client, office: Office, lacking: dict[str, object], words: str) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "approve")
    client.force_login(office["clerk"])
    answer = client.post(address(assignment), filled(assignment, office["leader"].pk, "approved") | lacking)
    assert words in unescape(answer.content.decode())
    assert open_step(assignment).stage == "approve"


def test_signer_who_may_not_decide_is_not_taken(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "approve")
    client.force_login(office["clerk"])
    answer = client.post(address(assignment), filled(assignment, office["other_leader"].pk, "approved"))
    assert "Người này không được quyết định bước này." in unescape(answer.content.decode())


def test_changed_content_is_refused(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "approve")
    client.force_login(office["clerk"])
    data = filled(assignment, office["leader"].pk, "approved", seen="0" * 64)
    assert client.post(address(assignment), data).status_code == 409
    assert not DocumentFile.objects.exists()


def test_step_that_moved_on_is_refused(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    data = filled(assignment, office["head"].pk, "assigned", officer=office["officer"].pk)
    walk(office, assignment, "submit")
    client.force_login(office["clerk"])
    data |= {"decision": "submitted", "statement": "Xong"}
    assert client.post(address(assignment), data).status_code == 409
    assert Step.objects.get(pk=open_step(assignment).pk).stage == "submit"


def test_reviewer_of_the_case_is_told_why_not(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "approve")
    client.force_login(office["reviewer"])
    page = unescape(client.get(address(assignment)).content.decode())
    assert "rà soát hoặc tham gia nhiệm vụ này" in page
    assert "Ghi nhận quyết định</button>" not in page
    answer = client.post(address(assignment), filled(assignment, office["leader"].pk, "approved"))
    assert answer.status_code == 409


@pytest.mark.parametrize(("name", "status"), [("head", 403), ("leader", 403), ("viewer", 403), ("other_head", 404)])
def test_page_is_for_recorders(client: Client, office: Office, name: str, status: int) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "approve")
    client.force_login(office[name])
    assert client.get(address(assignment)).status_code == status


def test_another_agency_finds_nothing(client: Client, office: Office, other_office: Office) -> None:
    assignment = make_assignment(office)
    client.force_login(other_office["clerk"])
    assert client.get(address(assignment)).status_code == 404


def test_stage_without_paper_leads_back(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "execute")
    client.force_login(office["clerk"])
    assert client.get(address(assignment)).status_code == 302
