"""Góp ý dự thảo: asked for, given by heads, settled by Văn phòng; and what differs from a unit's last year."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate, now

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say, still_true
from organization.models import Delegation
from plans.commenting import NOT_OPEN, ask_comments, comment, settle_comment
from plans.errors import PlanRefused
from plans.intake import read_file
from plans.last_year import compared, plan_before
from plans.models import DraftComment, Measure, Plan
from plans.services import save_draft
from tests.office import Office
from tests.plans.files import HEADINGS, word

pytestmark = pytest.mark.django_db
DKKD, KTN = "Phòng Đăng ký kinh doanh", "Phòng Kinh tế ngành"
ROWS = [
    ("1", "Số hóa hồ sơ năm 2026", "", "Số liệu", DKKD, "", "Quý II/2026"),
    ("2", "Kiểm tra", "", "Báo cáo", KTN, "", "Quý III/2026"),
]


def draft_of(office: Office, *rows: tuple[str, ...], year: int = 2026) -> Plan:
    reading = read_file(word([HEADINGS, *(rows or ROWS)]), office.agency, year)
    return save_draft(reading, office.agency, office["reviewer"])


@pytest.fixture
def plan(office: Office) -> Plan:
    return draft_of(office)


@pytest.fixture
def asked(plan: Plan, office: Office) -> Plan:
    ask_comments(plan.pk, localdate() + timedelta(days=5), office.rights("chief"))
    plan.refresh_from_db()
    return plan


def page_as(client: Client, office: Office, who: str, name: str, plan: Plan, **query: str) -> Any:
    client.force_login(office[who])
    return client.get(reverse(f"plans:{name}", args=[plan.pk]), query)


def words(response: Any) -> str:
    return str(response.content.decode())


def test_heads_see_a_draft_once_they_are_asked_and_are_told(client: Client, office: Office, plan: Plan) -> None:
    assert page_as(client, office, "head", "plan", plan).status_code == 404
    assert ask_comments(plan.pk, localdate(), office.rights("chief")) == 3
    for who, status in {"head": 200, "deputy": 200, "leader": 200, "officer": 404, "clerk": 404, "viewer": 404}.items():
        assert page_as(client, office, who, "plan", plan).status_code == status, who
    notices = list(Notice.objects.filter(kind="plan.comments_asked"))
    assert {n.to_id for n in notices} == {office[who].pk for who in ("head", "deputy", "other_head")}
    assert {said.title for said in say(notices).values()} == {"Lấy ý kiến dự thảo kế hoạch"}
    assert Entry.objects.filter(verb="plan.comments_asked", subject=f"plan:{plan.pk}").count() == 1


def test_head_comments_on_a_row_and_on_the_whole(client: Client, office: Office, asked: Plan) -> None:
    client.force_login(office["head"])
    url = reverse("plans:comments", args=[asked.pk])
    measure = Measure.objects.order_by("pk")[0]
    client.post(url, {"measure": measure.pk, "text": "Lùi sang Quý III"})
    client.post(url, {"measure": "", "text": "Thiếu kinh phí"})
    rows = list(DraftComment.objects.values_list("measure", "unit", "by", "text"))
    head, unit = office["head"].pk, office.division.pk
    assert rows == [(measure.pk, unit, head, "Lùi sang Quý III"), (None, unit, head, "Thiếu kinh phí")]
    notices = Notice.objects.filter(kind="plan.commented", to=office["reviewer"])
    assert [said.title for said in say(notices).values()] == [f"{DKKD} góp ý dự thảo kế hoạch"] * 2
    shown = words(page_as(client, office, "reviewer", "plan", asked, xem="tat-ca"))
    assert f"{DKKD}: “Lùi sang Quý III”" in shown
    assert "Góp ý dự thảo (2)" in shown
    assert Entry.objects.filter(verb="plan.commented").count() == 2


def test_office_settles_a_comment_once_and_its_head_is_told(client: Client, office: Office, asked: Plan) -> None:
    made = comment(asked.pk, "Lùi sang Quý III", office.rights("head"))
    client.force_login(office["reviewer"])
    client.post(reverse("plans:settle_comment", args=[made.pk]), {"answer": "Đã lùi."})
    made.refresh_from_db()
    assert (made.answer, made.settled_by) == ("Đã lùi.", office["reviewer"])
    notice = Notice.objects.get(kind="plan.comment_settled")
    (said,) = say([notice]).values()
    assert (notice.to, said.text) == (
        office["head"], "Văn phòng trả lời góp ý “Lùi sang Quý III”. “Đã lùi.”",
    )  # fmt: skip
    with pytest.raises(PlanRefused, match="đã được giải quyết"):
        settle_comment(made.pk, "", office.rights("chief"))
    assert "Đã lùi." in words(page_as(client, office, "head", "comments", asked))


def test_comment_is_refused_before_it_is_asked_for_after_its_day_and_after_the_issue(
    office: Office, plan: Plan
) -> None:
    rights = office.rights("head")
    with pytest.raises(PlanRefused, match=NOT_OPEN):
        comment(plan.pk, "X", rights)
    Plan.objects.update(comments_until=localdate() - timedelta(days=1))
    with pytest.raises(PlanRefused, match=NOT_OPEN):
        comment(plan.pk, "X", rights)
    Plan.objects.update(comments_until=localdate(), issued_at=now(), number="1", issued_on=localdate())
    with pytest.raises(PlanRefused, match=NOT_OPEN):
        comment(plan.pk, "X", rights)
    with pytest.raises(PlanRefused, match="không lấy ý kiến"):
        ask_comments(plan.pk, localdate(), office.rights("chief"))
    assert not DraftComment.objects.exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"text": " "}, "Chưa ghi góp ý. Ghi nội dung góp ý rồi gửi."),
        ({"text": "x", "measure": "0"}, "Dòng này không còn trong dự thảo."),
        ({"text": "x" * 20_001}, "dài quá 20.000 ký tự"),
    ],
)
def test_comment_that_says_nothing_or_of_no_row_is_refused(
    client: Client, office: Office, asked: Plan, given: dict[str, str], sentence: str
) -> None:
    client.force_login(office["head"])
    assert sentence in words(client.post(reverse("plans:comments", args=[asked.pk]), given))
    assert not DraftComment.objects.exists()


def test_row_of_another_plan_is_refused(office: Office, asked: Plan) -> None:
    other = draft_of(office, *ROWS, year=2027)
    with pytest.raises(PlanRefused, match="không còn trong dự thảo"):
        comment(asked.pk, "X", office.rights("head"), Measure.objects.filter(plan=other)[0].pk)


def test_only_heads_comment_and_only_the_office_asks_and_settles(client: Client, office: Office, asked: Plan) -> None:
    made = comment(asked.pk, "X", office.rights("deputy"))
    for who in ("officer", "leader", "reviewer", "clerk", "viewer", "administrator"):
        with pytest.raises(PermissionDenied):
            comment(asked.pk, "X", office.rights(who))
    for who in ("head", "leader", "officer"):
        with pytest.raises(PermissionDenied):
            settle_comment(made.pk, "", office.rights(who))
        with pytest.raises(PermissionDenied):
            ask_comments(asked.pk, localdate(), office.rights(who))
        client.force_login(office[who])
        assert client.post(reverse("plans:settle_comment", args=[made.pk])).status_code == 403
        assert client.post(reverse("plans:ask_comments", args=[asked.pk])).status_code == 403


def test_substitute_of_a_head_comments_in_their_name(office: Office, asked: Plan) -> None:
    Delegation.objects.create(agency=office.agency, principal=office["head"], substitute=office["colleague"],
                              legal_basis="1/UQ", since=localdate(), until=localdate())  # fmt: skip
    made = comment(asked.pk, "X", office.rights("colleague"))
    assert (made.by, made.on_behalf_of, made.unit) == (office["colleague"], office["head"], office.division)


@pytest.mark.parametrize("until", ["", "31/02/2026", "01/01/2020"])
def test_day_that_cannot_be_is_refused(client: Client, office: Office, plan: Plan, until: str) -> None:
    client.force_login(office["reviewer"])
    assert client.post(reverse("plans:ask_comments", args=[plan.pk]), {"until": until}).status_code == 409
    plan.refresh_from_db()
    assert plan.comments_until is None


def test_strangers_find_neither_draft_nor_comment(
    client: Client, office: Office, other_office: Office, asked: Plan
) -> None:
    made = comment(asked.pk, "X", office.rights("head"))
    for who in ("head", "reviewer"):
        for name in ("comments", "plan_last_year", "plan"):
            assert page_as(client, other_office, who, name, asked).status_code == 404
    assert client.post(reverse("plans:settle_comment", args=[made.pk])).status_code == 404
    with pytest.raises(Plan.DoesNotExist):
        comment(asked.pk, "X", other_office.rights("head"))


def test_comment_without_who_settled_it_cannot_be(office: Office, asked: Plan) -> None:
    made = comment(asked.pk, "X", office.rights("head"))
    with pytest.raises(IntegrityError, match="comment_is_settled_by_somebody"), transaction.atomic():
        DraftComment.objects.filter(pk=made.pk).update(answer="Đã sửa")


def test_notices_fall_silent_with_what_they_are_about(office: Office, asked: Plan) -> None:
    comment(asked.pk, "X", office.rights("head"))
    notices = list(Notice.objects.all())
    assert still_true(notices) == {notice.pk for notice in notices}
    Plan.objects.update(comments_until=localdate() - timedelta(days=1))
    assert {n.kind for n in notices if n.pk in still_true(notices)} == {"plan.commented"}


def test_pages_cost_the_same_for_one_comment_and_for_three(client: Client, office: Office, asked: Plan) -> None:
    counts = []
    client.force_login(office["head"])
    for number in (1, 3):
        while DraftComment.objects.count() < number:
            comment(asked.pk, "X", office.rights("head"))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("plans:comments", args=[asked.pk])).status_code == 200
        counts.append(len(captured))
    assert counts == [10, 10]


# --- last year


def issued(plan: Plan) -> Plan:
    Plan.objects.filter(pk=plan.pk).update(number=f"{plan.pk}/KH", issued_on=date(plan.year, 1, 5), issued_at=now())
    return plan


def test_what_differs_from_the_units_last_year_is_shown(client: Client, office: Office) -> None:
    issued(
        draft_of(
            office,
            ("5", "Số hóa hồ sơ năm 2025", "", "Số liệu", DKKD, "", "Quý II/2025"),
            ("6", "Kiểm tra nội bộ tại phòng", "", "Báo cáo", DKKD, "", "Quý III/2025"),
            ("7", "Việc đã bỏ", "", "Báo cáo", DKKD, "", "Quý I/2025"),
            ("8", "Việc của phòng khác", "", "Báo cáo", KTN, "", "Quý I/2025"),
            year=2025,
        )
    )
    plan = draft_of(office, ROWS[0], ("2", "Kiểm tra nội bộ tại phòng", "", "Biên bản", DKKD, "", "Quý IV/2026"),
                    ("3", "Xây dựng cơ sở dữ liệu", "", "Cơ sở dữ liệu", DKKD, "", "Quý IV/2026"))  # fmt: skip
    before = plan_before(plan)
    assert before is not None
    found = compared(plan, before, office.division)
    assert [row.task for _, row in found.kept] == ["Số hóa hồ sơ năm 2026"]
    assert [one.fields for one in found.changed] == [
        {"product": ("Báo cáo", "Biên bản"), "deadline": ("Quý III/2026", "Quý IV/2026")}
    ]
    assert [row.task for row in found.added] == ["Xây dựng cơ sở dữ liệu"]
    assert [row.task for row in found.dropped] == ["Việc đã bỏ"]
    ask_comments(plan.pk, localdate(), office.rights("chief"))
    shown = words(page_as(client, office, "head", "plan_last_year", plan))
    assert "Xây dựng cơ sở dữ liệu" in shown
    assert "Việc của phòng khác" not in shown
    other = words(page_as(client, office, "reviewer", "plan_last_year", plan, don_vi=str(office.other_division.pk)))
    assert "Việc của phòng khác" in other
    hidden = words(page_as(client, office, "head", "plan_last_year", plan, don_vi=str(office.other_division.pk)))
    assert "Việc của phòng khác" not in hidden


def test_first_year_has_nothing_to_compare(client: Client, office: Office, plan: Plan) -> None:
    assert "Không có gì để so" in words(page_as(client, office, "reviewer", "plan_last_year", plan))
