"""The ways in which a judge sends work back: their pages, what each writes, and what the unit then sees."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate

from notifications.models import Notice
from notifications.registry import say, still_true
from organization.models import AgencySettings
from organization.vietnamese import short_date
from tests.office import Office, last_digest, make_assignment, open_step, walk
from workflow import services
from workflow.models import Assignment, Step
from workflow.timeliness import Urgency

pytestmark = pytest.mark.django_db


def page(step: Step) -> str:
    return reverse(step.node.page, args=[step.pk])


def signed_in(office: Office, name: str) -> Client:
    client = Client()
    client.force_login(office[name])
    return client


def shown(office: Office, name: str, step: Step) -> str:
    response = signed_in(office, name).get(page(step))
    assert response.status_code == 200
    return response.content.decode()


def decided(office: Office, name: str, assignment: Assignment, **given: Any) -> Any:
    given = {"seen": last_digest(assignment)} | given
    return signed_in(office, name).post(page(open_step(assignment)), given)


def judged(assignment: Assignment) -> Step:
    return Step.objects.filter(process_id=assignment.pk, judging=True).exclude(finished=None).latest("pk")


def test_request_for_papers_names_its_reasons_and_its_last_day(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "review")
    decided(office, "reviewer", assignment, decision="supplement", papers_reasons=["unsigned", "missing"], papers_wanted="Bổ sung trang 3")  # fmt: skip
    step, judgement = open_step(assignment), judged(assignment)
    assert (judgement.outcome, judgement.reasons) == ("supplement", ["unsigned", "missing"])
    assert step.answer_by is not None
    words = shown(office, "officer", step)
    assert "Nguyễn Đức Hạnh đã yêu cầu bổ sung hồ sơ lúc" in words
    for point in ("Chưa ký", "Thiếu tài liệu", "Bổ sung trang 3"):
        assert f"<li>{point}</li>" in words
    assert f"Bổ sung chậm nhất ngày {short_date(step.answer_by)} thì giữ nguyên ngày nộp." in words
    assert "Bổ sung hồ sơ: còn 03 ngày" in words


def test_head_who_submits_sees_what_was_asked(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "review")
    decided(office, "reviewer", assignment, decision="supplement", papers_reasons=["unsigned"])
    step = walk(office, assignment, "submit")
    words = shown(office, "head", step)
    assert "<li>Chưa ký</li>" in words
    assert "thì giữ nguyên ngày nộp" in words


def test_the_days_for_papers_are_a_setting(office: Office) -> None:
    AgencySettings.objects.filter(agency=office.agency).update(supplement_days=5)
    step = walk(office, make_assignment(office), "review")
    assert "Trả lời trong 05 ngày làm việc" in shown(office, "reviewer", step)


def test_after_the_last_day_the_page_says_which_day_counts(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "review")
    decided(office, "reviewer", assignment, decision="supplement", papers_reasons=["unsigned"])
    step = open_step(assignment)
    with time_machine.travel(f"{step.answer_by + timedelta(days=1)}T09:00:00+07:00", tick=True):
        words = shown(office, "officer", step)
    assert "ngày nộp là ngày bổ sung" in words
    assert "Bổ sung hồ sơ: còn" not in words


@pytest.mark.parametrize(
    ("decision", "field", "words"),
    [
        ("returned", "wanted", "Chưa ghi lý do trả lại"),
        ("supplement", "papers_wanted", "Chưa ghi cần bổ sung gì"),
        ("clarify", "question", "Chưa ghi cần Văn phòng làm rõ điều gì"),
    ],
)
def test_decision_that_asks_for_nothing_is_refused(office: Office, decision: str, field: str, words: str) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "approve")
    response = decided(office, "leader", assignment, decision=decision, **{field: "  "})
    assert words in response.content.decode()
    assert open_step(assignment).stage == "approve"


def test_leader_asks_to_have_the_next_round_directly(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "approve")
    decided(office, "leader", assignment, decision="returned", reasons=["figures"], direct="on")
    step = open_step(assignment)
    assert step.direct
    assert "trình thẳng lãnh đạo" in shown(office, "officer", step)
    step = walk(office, assignment, "submit")
    following = services.submit(step.pk, office.rights("head"), statement="Đã sửa")
    assert following.stage == "approve"


def test_office_has_neither_the_question_nor_the_direct_way(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    words = shown(office, "reviewer", step)
    assert "Yêu cầu Văn phòng làm rõ" not in words
    assert "Trình lại trực tiếp cho tôi" not in words
    response = decided(office, "reviewer", assignment, decision="clarify", question="Số liệu nào?")
    assert "Chọn kết quả" in response.content.decode()
    assert open_step(assignment).stage == "review"


def test_leader_asks_the_office_and_it_answers(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "approve")
    assert "Yêu cầu Văn phòng làm rõ" in shown(office, "leader", step)
    decided(office, "leader", assignment, decision="clarify", question="Số liệu quý nào?")
    step = open_step(assignment)
    assert step.stage == "review"
    words = shown(office, "reviewer", step)
    assert "Nông Đức Ánh yêu cầu làm rõ lúc" in words
    assert "Số liệu quý nào?" in words
    notice = Notice.objects.get(kind="case.clarify")
    assert notice.to == office["reviewer"]
    assert "làm rõ" in say([notice])[notice.pk].title
    assert still_true([notice]) == {notice.pk}
    decided(office, "reviewer", assignment, decision="accepted", note="Quý III")
    assert "Quý III" in shown(office, "leader", open_step(assignment))
    assert still_true([notice]) == set()


def test_what_goes_past_the_office_cannot_be_asked_of_it(office: Office) -> None:
    assignment = make_assignment(office, lead=office.office)
    step = walk(office, assignment, "approve", officer="office_officer", head="chief")
    assert "Yêu cầu Văn phòng làm rõ" not in shown(office, "leader", step)


def test_notices_tell_the_two_kinds_apart(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "review")
    decided(office, "reviewer", assignment, decision="supplement", papers_reasons=["unsigned"])
    titles = [words.title for words in say(list(Notice.objects.filter(kind__in=["case.returned", "step.arrived"]).order_by("-pk")[:2])).values()]  # fmt: skip
    code = assignment.case.code
    assert titles == [f"Nhiệm vụ {code}: yêu cầu bổ sung hồ sơ"] * 2
    walk(office, assignment, "approve")
    decided(office, "leader", assignment, decision="returned", reasons=["figures"])
    told = Notice.objects.filter(kind="case.returned", params__asked="returned")
    assert {notice.to_id for notice in told} == {office["head"].pk, office["deputy"].pk, office["reviewer"].pk}
    assert {words.title for words in say(list(told)).values()} == {f"Nhiệm vụ {code} bị trả lại, chưa đạt"}


def test_inbox_presses_for_papers_by_their_own_day(office: Office) -> None:
    assignment = make_assignment(office, due=localdate() - timedelta(days=9))
    walk(office, assignment, "review")
    decided(office, "reviewer", assignment, decision="supplement", papers_reasons=["unsigned"])
    step = Step.objects.with_urgency(localdate(), localdate() + timedelta(days=9)).get(pk=open_step(assignment).pk)
    assert step.urgency == Urgency.NEAR
    words = signed_in(office, "officer").get(reverse("workflow:inbox")).content.decode()
    assert "Bổ sung hồ sơ: còn 03 ngày" in words
    assert "Quá hạn 0" not in words
    task = signed_in(office, "officer").get(reverse("workflow:task", args=[assignment.pk])).content.decode()
    assert "đang bổ sung hồ sơ" in task


def test_recalled_answer_keeps_what_was_asked(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "review")
    decided(office, "reviewer", assignment, decision="supplement", papers_reasons=["unsigned"])
    asked = open_step(assignment).answer_by
    step = walk(office, assignment, "review")
    following = services.recall(step.pk, office.rights("head"))
    assert (following.stage, following.answer_by) == ("submit", asked)
