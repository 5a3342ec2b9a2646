"""Pages of requests: asking, opinion, decision, the request itself, the task and the inbox that show them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from plans.enums import Source
from plans.services import put_source
from tests.journeys.house import evidence
from tests.office import Office, make_assignment, open_step, walk
from workflow.models import Assignment, Case, Extension, LeadChange, Step
from workflow.requests import asking

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 9)
DUE = TODAY + timedelta(days=10)
LATER = DUE + timedelta(days=21)
ASKED = {"due_on": "10/12/2026", "reason": "Chờ số liệu của Cục Thống kê"}


@pytest.fixture(autouse=True)
def on_a_monday() -> object:
    with time_machine.travel("2026-11-09T09:00:00+07:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def work(office: Office) -> Assignment:
    assignment = make_assignment(office, due=DUE)
    walk(office, assignment, "execute")
    return assignment


def extension_of(office: Office, work: Assignment, due_on: date = LATER) -> Step:
    one = asking.ask_extension(work.pk, office.rights("head"), due_on=due_on, reason="Chờ số liệu của Cục Thống kê")
    return Step.objects.get(process_id=one.pk, finished=None)


def change_of(office: Office, work: Assignment) -> Step:
    one = asking.ask_lead_change(work.pk, office.rights("head"), unit=office.other_division, reason="Đúng chức năng")
    return Step.objects.get(process_id=one.pk, finished=None)


def at_decision(office: Office, step: Step) -> Step:
    return asking.advise(step.pk, office.rights("reviewer"), agrees=True, opinion="Có lý do chính đáng")


def page(client: Client, office: Office, who: str, url: str, status: int = 200) -> str:
    client.force_login(office[who])
    answer = client.get(url)
    assert answer.status_code == status
    return unescape(answer.content.decode())


def post(client: Client, office: Office, who: str, url: str, given: dict[str, object], status: int = 302) -> str:
    client.force_login(office[who])
    answer = client.post(url, given)
    assert answer.status_code == status, answer.content.decode()
    return unescape(answer.content.decode())


def ask_url(work: Assignment) -> str:
    return reverse("workflow:ask_extension", args=[work.pk])


def step_url(step: Step) -> str:
    return reverse(step.node.page, args=[step.pk])


def test_head_asks_and_sees_the_request(client: Client, office: Office, work: Assignment) -> None:
    assert 'Thời hạn hiện tại <b class="strong">19/11/2026</b>' in page(client, office, "head", ask_url(work))
    post(client, office, "head", ask_url(work), ASKED)
    extension = Extension.objects.get()
    assert (extension.asked_due, extension.reason) == (LATER, ASKED["reason"])
    shown = page(client, office, "head", reverse("workflow:request", args=[extension.pk]))
    for words in ("Đề nghị gia hạn đến 10/12/2026", "Chờ Văn phòng cho ý kiến", "Rút đề nghị", ASKED["reason"]):
        assert words in shown


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"due_on": "", "reason": "x"}, "Chưa ghi ngày đề nghị"),
        ({"due_on": "10/12/2026", "reason": ""}, "Chưa ghi lý do đề nghị"),
        ({"due_on": "19/11/2026", "reason": "x"}, "phải sau thời hạn hiện tại (19/11/2026)"),
        ({"due_on": "31/02/2027", "reason": "x"}, "không có trong lịch"),
        ({"due_on": "10/12/2026", "reason": "x", "paper-number": "12/CV"}, "Chưa ghi ngày văn bản"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(
    client: Client, office: Office, work: Assignment, given: dict[str, object], words: str
) -> None:
    shown = post(client, office, "head", ask_url(work), given, 200)
    assert words in shown
    assert str(given["reason"]) in shown
    assert not Extension.objects.exists()


def test_paper_comes_along(client: Client, office: Office, work: Assignment) -> None:
    post(client, office, "head", ask_url(work), ASKED | {
        "paper-number": "12/CTK-TH", "paper-dated": "05/11/2026", "paper-issuer": "Cục Thống kê", "paper-uploads": evidence(),
    })  # fmt: skip
    extension = Extension.objects.get()
    assert extension.document is not None
    assert extension.allowed_by is None
    shown = page(client, office, "reviewer", step_url(Step.objects.get(process_id=extension.pk, finished=None)))
    assert "12/CTK-TH" in shown
    file = extension.document.files.get()
    assert client.get(reverse("workflow:download", args=[file.pk])).status_code == 200
    client.force_login(office["other_officer"])
    assert client.get(reverse("workflow:download", args=[file.pk])).status_code == 404


def test_second_request_is_refused_with_what_was_typed(client: Client, office: Office, work: Assignment) -> None:
    extension_of(office, work)
    shown = post(client, office, "officer", ask_url(work), ASKED, 409)
    assert "đang chờ quyết định" in shown
    assert ASKED["reason"] in shown


@pytest.mark.parametrize("url", ["ask_extension", "ask_lead_change"])
def test_asking_is_for_the_lead_unit(
    client: Client, office: Office, other_office: Office, work: Assignment, url: str
) -> None:
    address = reverse(f"workflow:{url}", args=[work.pk])
    page(client, office, "reviewer", address, 403)
    page(client, office, "colleague", address, 403)
    page(client, office, "other_head", address, 404)
    page(client, other_office, "head", address, 404)
    page(client, office, "administrator", address, 404)


def test_work_without_a_date_says_why_it_is_not_extended(client: Client, office: Office) -> None:
    work = make_assignment(office, undated=True)
    client.force_login(office["head"])
    answer = client.get(ask_url(work), follow=True)
    assert asking.NO_DATE in unescape(answer.content.decode())


def test_office_gives_its_opinion(client: Client, office: Office, work: Assignment) -> None:
    step = extension_of(office, work)
    assert "Nông Đức Ánh quyết định" in page(client, office, "reviewer", step_url(step))
    shown = post(client, office, "reviewer", step_url(step), {"decision": "opposed", "reason": ""}, 200)
    assert "Chưa ghi ý kiến" in shown
    post(client, office, "reviewer", step_url(step), {"decision": "opposed", "reason": "Đã gia hạn đủ"})
    step.refresh_from_db()
    assert (step.outcome, step.note, step.acted_by) == ("opposed", "Đã gia hạn đủ", office["reviewer"])


@pytest.mark.parametrize(
    ("given", "due_on"),
    [
        ({"decision": "granted"}, LATER),
        ({"decision": "granted_otherwise", "due_on": "30/11/2026"}, date(2026, 11, 30)),
        ({"decision": "refused", "reason": "Đủ thời gian"}, DUE),
    ],
)
def test_leader_decides(
    client: Client, office: Office, work: Assignment, given: dict[str, object], due_on: date
) -> None:
    step = at_decision(office, extension_of(office, work))
    assert "Có lý do chính đáng" in page(client, office, "leader", step_url(step))
    post(client, office, "leader", step_url(step), given)
    assert Case.objects.get(pk=work.pk).due_on == due_on


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"decision": "granted_otherwise"}, "Chưa ghi ngày gia hạn"),
        ({"decision": "refused"}, "Chưa ghi lý do không chấp thuận"),
        ({"decision": "invented"}, "Chọn kết quả"),
    ],
)
def test_decision_says_what_is_missing(
    client: Client, office: Office, work: Assignment, given: dict[str, object], words: str
) -> None:
    step = at_decision(office, extension_of(office, work))
    assert words in post(client, office, "leader", step_url(step), given, 200)
    assert Case.objects.get(pk=work.pk).due_on == DUE


def test_date_before_the_current_one_is_refused(client: Client, office: Office, work: Assignment) -> None:
    step = at_decision(office, extension_of(office, work))
    given = {"decision": "granted_otherwise", "due_on": "18/11/2026", "other_note": "Sớm hơn"}
    shown = post(client, office, "leader", step_url(step), given, 409)
    assert "phải sau thời hạn hiện tại (19/11/2026)" in shown
    assert "Sớm hơn" in shown


def test_higher_body_s_document_is_asked_for_at_the_decision(client: Client, office: Office, work: Assignment) -> None:
    put_source(work.measure_id, Source.PROVINCE, "Công văn 12/UBND-NC", office.rights("reviewer"))
    step = at_decision(office, extension_of(office, work))
    assert "Văn bản cho lùi thời hạn" in page(client, office, "leader", step_url(step))
    shown = post(client, office, "leader", step_url(step), {"decision": "granted"}, 409)
    assert "do UBND tỉnh ấn định" in shown
    paper = {"paper-number": "99/UBND-NC", "paper-dated": "06/11/2026", "paper-uploads": evidence()}
    half = {"paper-number": "99/UBND-NC", "paper-dated": "06/11/2026"}
    assert "Chưa chọn tệp" in post(client, office, "leader", step_url(step), {"decision": "granted"} | half, 200)
    post(client, office, "leader", step_url(step), {"decision": "granted"} | paper)
    allowed_by = Extension.objects.get().allowed_by
    assert allowed_by is not None
    assert (allowed_by.number, Case.objects.get(pk=work.pk).due_on) == ("99/UBND-NC", LATER)


def test_refused_grant_keeps_no_file(client: Client, office: Office, work: Assignment) -> None:
    put_source(work.measure_id, Source.PROVINCE, "Công văn 12/UBND-NC", office.rights("reviewer"))
    step = at_decision(office, extension_of(office, work))
    Case.objects.filter(pk=work.pk).update(due_on=LATER)
    paper = {"paper-number": "99/UBND-NC", "paper-dated": "06/11/2026", "paper-uploads": evidence()}
    post(client, office, "leader", step_url(step), {"decision": "granted"} | paper, 409)
    assert Extension.objects.get().allowed_by is None


def test_step_of_somebody_else_is_403_and_of_a_stranger_404(
    client: Client, office: Office, other_office: Office, work: Assignment
) -> None:
    for step in (extension_of(office, work), change_of(office, work)):
        page(client, office, "head", step_url(step), 403)
        page(client, office, "leader", step_url(step), 403)
        page(client, office, "other_officer", step_url(step), 404)
        page(client, other_office, "reviewer", step_url(step), 404)
        page(client, other_office, "reviewer", reverse("workflow:request", args=[step.process_id]), 404)
        page(client, office, "other_officer", reverse("workflow:request", args=[step.process_id]), 404)
        post(client, office, "other_officer", reverse("workflow:withdraw_request", args=[step.process_id]), {}, 404)
        post(client, office, "reviewer", reverse("workflow:withdraw_request", args=[step.process_id]), {}, 403)


def test_too_late_says_who_decided_and_keeps_what_was_typed(client: Client, office: Office, work: Assignment) -> None:
    step = extension_of(office, work)
    at_decision(office, step)
    shown = post(client, office, "chief", step_url(step), {"decision": "opposed", "reason": "Tôi không đồng ý"}, 409)
    assert "Nguyễn Đức Hạnh đã cho ý kiến đồng ý lúc 09:00" in shown
    assert "Tôi không đồng ý" in shown
    assert "Nguyễn Đức Hạnh đã cho ý kiến đồng ý" in page(client, office, "chief", step_url(step))


def test_step_is_found_under_its_own_address_only(client: Client, office: Office, work: Assignment) -> None:
    step = extension_of(office, work)
    client.force_login(office["reviewer"])
    wrong = client.get(reverse("workflow:lead_decision", args=[step.pk]))
    assert (wrong.status_code, wrong["Location"]) == (302, step_url(step))
    general = client.get(reverse("workflow:step", args=[step.pk]))
    assert (general.status_code, general["Location"]) == (302, step_url(step))


def test_request_is_taken_back(client: Client, office: Office, work: Assignment) -> None:
    step = extension_of(office, work)
    url = reverse("workflow:withdraw_request", args=[step.process_id])
    post(client, office, "head", url, {"note": "Đã làm xong"})
    assert Extension.objects.get().decision == "withdrawn"
    client.force_login(office["head"])
    answer = client.post(url, {"note": ""}, follow=True)
    assert "Đề nghị này đã có kết quả: đã rút" in unescape(answer.content.decode())


def test_task_shows_requests_their_decisions_and_both_figures(client: Client, office: Office) -> None:
    work = make_assignment(office, due=TODAY - timedelta(days=6))
    walk(office, work, "execute")
    step = at_decision(office, extension_of(office, work))
    asking.grant_extension(step.pk, office.rights("leader"), note="Lần cuối")
    shown = page(client, office, "officer", reverse("workflow:task", args=[work.pk]))
    for words in (
        "Đã gia hạn đến 10/12/2026", "So với thời hạn gốc", "quá hạn 04 ngày làm việc (03/11/2026)",
        "So với thời hạn hiện tại", "trong hạn (10/12/2026)",
        "đã đề nghị gia hạn từ 03/11/2026 đến 10/12/2026", "đã chấp thuận gia hạn (10/12/2026)", "Lần cuối",
    ):  # fmt: skip
        assert words in shown, words


def test_task_offers_what_may_be_asked(client: Client, office: Office, work: Assignment) -> None:
    here = reverse("workflow:task", args=[work.pk])
    head, officer, reviewer = (page(client, office, name, here) for name in ("head", "officer", "reviewer"))
    assert [words in head for words in ("Đề nghị gia hạn<", "Đề nghị chuyển đơn vị chủ trì<", "Nguồn giao<")] == [
        True,
        True,
        False,
    ]
    assert [words in officer for words in ("Đề nghị gia hạn<", "Đề nghị chuyển đơn vị chủ trì<")] == [True, False]
    assert [words in reviewer for words in ("Đề nghị gia hạn<", "Nguồn giao<")] == [False, True]
    walk(office, work, "review")
    assert "Đề nghị gia hạn<" not in page(client, office, "head", here)


def test_many_times_is_flagged(client: Client, office: Office, work: Assignment) -> None:
    for days in (5, 10):
        step = at_decision(office, extension_of(office, work, DUE + timedelta(days=days)))
        asking.grant_extension(step.pk, office.rights("leader"))
    assert "gia hạn nhiều lần" in page(client, office, "head", ask_url(work))
    step = at_decision(office, extension_of(office, work))
    assert "Gia hạn nhiều lần" in page(client, office, "leader", step_url(step))
    asking.grant_extension(step.pk, office.rights("leader"))
    assert page(client, office, "head", reverse("workflow:task", args=[work.pk])).count("(gia hạn nhiều lần)") == 1


def test_lead_change_by_its_pages(client: Client, office: Office, work: Assignment) -> None:
    url = reverse("workflow:ask_lead_change", args=[work.pk])
    shown = page(client, office, "head", url)
    assert "Phòng Kinh tế ngành" in shown
    assert f'<option value="{office.division.pk}"' not in shown
    assert "Chưa chọn đơn vị" in post(client, office, "head", url, {"unit": "", "reason": "x"}, 200)
    wrong = {"unit": str(office.division.pk), "reason": "x"}
    assert "Đơn vị này không có trong danh sách" in post(client, office, "head", url, wrong, 200)
    post(client, office, "head", url, {"unit": str(office.other_division.pk), "reason": "Đúng chức năng"})
    opinion = Step.objects.get(process__leadchange__of=work.case, finished=None)
    post(client, office, "reviewer", step_url(opinion), {"decision": "agreed", "note": "Đồng ý"})
    decide = Step.objects.get(process__leadchange__of=work.case, finished=None)
    assert "Phòng Kinh tế ngành" in page(client, office, "leader", step_url(decide))
    assert "Chưa ghi lý do" in post(client, office, "leader", step_url(decide), {"decision": "refused"}, 200)
    post(client, office, "leader", step_url(decide), {"decision": "granted"})
    assert open_step(work).pool_unit == office.other_division
    # both units see the task, and the request that moved it
    for name in ("head", "other_head"):
        page(client, office, name, reverse("workflow:task", args=[work.pk]))
        page(client, office, name, reverse("workflow:request", args=[LeadChange.objects.get().pk]))


def test_request_ends_with_its_work_and_says_so(client: Client, office: Office, work: Assignment) -> None:
    step = at_decision(office, change_of(office, work))
    walk(office, work, "end")
    assert "khép lại cùng nhiệm vụ" in page(client, office, "leader", step_url(step))
    assert "khép lại cùng nhiệm vụ" in post(client, office, "leader", step_url(step), {"decision": "granted"}, 409)


def test_source_is_named_on_its_page(client: Client, office: Office, other_office: Office, work: Assignment) -> None:
    url = reverse("workflow:name_source", args=[work.pk])
    page(client, office, "reviewer", url)
    page(client, office, "head", url, 403)
    page(client, other_office, "reviewer", url, 404)
    assert "Chưa ghi văn bản giao" in post(
        client, office, "reviewer", url, {"source": "province", "document": " "}, 200
    )
    post(client, office, "reviewer", url, {"source": "province", "document": "Công văn 12/UBND-NC"})
    assert "UBND tỉnh: Công văn 12/UBND-NC" in page(client, office, "head", reverse("workflow:task", args=[work.pk]))
    post(client, office, "reviewer", url, {"source": "plan", "document": "bỏ"})
    work.measure.refresh_from_db()
    assert (work.measure.source, work.measure.source_document) == ("plan", "")


@pytest.mark.parametrize("rows", [1, 3])
def test_inbox_shows_requests_beside_the_work_at_the_same_cost(
    client: Client, office: Office, other_office: Office, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(rows):
        mine = make_assignment(office, due=DUE)
        extension_of(office, mine)
        change_of(office, mine)
        walk(office, make_assignment(office, due=DUE), "review")
        extension_of(other_office, make_assignment(other_office, due=DUE))
    client.force_login(office["reviewer"])
    client.get("/viec/")
    with django_assert_num_queries(12):
        shown = unescape(client.get("/viec/").content.decode())
    assert len(re.findall(r'<li class="task', shown)) == 3 * rows
    for words in ("Gia hạn đến 10/12/2026: Số hóa hồ sơ", "Chuyển chủ trì sang Phòng Kinh tế ngành: Số hóa hồ sơ", "Ý kiến về gia hạn"):  # fmt: skip
        assert words in shown


def test_file_that_is_not_accepted_is_named(client: Client, office: Office, work: Assignment) -> None:
    bad = SimpleUploadedFile("ma.exe", b"MZ\x00\x01")
    given = ASKED | {"paper-number": "12/CV", "paper-dated": "05/11/2026", "paper-uploads": bad}
    assert "“ma.exe”" in post(client, office, "head", ask_url(work), given, 200)
