"""The page of one task: what, where, who, every round; and who may open it. Sightings record themselves."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from evidence.models import DocumentFile, Use
from organization.models import Delegation
from tests.office import Office, last_digest, make_assignment, make_document, open_step, walk
from workflow import services
from workflow.holding import OFFICE_LEADS
from workflow.models import Assignment, Case, Sighting

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 9)


@pytest.fixture(autouse=True)
def on_a_monday() -> object:
    with time_machine.travel("2026-11-09T09:00:00+07:00", tick=False) as traveller:
        yield traveller


def get(client: Client, office: Office, name: str, assignment: Assignment) -> str:
    client.force_login(office[name])
    answer = client.get(f"/nhiem-vu/{assignment.pk}/")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def put_beside(office: Office, assignment: Assignment, number: str) -> None:
    document = make_document(office, office["officer"], number=number)
    DocumentFile.objects.create(agency=office.agency, document=document, name="bao-cao.pdf", file="x", size=1, sha256="0" * 64,
                                content_type="application/pdf", by=office["officer"], at=now())  # fmt: skip
    Use.objects.create(
        agency=office.agency, document=document, subject=assignment.case.subject, by=office["officer"], at=now()
    )


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("officer", 200), ("colleague", 200), ("head", 200), ("reviewer", 200), ("leader", 200), ("viewer", 200), ("clerk", 200),
        ("other_officer", 404), ("other_head", 404), ("administrator", 404),
    ],
)  # fmt: skip
def test_page_is_found_by_those_who_may_see_the_task(client: Client, office: Office, name: str, status: int) -> None:
    assignment = make_assignment(office)
    client.force_login(office[name])
    assert client.get(f"/nhiem-vu/{assignment.pk}/").status_code == status


@pytest.mark.parametrize("name", ["reviewer", "leader", "head"])
def test_task_of_another_agency_is_not_found(client: Client, office: Office, other_office: Office, name: str) -> None:
    assignment = make_assignment(other_office)
    client.force_login(office[name])
    assert client.get(f"/nhiem-vu/{assignment.pk}/").status_code == 404
    assert client.get("/nhiem-vu/999999/").status_code == 404


def test_page_says_what_the_plan_says(client: Client, office: Office) -> None:
    page = get(client, office, "officer", make_assignment(office, task="Số hóa hồ sơ", due=TODAY + timedelta(days=4)))
    for words in (
        "Số hóa hồ sơ",
        "Báo cáo",
        "3.3.3",
        "1,50 điểm",
        "13/11/2026",
        "Phòng Đăng ký kinh doanh chủ trì",
        "Còn 04 ngày",
    ):
        assert words in page


def test_extended_task_shows_both_dates(client: Client, office: Office) -> None:
    assignment = make_assignment(office, due=TODAY + timedelta(days=4))
    Case.objects.filter(pk=assignment.pk).update(due_on=TODAY + timedelta(days=30))
    assert "ban đầu 13/11/2026" in get(client, office, "head", assignment)


def rail(page: str) -> list[tuple[str, str]]:
    steps = re.findall(
        r"<li([^>]*)>([^<]+)(?:<small>([^<]*)</small>)?</li>",
        page[page.index('<ol class="rail"') : page.index("</ol>")],
    )
    return [(words, note) for _, words, note in steps]


def test_rail_has_five_steps_with_who_and_when(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "review")
    assert rail(get(client, office, "officer", assignment)) == [
        ("Phân công", "Lương Thu Hạnh, 09/11"), ("Thực hiện", "Nguyễn Văn Hùng, 09/11"), ("Nộp kết quả", "Lương Thu Hạnh, 09/11"),
        ("Văn phòng rà soát", "Văn phòng (chưa ai nhận), từ 09/11"), ("Lãnh đạo phê duyệt", ""),
    ]  # fmt: skip


def test_office_led_task_says_that_it_is_not_reviewed(client: Client, office: Office) -> None:
    assignment = make_assignment(office, lead=office.office)
    walk(office, assignment, "approve", officer="office_officer", head="chief")
    assert OFFICE_LEADS in get(client, office, "leader", assignment)


def test_history_tells_rounds_reasons_and_days_at_each_holder(client: Client, office: Office) -> None:
    assignment = make_assignment(office, due=TODAY + timedelta(days=40))
    review = walk(office, assignment, "review", statement="Lần đầu")
    with time_machine.travel("2026-11-12T09:00:00+07:00"):
        services.return_work(
            review.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Thiếu bảng số liệu"
        )
    with time_machine.travel("2026-11-16T09:00:00+07:00"):
        walk(office, assignment, "approve", statement="Lần sau")
        page = get(client, office, "officer", assignment)
    titles = re.findall(r'<h3 class="mb-2">([^<]+)</h3>', page)
    assert titles == ["Lần nộp thứ 2", "Lần nộp thứ 1"]
    first = page[page.index('<h3 class="mb-2">Lần nộp thứ 1') :]
    for words in (
        "Nguyễn Đức Hạnh",
        "đã trả lại, chưa đạt yêu cầu",
        "09:00 ngày 12/11/2026",
        "Thiếu bảng số liệu",
        "Văn phòng rà soát: 03 ngày làm việc",
    ):
        assert words in first
    assert "Thực hiện: 02 ngày làm việc" in page
    assert page.index("Lần sau") < page.index("Lần đầu")
    for digest in assignment.submissions.values_list("digest", flat=True):
        assert digest in page


def test_history_says_in_whose_name(client: Client, office: Office) -> None:
    Delegation.objects.create(agency=office.agency, principal=office["head"], substitute=office["colleague"], legal_basis="15/UQ",
                              since=TODAY, until=TODAY)  # fmt: skip
    assignment = make_assignment(office)
    services.assign(open_step(assignment).pk, office["officer"], office.rights("colleague"))
    assert "đã phân công, thay Lương Thu Hạnh" in get(client, office, "officer", assignment)


def test_round_keeps_the_documents_it_was_submitted_with(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "submit")
    put_beside(office, assignment, "386/BC-SKHĐT")
    walk(office, assignment, "review")
    Use.objects.all().delete()
    page = get(client, office, "reviewer", assignment)
    assert page.count("386/BC-SKHĐT") == 1
    assert page.index("Lần nộp thứ 1") < page.index("386/BC-SKHĐT")


def test_ended_task_names_its_completion_date(client: Client, office: Office) -> None:
    assignment = make_assignment(office, due=TODAY)
    step = walk(office, assignment, "approve")
    with time_machine.travel("2026-11-12T09:00:00+07:00"):
        services.approve(step.pk, office.rights("leader"), seen=last_digest(assignment))
        page = get(client, office, "officer", assignment)
    assert "Ngày hoàn thành 09/11/2026" in page
    assert "Hoàn thành đúng hạn" in page


@pytest.mark.parametrize(("until", "name", "verb"), [("assign", "head", "Phân công"), ("execute", "officer", "Cập nhật kết quả"),
                                                     ("submit", "deputy", "Nộp kết quả"), ("review", "reviewer", "Rà soát"),
                                                     ("approve", "leader", "Phê duyệt")])  # fmt: skip
def test_whoever_may_act_finds_the_way_to_the_step(
    client: Client, office: Office, until: str, name: str, verb: str
) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, until)
    page = get(client, office, name, assignment)
    link = re.search(r'<a class="btn btn-primary" href="([^"]+)">([^<]+)</a>', page)
    assert link
    assert link[2] == verb
    assert str(step.pk) in link[1]
    assert client.get(link[1]).status_code == 200
    assert "btn-primary" not in get(client, office, "viewer", assignment)


@pytest.mark.parametrize(
    ("name", "offered"), [("head", True), ("deputy", True), ("officer", False), ("reviewer", False)]
)
def test_heads_are_offered_to_change_the_officer(client: Client, office: Office, name: str, offered: bool) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "execute")
    assert ("Đổi người thực hiện từ kỳ này trở đi" in get(client, office, name, assignment)) is offered


@pytest.mark.parametrize("rounds", [1, 3])
def test_page_costs_the_same_whatever_the_rounds(
    client: Client, office: Office, rounds: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assignment = make_assignment(office)
    for _ in range(rounds):
        put_beside(office, assignment, "")
        review = walk(office, assignment, "review")
        services.return_work(review.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Bổ sung")
    client.force_login(office["reviewer"])
    with django_assert_num_queries(19):
        assert client.get(f"/nhiem-vu/{assignment.pk}/").status_code == 200


def test_words_of_people_are_escaped(client: Client, office: Office) -> None:
    assignment = make_assignment(office, task="<script>alert(1)</script>")
    review = walk(office, assignment, "review", statement="<img src=x>")
    services.return_work(
        review.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="<b onmouseover=alert(1)>"
    )
    client.force_login(office["head"])
    page = client.get(f"/nhiem-vu/{assignment.pk}/").content.decode()
    for words in ("<script>alert", "<img src=x", "<b onmouseover"):
        assert words not in page


def see(client: Client, office: Office, name: str, step_id: int) -> int:
    client.force_login(office[name])
    return client.post(f"/buoc/{step_id}/da-xem/").status_code


def test_opening_a_step_that_waits_is_recorded_once_and_shown(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "execute")
    assert "Chưa mở xem" in get(client, office, "head", assignment)
    assert see(client, office, "officer", step.pk) == 204
    with time_machine.travel("2026-11-10T09:00:00+07:00"):
        assert see(client, office, "officer", step.pk) == 204
    assert Sighting.objects.count() == 1
    assert "Nguyễn Văn Hùng đã xem lúc 09:00 ngày 09/11/2026" in get(client, office, "head", assignment)


def test_page_of_a_step_carries_the_beacon_and_writes_nothing_itself(client: Client, office: Office) -> None:
    step = walk(office, make_assignment(office), "execute")
    client.force_login(office["officer"])
    page = client.get(f"/buoc/{step.pk}/thuc-hien/").content.decode()
    assert f'hx-post="/buoc/{step.pk}/da-xem/" hx-trigger="load"' in page
    assert not Sighting.objects.exists()


def test_only_the_holder_is_seen_seeing(client: Client, office: Office, other_office: Office) -> None:
    step = walk(office, make_assignment(office), "execute")
    assert see(client, office, "reviewer", step.pk) == 204
    assert see(client, other_office, "officer", step.pk) == 404
    assert client.get(f"/buoc/{step.pk}/da-xem/").status_code == 405
    assert not Sighting.objects.exists()


def test_page_says_the_deadline_as_written_and_as_understood(client: Client, office: Office) -> None:
    assignment = make_assignment(office, due=TODAY + timedelta(days=21))
    assignment.measure.texts.update(deadline_raw="Trước ngày 01/12")
    page = get(client, office, "officer", assignment)
    assert "“Trước ngày 01/12”" in page
    assert "<dt>Hiểu là</dt><dd>đến hết ngày 30/11/2026</dd>" in page


# --- thao tác khác


def test_other_verbs_stand_in_one_menu_for_who_may(client: Client, office: Office) -> None:
    assignment = make_assignment(office, undated=True)
    page = get(client, office, "chief", assignment)
    menu = page[page.index("Thao tác khác") :].split("</details>")[0]
    assert [words for words in ("Đổi người", "Đặt thời hạn", "Lãnh đạo phụ trách riêng") if words in menu] == [
        "Đặt thời hạn",
        "Lãnh đạo phụ trách riêng",
    ]
    assert f'href="/nhiem-vu/{assignment.pk}/thoi-han/"' in menu


def test_menu_is_not_there_for_who_may_do_nothing(client: Client, office: Office) -> None:
    assert "Thao tác khác" not in get(client, office, "viewer", make_assignment(office))
