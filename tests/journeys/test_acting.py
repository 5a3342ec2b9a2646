"""One việc giao from the head to the leader and round again: on a phone, and in a browser without scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils.timezone import localdate
from playwright.sync_api import expect

from organization.vietnamese import short_date
from tests.journeys import acts
from tests.journeys.house import evidence
from tests.journeys.reading import Reading
from tests.office import Office, make_assignment
from workflow.models import Case

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

TASK = "Số hóa hồ sơ, kết quả giải quyết thủ tục hành chính"
WANTED = "Bổ sung biểu số liệu kèm theo."


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    file = tmp_path / "12-BC-ĐKKD.pdf"
    file.write_bytes(evidence().read())
    return file


@pytest.mark.parametrize(("width", "scripts"), [(360, True), (1280, False)], ids=["phone", "without-scripts"])
def test_work_goes_round_and_is_approved(
    office: Office, reading: Reading, paper: Path, width: int, scripts: bool
) -> None:
    case = make_assignment(office, task=TASK).case
    head, officer, reviewer, leader = (
        reading.page_of(office[name], width, scripts=scripts) for name in ("head", "officer", "reviewer", "leader")
    )
    acts.assign(head, TASK, "Nguyễn Văn Hùng, Chuyên viên")
    acts.open_work(officer, TASK)
    acts.hand_in(officer, paper, "12/BC-ĐKKD", short_date(localdate()))
    reading.check(officer, axe=scripts)
    acts.finish(officer, "Đã số hóa 90% hồ sơ.")
    acts.submit(head, TASK)
    acts.send_back(reviewer, TASK, WANTED)
    acts.open_work(officer, TASK)
    expect(officer.locator(".note.returned")).to_contain_text(WANTED)
    reading.check(officer, axe=scripts)
    acts.finish(officer, "Đã số hóa 100% hồ sơ, có biểu kèm theo.")
    acts.submit(head, TASK)
    acts.open_work(reviewer, TASK)
    expect(reviewer.locator(".diff ins")).not_to_have_count(0)
    reading.check(reviewer, axe=scripts)
    acts.review(reviewer, TASK)
    acts.approve(leader, TASK)
    officer.goto(f"/nhiem-vu/{case.pk}/")
    expect(officer.get_by_text("Hoàn thành đúng hạn")).to_be_visible()
    expect(officer.get_by_text("Lần nộp thứ 2")).not_to_have_count(0)
    expect(officer.get_by_text(WANTED)).not_to_have_count(0)
    reading.check(officer, axe=scripts)
    assert Case.objects.get(pk=case.pk).finished
