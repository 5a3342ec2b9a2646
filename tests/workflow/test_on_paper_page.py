"""The page on which a signed paper is written down."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import localdate

from evidence.models import DocumentFile
from tests.office import Office, last_digest, make_assignment, open_step, walk
from workflow.models import Assignment, Case, Step
from workflow.requests import asking

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


# --- what leadership is asked about work


def request_step(office: Office, work: Assignment, kind: str) -> Step:
    """At leadership's decision, with Văn phòng's opinion given."""
    if kind == "extension":
        asked = asking.ask_extension(
            work.pk, office.rights("head"), due_on=localdate() + timedelta(days=60), reason="Chờ số liệu"
        )
    else:
        asked = asking.ask_lead_change(
            work.pk, office.rights("head"), unit=office.other_division, reason="Đúng chức năng"
        )
    step = Step.objects.get(process_id=asked.pk, finished=None)
    return asking.advise(step.pk, office.rights("reviewer"), agrees=True)


def on_paper(step: Step, signer: int, decision: str, **more: object) -> tuple[str, dict[str, object]]:
    data = {
        "signer": signer, "decision": decision, "number": "15/TB-SKHĐT", "dated": f"{localdate():%d/%m/%Y}", "step": step.pk,
        "abstract": "Ý kiến của lãnh đạo", "uploads": SimpleUploadedFile("y-kien.pdf", PDF, "application/pdf"),
    }  # fmt: skip
    return f"/de-nghi/{step.process_id}/quyet-dinh-tren-giay/", data | more


@pytest.fixture
def work(office: Office) -> Assignment:
    assignment = make_assignment(office)
    walk(office, assignment, "execute")
    return assignment


def test_extension_granted_on_paper_is_the_leaders_and_names_the_recorder(
    client: Client, office: Office, work: Assignment
) -> None:
    step = request_step(office, work, "extension")
    other = localdate() + timedelta(days=45)
    client.force_login(office["clerk"])
    url, data = on_paper(step, office["leader"].pk, "granted_otherwise")
    assert f'href="{url}"' in client.get(f"/de-nghi/{step.process_id}/").content.decode()
    assert "Chưa ghi ngày gia hạn" in unescape(client.post(url, data).content.decode())
    url, data = on_paper(step, office["leader"].pk, "granted_otherwise", due_on=other.isoformat())
    assert client.post(url, data).status_code == 302
    assert Case.objects.get(pk=work.pk).due_on == other
    step.refresh_from_db()
    assert (step.acted_by, step.recorded_by, step.paper.number) == (office["leader"], office["clerk"], "15/TB-SKHĐT")
    client.force_login(office["head"])
    shown = unescape(client.get(f"/de-nghi/{step.process_id}/").content.decode())
    assert "quyết định trên giấy số 15/TB-SKHĐT" in shown
    assert "Nguyễn Thị Lan ghi nhận" in shown
    assert client.get(f"/tai-lieu/{DocumentFile.objects.get().pk}/").status_code == 200


def test_change_of_lead_on_paper_moves_the_work_or_says_why_not(
    client: Client, office: Office, work: Assignment
) -> None:
    step = request_step(office, work, "lead")
    client.force_login(office["clerk"])
    url, data = on_paper(step, office["leader"].pk, "refused")
    assert "Chưa ghi lý do không chấp thuận" in unescape(client.post(url, data).content.decode())
    url, data = on_paper(step, office["leader"].pk, "granted")
    assert client.post(url, data).status_code == 302
    assert Case.objects.get(pk=work.pk).unit == office.other_division


@pytest.mark.parametrize(
    ("who", "status"), [("head", 403), ("officer", 403), ("leader", 403), ("administrator", 404), ("other_head", 404)]
)
def test_only_recorders_write_down_what_was_decided_of_a_request(
    client: Client, office: Office, work: Assignment, who: str, status: int
) -> None:
    step = request_step(office, work, "extension")
    client.force_login(office[who])
    assert client.get(f"/de-nghi/{step.process_id}/quyet-dinh-tren-giay/").status_code == status


def test_who_gave_the_opinion_does_not_write_the_decision_down(
    client: Client, office: Office, other_office: Office, work: Assignment
) -> None:
    step = request_step(office, work, "extension")
    url, data = on_paper(step, office["leader"].pk, "granted")
    client.force_login(office["reviewer"])
    assert "không ghi nhận quyết định trên giấy được" in unescape(client.get(url).content.decode())
    assert client.post(url, data).status_code == 409
    client.force_login(other_office["clerk"])
    assert client.get(url).status_code == 404
    # a leader who does not hold it cannot have decided it
    client.force_login(office["clerk"])
    url, data = on_paper(step, office["other_leader"].pk, "granted")
    assert "không được quyết định bước này" in unescape(client.post(url, data).content.decode())
    step.refresh_from_db()
    assert step.finished is None


def test_request_decided_meanwhile_is_said_to_be(client: Client, office: Office, work: Assignment) -> None:
    step = request_step(office, work, "extension")
    url, data = on_paper(step, office["leader"].pk, "granted")
    asking.refuse_extension(step.pk, office.rights("leader"), reason="Chưa cần")
    client.force_login(office["clerk"])
    answer = client.post(url, data)
    assert (answer.status_code, answer.url) == (302, f"/de-nghi/{step.process_id}/")


def test_return_on_paper_keeps_its_coded_reasons(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "approve")
    client.force_login(office["clerk"])
    data = filled(assignment, office["leader"].pk, "returned", reasons=["other"])
    assert "Chưa ghi lý do trả lại" in unescape(client.post(address(assignment), data).content.decode())
    data = filled(assignment, office["leader"].pk, "returned", reasons=["figures"], note="Đối chiếu lại")
    assert client.post(address(assignment), data).status_code == 302
    step.refresh_from_db()
    assert (step.reasons, step.note) == (["figures"], "Số liệu chưa khớp.\nĐối chiếu lại")
