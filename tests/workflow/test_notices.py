"""How notices of the work read, and when their matter no longer stands."""

from datetime import date, timedelta
from typing import Any

import pytest

from notifications.models import Notice
from notifications.registry import say, still_true
from organization.models import Delegation
from tests.office import START, Office, last_digest, make_assignment, open_step, walk
from workflow import engine, services
from workflow.models import Assignment, Case
from workflow.reminders import remind

pytestmark = pytest.mark.django_db
DUE = date(2024, 8, 14)


def said(notice: Notice) -> tuple[str, str]:
    words = say([notice])[notice.pk]
    return words.title, words.text


def work(office: Office, until: str = "execute", due: date = DUE) -> Assignment:
    assignment = make_assignment(office, due=due, task="Rà soát thủ tục hành chính")
    Case.objects.filter(pk=assignment.pk).update(code="I.13")
    walk(office, assignment, until)
    return assignment


def newest(kind: str, office: Office, to: str = "officer") -> Notice:
    return Notice.objects.filter(kind=kind, to=office[to]).latest("pk")


@pytest.mark.parametrize(
    ("on", "title", "text"),
    [
        (date(2024, 8, 9), "còn 03 ngày làm việc đến hạn", "còn 03 ngày làm việc đến hạn (14/8/2024). Đề nghị cập nhật kết quả hoặc đề nghị gia hạn trước khi hết hạn."),
        (date(2024, 8, 14), "đến hạn hôm nay", "đến hạn hôm nay (14/8/2024). Đề nghị nộp kết quả trong hôm nay hoặc đề nghị gia hạn."),
        (date(2024, 8, 23), "quá hạn 07 ngày làm việc", "quá hạn 07 ngày làm việc (hạn 14/8/2024). Đề nghị khẩn trương hoàn thành và nộp kết quả."),
    ],
)  # fmt: skip
def test_reminder_reads_as_offices_write(office: Office, on: date, title: str, text: str) -> None:
    work(office)
    remind(on)
    assert said(newest("reminder", office)) == (
        f"Nhiệm vụ I.13 {title}",
        f"Nhiệm vụ I.13 “Rà soát thủ tục hành chính” do Phòng Đăng ký kinh doanh chủ trì {text}",
    )


def test_reminder_of_a_due_date_on_a_day_off_names_the_last_working_day(office: Office) -> None:
    work(office, due=date(2024, 8, 17))
    remind(date(2024, 8, 16))
    assert said(newest("reminder", office))[0] == "Nhiệm vụ I.13 đang ở ngày làm việc cuối cùng trước hạn"


def test_work_that_arrives_says_from_whom_with_the_unit(office: Office) -> None:
    work(office)
    assert said(newest("step.arrived", office)) == (
        "Nhiệm vụ I.13 được giao thực hiện",
        "Lương Thu Hạnh (Phòng Đăng ký kinh doanh) đã chuyển nhiệm vụ I.13 “Rà soát thủ tục hành chính” do Phòng Đăng ký kinh doanh chủ trì. Thời hạn hoàn thành: 14/8/2024.",
    )


def test_return_says_why_to_officer_and_head(office: Office) -> None:
    assignment = work(office, "review")
    services.return_work(open_step(assignment).pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Thiếu số liệu")  # fmt: skip
    title = "Nhiệm vụ I.13 bị trả lại, chưa đạt"
    for kind, to in (("step.arrived", "officer"), ("case.returned", "head")):
        words = said(newest(kind, office, to))
        assert words[0] == title
        assert words[1].startswith("Nguyễn Đức Hạnh (Văn phòng) đã trả lại nhiệm vụ I.13")
        assert words[1].endswith("Thời hạn hoàn thành: 14/8/2024. Lý do: “Thiếu số liệu”")


def test_approval_and_hand_over_say_who(office: Office) -> None:
    assignment = work(office)
    engine.hand_over(open_step(assignment).pk, office["colleague"], office.rights("head"), note="Nghỉ phép")
    words = said(newest("step.handed_over", office))
    assert words[0] == "Nhiệm vụ I.13 được bàn giao"
    assert "cho Nông Thị Thuỳ (Phòng Đăng ký kinh doanh)" in words[1]
    walk(office, assignment, "end", officer="colleague")
    approved = said(newest("case.approved", office, "colleague"))
    assert approved[0] == "Nhiệm vụ I.13 đã được phê duyệt"


def test_notice_opens_its_case(office: Office) -> None:
    assignment = work(office)
    notice = newest("step.arrived", office)
    assert say([notice])[notice.pk].url == f"/nhiem-vu/{assignment.pk}/"


def test_many_notices_of_many_kinds_cost_the_same_queries(office: Office, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        assignment = work(office, "review")
        services.return_work(open_step(assignment).pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Bổ sung")  # fmt: skip
    remind(DUE)
    notices = list(Notice.objects.all())
    assert len({notice.kind for notice in notices}) == 3
    with django_assert_num_queries(4):
        say(notices)
    with django_assert_num_queries(8):
        still_true(notices)


def test_notice_of_another_agencys_case_says_nothing_of_it(office: Office, other_office: Office) -> None:
    theirs = work(other_office)
    notice = newest("step.arrived", other_office)
    notice.agency = office.agency
    assert say([notice])[notice.pk].title == "Nhiệm vụ không còn"
    assert theirs.pk


def test_notice_of_a_case_that_is_gone_is_said_and_not_mailed(office: Office) -> None:
    notice = Notice(pk=1, agency=office.agency, to=office["officer"], kind="reminder", subject="case:999999", params={"due_on": "2024-08-14", "after": 0, "on": "2024-08-14"})  # fmt: skip
    assert said(notice)[0] == "Nhiệm vụ không còn"
    assert still_true([notice]) == set()


def test_reminder_stands_until_the_work_is_handed_in(office: Office) -> None:
    assignment = work(office)
    remind(DUE)
    notice = newest("reminder", office)
    assert still_true([notice]) == {notice.pk}
    walk(office, assignment, "review")
    assert still_true([notice]) == set()


def test_reminder_falls_when_the_due_date_moves_or_the_work_goes_to_another(office: Office) -> None:
    moved, given = work(office), work(office)
    remind(DUE)
    first, second = (Notice.objects.get(kind="reminder", subject=f"case:{it.pk}") for it in (moved, given))
    Case.objects.filter(pk=moved.pk).update(due_on=DUE + timedelta(days=9))
    engine.hand_over(open_step(given).pk, office["colleague"], office.rights("head"), note="Nghỉ phép")
    assert still_true([first, second]) == set()


def test_reminder_to_a_substitute_stands(office: Office) -> None:
    Delegation.objects.create(agency=office.agency, principal=office["officer"], substitute=office["colleague"], legal_basis="QĐ", since=START, until=date(2099, 1, 1))  # fmt: skip
    work(office)
    remind(DUE)
    notice = newest("reminder", office, "colleague")
    assert still_true([notice]) == {notice.pk}


def test_arrival_falls_when_the_step_is_done_and_approval_stands(office: Office) -> None:
    assignment = work(office)
    arrived = newest("step.arrived", office)
    assert still_true([arrived]) == {arrived.pk}
    walk(office, assignment, "end")
    approved = newest("case.approved", office)
    assert still_true([arrived, approved]) == {approved.pk}
