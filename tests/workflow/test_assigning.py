"""Naming officers for many rows in one press, and changing one from a period on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate

from organization.enums import Role
from organization.models import Post
from plans.models import MeasureText
from tests.office import Office, make_assignment, make_person, open_step, walk
from tests.workflow.test_step_pages import periods, said, signed_in, text
from workflow import services
from workflow.models import Assignment, Case
from workflow.services import Result

pytestmark = pytest.mark.django_db

ALL = "/phan-cong/"


def field(assignment: Assignment) -> str:
    return f"m{assignment.measure_id}u{assignment.unit_id}"


def code(assignment: Assignment) -> str:
    return MeasureText.objects.get(measure=assignment.measure).code


# --- all rows of a unit on one page


def test_page_lists_each_measure_once_with_its_later_periods(office: Office, other_office: Office) -> None:
    periods(office, 3)
    single = make_assignment(office, opens_on=localdate() + timedelta(days=90))
    make_assignment(office, lead=office.other_division)
    make_assignment(other_office)
    shown = text(signed_in(office, "head").get(ALL))
    assert shown.count("<select") == 2
    assert "02 nhiệm vụ chưa có người thực hiện, 04 kỳ trong năm" in shown
    assert f'name="{field(single)}"' in shown
    assert "Phân công các nhiệm vụ đã chọn người</button>" in shown


def test_one_press_assigns_every_row_and_period(office: Office) -> None:
    first, second = periods(office, 2)
    single = make_assignment(office)
    client = signed_in(office, "deputy")
    response = client.post(ALL, {field(first): office["officer"].pk, field(single): office["colleague"].pk})
    assert (response.status_code, response.headers["Location"]) == (302, reverse("workflow:inbox"))
    assert [open_step(row).owner for row in (first, second, single)] == [
        office["officer"], office["officer"], office["colleague"],
    ]  # fmt: skip
    assert said(response) == "Đã phân công 02 trên 02 nhiệm vụ."


def test_row_left_open_stays_on_the_page(office: Office) -> None:
    first, second = make_assignment(office), make_assignment(office)
    response = signed_in(office, "head").post(ALL, {field(first): office["officer"].pk, field(second): ""})
    assert response.headers["Location"] == ALL
    assert (open_step(first).stage, open_step(second).stage) == ("execute", "assign")


def test_rows_are_filled_in_with_who_did_them_last_else_the_focal_person(office: Office) -> None:
    focal = make_person(office.division, "Vi Thị Đầu Mối", Role.FOCAL)
    first, second = periods(office, 2)
    walk(office, first, "execute")
    fresh = make_assignment(office)
    shown = text(signed_in(office, "head").get(ALL))
    assert "Phân công 02 nhiệm vụ</button>" in shown
    selects = {
        name: shown[shown.index(f'name="{name}"') :].split("</select>")[0] for name in (field(second), field(fresh))
    }
    assert f'value="{office["officer"].pk}" selected' in selects[field(second)]
    assert f'value="{focal.pk}" selected' in selects[field(fresh)]


def test_rows_without_a_former_or_focal_person_are_left_open(office: Office) -> None:
    make_assignment(office)
    assert " selected" not in text(signed_in(office, "head").get(ALL))


def test_former_officer_who_has_left_is_not_suggested(office: Office) -> None:
    first, _ = periods(office, 2)
    walk(office, first, "execute")
    Post.objects.filter(user=office["officer"]).update(until=localdate() - timedelta(days=1))
    assert " selected" not in text(signed_in(office, "head").get(ALL))


def test_somebody_outside_the_unit_is_not_heard(office: Office) -> None:
    row = make_assignment(office)
    response = signed_in(office, "head").post(ALL, {field(row): office["other_officer"].pk})
    assert "Chưa chọn người cho nhiệm vụ nào" in text(response)
    assert open_step(row).stage == "assign"


def test_row_that_somebody_assigned_meanwhile_is_listed(office: Office) -> None:
    first, second = make_assignment(office), make_assignment(office)
    walk(office, first, "execute")
    response = signed_in(office, "head").post(ALL, {
        field(first): office["colleague"].pk, field(second): office["colleague"].pk,
        "shown": [f"{field(first)}=I.1", f"{field(second)}=I.2"],
    })  # fmt: skip
    assert response.status_code == 200
    assert "Đã phân công 01 trên 02 nhiệm vụ." in text(response)
    assert "I.1: Đã có người xử lý." in text(response)
    assert (open_step(first).owner, open_step(second).owner) == (office["officer"], office["colleague"])


def test_stale_step_among_many_stops_nothing_else(office: Office) -> None:
    first, second = make_assignment(office), make_assignment(office)
    steps = [open_step(first), open_step(second)]
    walk(office, first, "execute")
    results = services.assign_many([(step, office["colleague"]) for step in steps], office.rights("head"))
    assert results == [Result(first.case, "Đã có người xử lý.", stale=True), Result(second.case)]


@pytest.mark.parametrize("name", ["officer", "reviewer", "viewer", "administrator", "leader"])
def test_page_is_for_heads(office: Office, name: str) -> None:
    row = make_assignment(office)
    client = signed_in(office, name)
    assert client.get(ALL).status_code == 403
    assert client.post(ALL, {field(row): office["officer"].pk}).status_code == 403
    assert open_step(row).stage == "assign"


def test_head_with_nothing_to_assign_is_told_so(office: Office) -> None:
    assert "Đã phân công hết" in text(signed_in(office, "head").get(ALL))


def test_page_costs_the_same_with_one_row_and_three(office: Office) -> None:
    costs = []
    for _ in range(2):
        make_assignment(office)
        client = signed_in(office, "head")
        with CaptureQueriesContext(connection) as captured:
            client.get(ALL)
        costs.append(len(captured))
        periods(office, 2)
    assert costs[0] == costs[1] <= 12


# --- another officer from a period on


def change(assignment: Assignment) -> str:
    return reverse("workflow:change_officer", args=[assignment.pk])


def test_change_hands_over_this_period_and_assigns_the_later_ones(office: Office) -> None:
    first, second, third = periods(office, 3)
    for row in (first, second):
        walk(office, row, "execute")
    response = signed_in(office, "head").post(
        change(second), {"officer": office["colleague"].pk, "reason": "Nghỉ thai sản"}
    )
    assert [open_step(row).owner for row in (first, second, third)] == [
        office["officer"], office["colleague"], office["colleague"],
    ]  # fmt: skip
    assert "Từ kỳ này trở đi, người thực hiện là Nông Thị Thuỳ" in text(response)


def test_change_leaves_what_was_handed_in_and_says_so(office: Office) -> None:
    first, second = periods(office, 2)
    walk(office, first, "review")
    walk(office, second, "execute")
    response = signed_in(office, "head").post(change(first), {"officer": office["colleague"].pk, "reason": "Điều động"})
    assert open_step(first).stage == "review"
    assert open_step(second).owner == office["colleague"]
    assert "Đang ở khâu văn phòng rà soát, giữ nguyên người thực hiện." in text(response)


def test_change_takes_the_step_of_an_officer_who_has_left(office: Office) -> None:
    assignment = make_assignment(office)
    submit = walk(office, assignment, "submit")
    Post.objects.filter(user=office["officer"]).update(until=localdate() - timedelta(days=1))
    services.send_back(submit.pk, office.rights("head"), reason="Bổ sung")
    assert open_step(assignment).owner is None
    signed_in(office, "head").post(
        change(assignment), {"officer": office["colleague"].pk, "reason": "Người cũ đã nghỉ"}
    )
    step = open_step(assignment)
    assert (step.owner, step.pool_role) == (office["colleague"], "")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"reason": "Điều động"}, "Chọn người thực hiện"),
        ({"officer": "other_officer", "reason": "Điều động"}, "Người này không thuộc đơn vị chủ trì"),
        ({"officer": "colleague", "reason": "  "}, "Chưa ghi lý do đổi người thực hiện"),
    ],
)
def test_change_says_what_is_missing(office: Office, given: dict[str, str], words: str) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "execute")
    person = office[given["officer"]].pk if "officer" in given else ""
    response = signed_in(office, "head").post(change(assignment), given | {"officer": person})
    assert words in text(response)
    assert open_step(assignment).owner == step.owner


def test_change_is_for_the_head_of_the_lead_unit(office: Office, other_office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "execute")
    statuses = {name: signed_in(office, name).get(change(assignment)).status_code
                for name in ("head", "deputy", "officer", "reviewer", "other_head")}  # fmt: skip
    assert statuses == {"head": 200, "deputy": 200, "officer": 403, "reviewer": 403, "other_head": 404}
    assert signed_in(other_office, "head").get(change(assignment)).status_code == 404


def test_change_by_somebody_else_is_refused_by_the_service(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "execute")
    case = Case.objects.select_related("assignment").get(pk=assignment.pk)
    with pytest.raises(PermissionDenied):
        services.change_officer(case, office["colleague"], office.rights("officer"), reason="Tự đổi")


def test_head_hands_over_nothing_but_the_officers_step(office: Office) -> None:
    """Else a head could give leadership's step to a friend."""
    from workflow import engine

    assignment = make_assignment(office)
    for stage in ("submit", "review", "approve"):
        step = walk(office, assignment, stage)
        with pytest.raises(PermissionDenied):
            engine.hand_over(step.pk, office["colleague"], office.rights("head"), note="Nhờ xử lý")
