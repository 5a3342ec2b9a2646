"""The five pages: what each shows, what each press does, and every kind of no."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate

from organization.enums import Role
from organization.models import Delegation, Post
from tests.office import START, Office, last_digest, make_assignment, make_document, open_step, walk
from workflow import engine, services
from workflow.models import Assignment, Step, Submission

pytestmark = pytest.mark.django_db


def page(step: Step) -> str:
    return reverse(step.node.page, args=[step.pk])


def signed_in(office: Office, name: str) -> Client:
    client = Client()
    client.force_login(office[name])
    return client


def text(response: Any) -> str:
    return str(response.content.decode())


def said(response: Any) -> str:
    """The message that the next page will show."""
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def holder(office: Office, stage: str) -> str:
    return {"assign": "head", "execute": "officer", "submit": "head", "review": "reviewer", "approve": "leader"}[stage]


STAGES = ("assign", "execute", "submit", "review", "approve")


# --- who sees what


@pytest.mark.parametrize("stage", STAGES)
def test_page_of_each_step_shows_to_who_holds_it(office: Office, stage: str) -> None:
    step = walk(office, make_assignment(office, task="Rà soát thủ tục"), stage)
    response = signed_in(office, holder(office, stage)).get(page(step))
    assert response.status_code == 200
    assert "Rà soát thủ tục" in text(response)


@pytest.mark.parametrize("stage", STAGES)
def test_page_of_a_step_of_another_agency_is_not_found(office: Office, other_office: Office, stage: str) -> None:
    step = walk(office, make_assignment(office), stage)
    for method in ("get", "post"):
        assert getattr(signed_in(other_office, holder(office, stage)), method)(page(step)).status_code == 404


@pytest.mark.parametrize("stage", STAGES)
def test_page_of_a_step_of_another_unit_is_not_found(office: Office, stage: str) -> None:
    step = walk(office, make_assignment(office), stage)
    assert signed_in(office, "other_head").get(page(step)).status_code == 404


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        ("assign", "officer"),
        ("execute", "colleague"),
        ("submit", "officer"),
        ("review", "head"),
        ("approve", "reviewer"),
    ],
)
def test_step_that_one_sees_but_does_not_hold_is_forbidden(office: Office, stage: str, name: str) -> None:
    step = walk(office, make_assignment(office), stage)
    client = signed_in(office, name)
    assert client.get(page(step)).status_code == 403
    response = client.post(page(step), {"statement": "Ý kiến đã gõ", "wanted": "Ý kiến đã gõ", "note": "Ý kiến đã gõ"})
    assert response.status_code == 403
    assert "Ý kiến đã gõ" in text(response)
    assert Step.objects.get(pk=step.pk).finished is None


def test_administrator_does_not_find_a_step(office: Office) -> None:
    step = open_step(make_assignment(office))
    assert signed_in(office, "administrator").get(page(step)).status_code == 404


def test_page_says_how_long_the_work_still_has(office: Office) -> None:
    due = localdate() + timedelta(days=30)
    assignment = make_assignment(office, due=due)
    step = walk(office, assignment, "execute")
    assert "Còn 2" in text(signed_in(office, "officer").get(page(step)))
    review = walk(office, assignment, "review")
    assert "Đã nộp trong hạn, chờ rà soát" in text(signed_in(office, "reviewer").get(page(review)))


def test_page_of_work_without_a_date_says_so(office: Office) -> None:
    step = open_step(make_assignment(office, undated=True))
    assert "Chưa xác định thời hạn" in text(signed_in(office, "head").get(page(step)))


def test_address_of_another_stage_leads_to_the_right_page(office: Office) -> None:
    step = walk(office, make_assignment(office), "review")
    client = signed_in(office, "reviewer")
    for name in ("workflow:step", "workflow:assign", "workflow:approve"):
        assert client.get(reverse(name, args=[step.pk])).headers["Location"] == page(step)


def test_start_step_has_no_page(office: Office) -> None:
    assignment = make_assignment(office)
    start = Step.objects.get(process_id=assignment.pk, flow_task_type="START")
    assert signed_in(office, "reviewer").get(reverse("workflow:step", args=[start.pk])).status_code == 404


# --- assign


def test_assign_names_the_officer(office: Office) -> None:
    assignment = make_assignment(office)
    response = signed_in(office, "head").post(page(open_step(assignment)), {"officer": office["officer"].pk})
    assert response.status_code == 302
    assert open_step(assignment).owner == office["officer"]


def test_assign_may_name_the_head(office: Office) -> None:
    assignment = make_assignment(office)
    signed_in(office, "head").post(page(open_step(assignment)), {"officer": office["head"].pk})
    assert open_step(assignment).owner == office["head"]


def test_assign_for_the_year_takes_all_open_periods_of_the_measure_and_unit(office: Office) -> None:
    first, second = periods(office, 2)
    other = make_assignment(office, version=None)
    response = signed_in(office, "head").post(
        page(open_step(first)), {"officer": office["officer"].pk, "whole_year": "on"}
    )
    assert [open_step(row).stage for row in (first, second, other)] == ["execute", "execute", "assign"]
    assert "cho Nguyễn Văn Hùng, cùng 01 kỳ khác trong năm." in said(response)


def test_assign_for_the_year_stays_within_the_unit(office: Office) -> None:
    """One person heads both units, and both lead the same row of the plan."""
    Post.objects.create(
        agency=office.agency, user=office["head"], unit=office.other_division, role=Role.HEAD, since=START
    )
    here, there = make_assignment(office), make_assignment(office, lead=office.other_division)
    Assignment.objects.filter(pk=there.pk).update(measure=here.measure)
    signed_in(office, "head").post(page(open_step(here)), {"officer": office["head"].pk, "whole_year": "on"})
    assert (open_step(here).stage, open_step(there).stage) == ("execute", "assign")


def test_assign_for_this_period_only_leaves_the_others(office: Office) -> None:
    first, second = periods(office, 2)
    signed_in(office, "head").post(page(open_step(first)), {"officer": office["officer"].pk})
    assert (open_step(first).stage, open_step(second).stage) == ("execute", "assign")


def test_assign_of_somebody_outside_the_unit_is_refused(office: Office) -> None:
    assignment = make_assignment(office)
    response = signed_in(office, "head").post(
        page(open_step(assignment)), {"officer": office["other_officer"].pk, "note": "Làm sớm"}
    )
    assert response.status_code == 200
    assert "Người này không thuộc đơn vị chủ trì" in text(response)
    assert "Làm sớm" in text(response)
    assert open_step(assignment).stage == "assign"


def test_people_with_one_name_are_told_apart_by_code(office: Office) -> None:
    office["colleague"].full_name = office["officer"].full_name
    office["colleague"].save()
    shown = text(signed_in(office, "head").get(page(open_step(make_assignment(office)))))
    assert f"Nguyễn Văn Hùng ({office['officer'].code}), Chuyên viên" in shown
    assert f"Nguyễn Văn Hùng ({office['colleague'].code}), Chuyên viên" in shown


# --- execute


def test_execute_hands_over_to_the_head(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "execute")
    signed_in(office, "officer").post(page(step), {"statement": "Đã số hóa 120 hồ sơ"})
    assert open_step(assignment).stage == "submit"
    assert Step.objects.get(pk=step.pk).note == "Đã số hóa 120 hồ sơ"


def test_execute_without_a_statement_says_so(office: Office) -> None:
    step = walk(office, make_assignment(office), "execute")
    response = signed_in(office, "officer").post(page(step), {"statement": "  "})
    assert "Chưa ghi kết quả thực hiện" in text(response)
    assert Step.objects.get(pk=step.pk).finished is None


def test_draft_is_kept_and_ends_when_handed_over(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "execute")
    client = signed_in(office, "officer")
    client.post(page(step), {"statement": "Mới được một nửa", "act": "draft"})
    assert "Mới được một nửa" in text(client.get(page(step)))
    client.post(page(step), {"statement": "Đã xong"})
    assert Assignment.objects.get(pk=assignment.pk).draft == ""


def test_draft_over_htmx_answers_with_one_sentence(office: Office) -> None:
    step = walk(office, make_assignment(office), "execute")
    response = signed_in(office, "officer").post(
        page(step), {"statement": "Một nửa", "act": "draft"}, headers={"HX-Request": "true"}
    )
    assert text(response).startswith("Đã lưu tạm lúc ")


def test_draft_that_comes_too_late_is_answered_with_one_sentence(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "execute")
    walk(office, assignment, "submit")
    response = signed_in(office, "officer").post(
        page(step), {"statement": "Một nửa", "act": "draft"}, headers={"HX-Request": "true"}
    )
    assert response.status_code == 409
    assert text(response).startswith("Nguyễn Văn Hùng đã chuyển trưởng đơn vị nhiệm vụ ")
    assert "<html" not in text(response)


def test_draft_of_somebody_else_is_forbidden(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "execute")
    response = signed_in(office, "head").post(page(step), {"statement": "Của tôi", "act": "draft"})
    assert response.status_code == 403
    assert Assignment.objects.get(pk=assignment.pk).draft == ""


def test_returned_work_shows_its_reasons_as_a_checklist(office: Office) -> None:
    assignment = make_assignment(office)
    review = walk(office, assignment, "review")
    signed_in(office, "reviewer").post(
        page(review),
        {"decision": "returned", "reasons": ["unsigned", "figures"], "wanted": "Gửi bản đã ký số", "seen": last_digest(assignment)},
    )  # fmt: skip
    shown = text(signed_in(office, "officer").get(page(open_step(assignment))))
    for point in ("Chưa ký", "Số liệu chưa khớp", "Gửi bản đã ký số"):
        assert f"<li>{point}</li>" in shown
    assert "Nguyễn Đức Hạnh đã trả lại, chưa đạt yêu cầu lúc" in shown


def test_head_who_is_officer_submits_in_one_press(office: Office) -> None:
    assignment = make_assignment(office)
    step = services.assign(open_step(assignment).pk, office["head"], office.rights("head"))
    client = signed_in(office, "head")
    assert "Nộp kết quả</button>" in text(client.get(page(step)))
    client.post(page(step), {"statement": "Đã xong"})
    assert open_step(assignment).stage == "review"


def test_monthly_figure_costs_two_presses(office: Office) -> None:
    """The officer's press and the head's press; the year was assigned once."""
    first, second = periods(office, 2)
    signed_in(office, "head").post(page(open_step(first)), {"officer": office["officer"].pk, "whole_year": "on"})
    signed_in(office, "officer").post(page(open_step(second)), {"statement": "Tháng này 120 hồ sơ"})
    head, step = signed_in(office, "head"), open_step(second)
    assert "Tháng này 120 hồ sơ" in text(head.get(page(step)))
    head.post(page(step), {"decision": "submitted", "statement": "Tháng này 120 hồ sơ"})
    assert open_step(second).stage == "review"


# --- submit


def test_submit_is_filled_in_with_what_the_officer_wrote(office: Office) -> None:
    step = walk(office, make_assignment(office), "submit", statement="Đã số hóa 120 hồ sơ")
    shown = text(signed_in(office, "head").get(page(step)))
    assert "Đã số hóa 120 hồ sơ</textarea>" in shown
    assert "Chuyển Văn phòng rà soát" in shown


def test_submit_makes_a_round_of_what_the_head_wrote(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "submit")
    signed_in(office, "head").post(page(step), {"decision": "submitted", "statement": "Đã sửa lại"})
    assert open_step(assignment).stage == "review"
    assert Submission.objects.get(assignment=assignment).statement == "Đã sửa lại"


def test_submit_of_the_office_says_that_it_goes_past_review(office: Office) -> None:
    assignment = make_assignment(office, lead=office.office)
    step = walk(office, assignment, "submit", officer="office_officer", head="chief")
    client = signed_in(office, "chief")
    assert "Văn phòng chủ trì, không qua rà soát: trình thẳng Phó Giám đốc Nông Đức Ánh" in text(client.get(page(step)))
    client.post(page(step), {"decision": "submitted", "statement": "Đã xong"})
    assert open_step(assignment).stage == "approve"
    shown = text(signed_in(office, "leader").get(page(open_step(assignment))))
    assert "Văn phòng chủ trì, không qua rà soát." in shown


def test_submit_may_be_returned_to_the_officer_with_a_reason(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "submit")
    client = signed_in(office, "head")
    assert "Chưa ghi lý do trả lại" in text(client.post(page(step), {"decision": "returned", "wanted": " "}))
    client.post(page(step), {"decision": "returned", "wanted": "Bổ sung số liệu"})
    assert open_step(assignment).stage == "execute"
    assert "<li>Bổ sung số liệu</li>" in text(signed_in(office, "officer").get(page(open_step(assignment))))


# --- review and approve


def test_review_shows_the_round_and_its_digest(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review", statement="Đã số hóa 120 hồ sơ")
    shown, digest = text(signed_in(office, "reviewer").get(page(step))), last_digest(assignment)
    assert "Lần nộp thứ 1" in shown
    assert f"{digest[:4]}…{digest[-4:]}" in shown
    assert f'name="seen" value="{digest}"' in shown
    assert "Trình Phó Giám đốc Nông Đức Ánh phê duyệt" in shown
    assert "Thay đổi so với" not in shown


def test_review_shows_what_changed_since_the_round_before(office: Office) -> None:
    assignment = make_assignment(office)
    review = walk(office, assignment, "review", statement="xử lý xong 10/12 kiến nghị")
    services.return_work(review.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Số liệu")
    put_beside(office, assignment, abstract="Bảng tổng hợp", number="418/BC")
    step = walk(office, assignment, "review", statement="xử lý xong 12/12 kiến nghị")
    shown = text(signed_in(office, "reviewer").get(page(step)))
    assert "Thay đổi so với lần nộp thứ 1" in shown
    assert "<del>10/12</del> <ins>12/12</ins>" in shown
    assert "<ins>418/BC, Bảng tổng hợp</ins>" in shown


def test_review_accepts(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    response = signed_in(office, "reviewer").post(
        page(step), {"decision": "accepted", "seen": last_digest(assignment), "note": "Hồ sơ đủ"}
    )
    assert open_step(assignment).stage == "approve"
    assert f"Đã trình duyệt nhiệm vụ {assignment.case.code}. Bước tiếp theo: Lãnh đạo phê duyệt, Nông Đức Ánh." == said(
        response
    )
    shown = text(signed_in(office, "leader").get(page(open_step(assignment))))
    assert "Nguyễn Đức Hạnh đã rà soát, trình duyệt" in shown
    assert "Hồ sơ đủ" in shown


@pytest.mark.parametrize("stage", ["review", "approve"])
def test_judge_returns_with_coded_reasons(office: Office, stage: str) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, stage)
    signed_in(office, holder(office, stage)).post(
        page(step), {"decision": "returned", "reasons": ["missing"], "seen": last_digest(assignment)}
    )
    assert open_step(assignment).stage == "execute"
    assert Step.objects.get(pk=step.pk).note == "Thiếu tài liệu."


@pytest.mark.parametrize("stage", ["review", "approve"])
def test_judge_who_returns_without_a_reason_is_told(office: Office, stage: str) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, stage)
    response = signed_in(office, holder(office, stage)).post(
        page(step), {"decision": "returned", "seen": last_digest(assignment)}
    )
    assert "Chưa ghi lý do trả lại" in text(response)
    assert open_step(assignment).pk == step.pk


def test_approve_ends_the_case(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "approve")
    response = signed_in(office, "leader").post(page(step), {"decision": "approved", "seen": last_digest(assignment)})
    assignment.case.refresh_from_db()
    assert assignment.case.finished is not None
    assert f"Đã phê duyệt nhiệm vụ {assignment.case.code}. Nhiệm vụ đã hoàn thành." == said(response)


@pytest.mark.parametrize("word", ["", "approved-please", "assigned"])
def test_decision_from_outside_is_refused(office: Office, word: str) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    response = signed_in(office, "reviewer").post(page(step), {"decision": word, "seen": last_digest(assignment)})
    assert "Chọn kết quả" in text(response)
    assert open_step(assignment).pk == step.pk


# --- too late


@pytest.mark.parametrize(
    ("stage", "given"),
    [
        ("assign", {"note": "Ý kiến đã gõ"}),
        ("execute", {"statement": "Ý kiến đã gõ"}),
        ("submit", {"decision": "submitted", "statement": "Ý kiến đã gõ"}),
        ("review", {"decision": "returned", "wanted": "Ý kiến đã gõ"}),
        ("approve", {"decision": "approved", "note": "Ý kiến đã gõ"}),
    ],
)
def test_late_press_says_who_did_what_and_keeps_what_was_typed(
    office: Office, stage: str, given: dict[str, str]
) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, stage)
    walk(office, assignment, "end")
    finished = Step.objects.get(pk=step.pk)
    response = signed_in(office, holder(office, stage)).post(page(step), given)
    assert response.status_code == 409
    assert f"{finished.acted_by} {finished.outcome_label} nhiệm vụ {assignment.case.code} lúc " in text(response)
    assert "Ý kiến vừa nhập chưa được ghi, còn giữ ở dưới." in text(response)
    assert "Ý kiến đã gõ</textarea>" in text(response)


def test_finished_step_explains_itself_and_leads_on(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    walk(office, assignment, "approve")
    response = signed_in(office, "reviewer").get(page(step))
    assert response.status_code == 200
    assert f"Nguyễn Đức Hạnh đã trình duyệt nhiệm vụ {assignment.case.code} lúc " in text(response)
    assert "Ý kiến vừa nhập" not in text(response)


def test_step_handed_over_meanwhile_says_who_holds_it(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "execute")
    engine.hand_over(step.pk, office["colleague"], office.rights("head"), note="Nghỉ phép")
    response = signed_in(office, "officer").post(page(step), {"statement": "Ý kiến đã gõ"})
    assert response.status_code == 403
    assert "đang do Nông Thị Thuỳ giữ" in text(response)
    assert "Ý kiến đã gõ</textarea>" in text(response)


@pytest.mark.parametrize("stage", ["review", "approve"])
def test_page_open_since_another_round_keeps_what_was_typed(office: Office, stage: str) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, stage)
    response = signed_in(office, holder(office, stage)).post(
        page(step), {"decision": "returned", "wanted": "Ý kiến đã gõ", "seen": "0" * 64}
    )
    assert response.status_code == 409
    assert "Nội dung đã thay đổi" in text(response)
    assert "Ý kiến đã gõ</textarea>" in text(response)
    assert f'name="seen" value="{last_digest(assignment)}"' in text(response)
    assert open_step(assignment).pk == step.pk


# --- on to the next row


def test_after_a_decision_the_next_row_is_open(office: Office) -> None:
    today = localdate()
    dues = [today + timedelta(days=days) for days in (3, 5, 9)]
    steps = [walk(office, make_assignment(office, due=due), "review") for due in dues]
    client = signed_in(office, "reviewer")
    for step, following in (
        (steps[1], page(steps[2])),
        (steps[2], page(steps[0])),
        (steps[0], reverse("workflow:inbox")),
    ):
        assignment = Assignment.objects.get(pk=step.process_id)
        response = client.post(page(step), {"decision": "accepted", "seen": last_digest(assignment)})
        assert response.headers["Location"] == following


def test_neighbours_and_the_place_in_the_inbox_are_shown(office: Office, other_office: Office) -> None:
    today = localdate()
    dues = [today + timedelta(days=days) for days in (3, 5, 7, 9, 11)]
    steps = [walk(office, make_assignment(office, due=due), "review") for due in dues]
    walk(other_office, make_assignment(other_office, due=today + timedelta(days=7)), "review")
    shown = text(signed_in(office, "reviewer").get(page(steps[2])))
    assert f'href="{reverse("workflow:step", args=[steps[1].pk])}" rel="prev"' in shown
    assert f'href="{reverse("workflow:step", args=[steps[3].pk])}" rel="next"' in shown
    assert "3 trên 5" in shown


def test_lone_row_has_no_neighbours(office: Office) -> None:
    shown = text(signed_in(office, "reviewer").get(page(walk(office, make_assignment(office), "review"))))
    assert 'rel="prev"' not in shown
    assert 'rel="next"' not in shown
    assert "1 trên 1" not in shown


# --- what is written is shown as written


def test_html_in_a_statement_is_shown_as_text(office: Office) -> None:
    step = walk(office, make_assignment(office), "review", statement="<script>alert(1)</script>")
    shown = text(signed_in(office, "reviewer").get(page(step)))
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_history_is_newest_first_with_rounds_and_reasons(office: Office) -> None:
    assignment = make_assignment(office)
    review = walk(office, assignment, "review")
    services.return_work(
        review.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Thiếu bảng số liệu"
    )
    shown = text(signed_in(office, "reviewer").get(page(walk(office, assignment, "review"))))
    trail = shown[shown.index('<ol class="trail">') :]
    wanted = ["đã nộp kết quả (lần nộp thứ 2)", "đã trả lại, chưa đạt yêu cầu (lần nộp thứ 1)", "Thiếu bảng số liệu",
              "đã nộp kết quả (lần nộp thứ 1)", "đã phân công"]  # fmt: skip
    places = [trail.index(words) for words in wanted]
    assert places == sorted(places)


def test_history_names_both_where_one_acts_for_another(office: Office) -> None:
    today = localdate()
    Delegation.objects.create(agency=office.agency, principal=office["head"], substitute=office["colleague"], roles=[],
                              legal_basis="Giấy ủy quyền số 15", since=today, until=today)  # fmt: skip
    assignment = make_assignment(office)
    signed_in(office, "colleague").post(page(open_step(assignment)), {"officer": office["officer"].pk})
    shown = text(signed_in(office, "officer").get(page(open_step(assignment))))
    assert "đã phân công, thay Lương Thu Hạnh" in shown


# --- what it costs


@pytest.mark.parametrize("stage", STAGES)
def test_page_costs_at_most_thirteen_queries_whatever_there_is(
    office: Office, other_office: Office, stage: str
) -> None:
    costs = []
    for rounds in (1, 3):
        assignment = make_assignment(office)
        for _ in range(rounds - 1 if stage != "assign" else 0):
            review = walk(office, assignment, "review")
            services.return_work(review.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Bổ sung")
        for _ in range(rounds):
            put_beside(office, assignment)
            walk(office, make_assignment(office), stage)
            walk(other_office, make_assignment(other_office), stage)
        step = walk(office, assignment, stage)
        client = signed_in(office, holder(office, stage))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page(step)).status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1] <= 13


def put_beside(office: Office, assignment: Assignment, **given: str) -> None:
    document = make_document(office, office["officer"], **given)
    document.uses.create(agency=office.agency, subject=assignment.case.subject, by=office["officer"], at=document.at)


def periods(office: Office, number: int) -> list[Assignment]:
    """Assignments of one measure and unit, one a period."""
    first = make_assignment(office)
    rows = [first]
    for period in range(2, number + 1):
        row = make_assignment(office)
        Assignment.objects.filter(pk=row.pk).update(measure=first.measure, period=period)
        row.refresh_from_db()
        rows.append(row)
    return rows
