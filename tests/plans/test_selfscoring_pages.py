"""Pages of a đợt tự chấm: what each shows to whom, what is refused, what was typed stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evidence.models import DocumentFile
from organization.vietnamese import short_date
from plans.criteria import scoring
from plans.criteria.models import CriterionDocument, Level, Score
from plans.selfscoring import services
from plans.selfscoring.forms import usual
from plans.selfscoring.models import ScoringRound, ScoringShare
from plans.selfscoring.states import State
from tests.evidence.files import upload
from tests.office import Office, make_document
from tests.plans.test_criteria_pages import criterion_of, html, make_set, said
from tests.plans.test_selfscoring import TODAY, bring, enter, make_round
from workflow.documents import visible_documents

pytestmark = pytest.mark.django_db

DAYS = {
    "opens_on": short_date(TODAY), "score_until": short_date(TODAY + timedelta(days=9)), "close_by": short_date(TODAY + timedelta(days=20)),
}  # fmt: skip


def at(name: str, *keys: int) -> str:
    return reverse(f"plans:{name}", args=keys)


def as_(client: Client, office: Office, who: str) -> Client:
    client.force_login(office[who])
    return client


def test_office_sets_a_round_up_shares_out_and_opens_it(client: Client, office: Office) -> None:
    found = make_set(office, year=TODAY.year)
    as_(client, office, "reviewer")
    assert "Lập đợt tự chấm của Bộ tiêu chí năm 2024" in html(client.get(at("self_scoring")))
    address = at("begin_scoring", found.pk)
    wrong = client.post(
        address, DAYS | {"score_until": short_date(TODAY - timedelta(days=1)), "close_by": "32/12/2026"}
    )
    assert "phải từ ngày bắt đầu trở đi" in html(wrong)
    assert "ngày này không có trong lịch" in html(wrong)
    answer: Any = client.post(address, DAYS)
    made = ScoringRound.objects.get()
    assert answer.url == at("share_out", made.pk)
    assert "đã có đợt tự chấm" in html(client.post(address, DAYS))
    cells = {f"don-vi-{criterion_of(found, code).pk}": str(office.division.pk) for code in ("3.3.3", "3.3.4")}
    assert "Đơn vị chấm 3.3.3" in html(client.get(answer.url))
    assert "đơn vị này không còn" in html(client.post(answer.url, dict.fromkeys(cells, "999999")))
    assert said(client.post(answer.url, cells))[-1] == "Đã chia lại 02 tiêu chí."
    assert set(made.shares.values_list("unit", flat=True)) == {office.division.pk}
    as_(client, office, "head")
    assert client.get(at("scoring_round", made.pk)).status_code == 404  # not open yet
    as_(client, office, "reviewer")
    page = html(client.get(at("scoring_round", made.pk)))
    assert "Mở đợt tự chấm" in page
    answer = client.post(at("move_round", made.pk), {"verb": "open", "seen": made.stamp})
    assert said(answer)[-1] == "Đã mở đợt tự chấm."
    as_(client, office, "head")
    assert "còn 02 tiêu chí" in html(client.get(at("scoring_round", made.pk))) or date(2026, 10, 1) > TODAY


def test_usual_dates_follow_the_level(office: Office) -> None:
    province = usual(make_set(office, year=2026))
    department = usual(make_set(office, "Cấp sở", year=2026, level=Level.DEPARTMENT))
    assert (department.opens_on, department.close_by) == (date(2026, 10, 1), date(2026, 12, 31))
    assert (province.opens_on, province.close_by) == (date(2027, 1, 1), date(2027, 2, 20))


def test_a_unit_scores_proves_and_hands_in_from_its_page(client: Client, office: Office) -> None:
    made = bring(office, make_round(office), State.OPEN)
    one = criterion_of(made.criteria_set, "3.3.3")
    document = make_document(office, office["officer"], number="45/BC")
    strange = make_document(office, office["other_officer"], number="99/BC")
    unit = at("scoring_unit", made.pk, office.division.pk)
    as_(client, office, "officer")
    page = html(client.get(unit))
    assert "Mở từng tiêu chí để ghi điểm" in page
    assert "Gửi Văn phòng" not in page.split("<h2>Từng tiêu chí")[1]
    form = html(client.get(at("score", one.pk)))
    assert 'name="self_score"' in form
    assert 'name="appraisal_1"' not in form
    assert 'name="last_year"' not in form
    offered = "basis,reason,self_score,standing"
    client.post(
        at("score", one.pk),
        {"standing": "scored", "self_score": "30", "appraisal_1": "40", "offered": offered, "seen": ""},
    )
    score = Score.objects.get(criterion=one)
    assert (score.self_score, score.appraisal_1) == (30, None)
    offers = html(client.get(at("criterion_documents", one.pk)))
    assert "45/BC" in offers
    assert "99/BC" not in offers
    assert client.post(at("criterion_documents", one.pk), {"document": strange.pk}).status_code == 404
    client.post(at("criterion_documents", one.pk), {"document": document.pk, "place": "mục 2, trang 5"})
    assert "mục 2, trang 5" in html(client.get(at("criterion", one.pk)))
    assert client.post(at("hand_in_scores", made.pk, office.division.pk)).status_code == 403
    as_(client, office, "head")
    assert "Gửi Văn phòng 01 tiêu chí đã chấm" in html(client.get(unit))
    answer = client.post(at("hand_in_scores", made.pk, office.division.pk))
    assert said(answer) == ["Đã gửi Văn phòng 01 tiêu chí: 3.3.3."]
    answer = client.get(at("score", one.pk))
    assert said(answer)[-1].startswith("Đơn vị đã gửi Văn phòng điểm của tiêu chí này.")


def test_too_late_is_said_beside_what_was_typed(client: Client, office: Office) -> None:
    made = bring(office, make_round(office), State.OPEN)
    one = criterion_of(made.criteria_set, "3.3.3")
    ScoringRound.objects.update(score_until=TODAY - timedelta(days=1))
    as_(client, office, "officer")
    answer = client.post(
        at("score", one.pk), {"standing": "scored", "self_score": "30", "basis": "Công văn 12", "seen": ""}
    )
    assert answer.status_code == 409
    assert "Đã hết thời gian tự chấm" in html(answer)
    assert "Công văn 12" in html(answer)
    assert not Score.objects.exists()


def test_an_older_page_writes_nothing_that_a_later_step_offers(client: Client, office: Office) -> None:
    made = bring(office, make_round(office), State.CLOSED)
    one = criterion_of(made.criteria_set, "3.3.3")
    enter(office, made, "3.3.3", "reviewer", appraisal_1="12")
    score = Score.objects.get(criterion=one)
    as_(client, office, "reviewer")
    old = {
        "standing": "scored",
        "self_score": "1",
        "seen": score.at.isoformat(),
        "offered": "basis,last_year,reason,self_score,standing",
    }
    assert client.post(at("score", one.pk), old).status_code == 409
    score.refresh_from_db()
    assert (score.self_score, score.appraisal_1) == (30, 12)


def test_one_criterion_is_sent_back_from_its_page(client: Client, office: Office) -> None:
    made = bring(office, make_round(office), State.CHECKING)
    one, own = criterion_of(made.criteria_set, "3.3.3"), criterion_of(made.criteria_set, "4.1")
    as_(client, office, "reviewer")
    assert at("send_back_criterion", one.pk) in html(client.get(at("criterion", one.pk)))
    assert client.get(at("send_back_criterion", own.pk)).status_code == 404
    answer = client.post(at("send_back_criterion", one.pk), {"reason": "", "until": "01/01/2020"})
    assert "Chưa ghi lý do" in html(answer)
    assert "Ngày chấm lại đã qua" in html(answer)
    client.post(at("send_back_criterion", one.pk), {"reason": "Thiếu biểu", "until": short_date(TODAY)})
    assert ScoringShare.objects.get(criterion=one).reason == "Thiếu biểu"
    as_(client, office, "head")
    assert "“Thiếu biểu”" in html(client.get(at("scoring_unit", made.pk, office.division.pk)))
    as_(client, office, "reviewer")
    answer = client.post(at("send_back_criterion", one.pk), {"reason": "Nữa", "until": short_date(TODAY)})
    assert answer.status_code == 409
    assert "đang chấm tiêu chí này" in html(answer)


def test_leadership_closes_or_gives_back_what_it_saw(client: Client, office: Office) -> None:
    made = bring(office, make_round(office), State.PRESENTED)
    seen = made.stamp
    as_(client, office, "leader")
    page = html(client.get(at("scoring_round", made.pk)))
    assert page.index("Chốt điểm tự chấm") < page.index("Trả lại Văn phòng")
    assert "Có điểm mà chưa có tài liệu, căn cứ" in page
    move = at("move_round", made.pk)
    assert "Chưa ghi lý do" in html(client.post(move, {"verb": "give-back", "seen": seen}))
    client.post(move, {"verb": "give-back", "seen": seen, "note": "Xem lại 4.1"})
    answer = client.post(move, {"verb": "give-back", "seen": seen, "note": "Ý kiến gõ lại"})
    assert answer.status_code == 409
    assert "Nông Đức Ánh đã trả lại Văn phòng lúc" in html(answer)
    assert "Ý kiến gõ lại" in html(answer)
    assert client.post(move, {"verb": "open", "seen": seen}).status_code == 403
    assert client.post(move, {"verb": "bia-ra", "seen": seen}).status_code == 404


def test_dates_are_moved_and_explaining_keeps_its_deadline(client: Client, office: Office) -> None:
    made = bring(office, make_round(office), State.EXPLAINING)
    as_(client, office, "reviewer")
    assert client.post(at("scoring_dates", made.pk), DAYS).status_code == 409
    answer = client.post(at("scoring_dates", made.pk), DAYS | {"explain_until": "31/12/2030"})
    assert said(answer) == ["Đã sửa ngày của đợt tự chấm."]
    as_(client, office, "head")
    assert "chờ giải trình" in html(client.get(at("scoring_round", made.pk)))
    one = criterion_of(made.criteria_set, "3.3.3")
    assert ">Giải trình</a>" in html(client.get(at("criterion", one.pk)))
    assert 'name="self_score"' not in html(client.get(at("score", one.pk)))


@pytest.mark.parametrize("who", ["director", "viewer", "head", "officer", "clerk", "administrator"])
def test_only_the_office_prepares(client: Client, office: Office, other_office: Office, who: str) -> None:
    made = bring(office, make_round(office), State.CHECKING)
    one = criterion_of(made.criteria_set, "3.3.3")
    as_(client, office, who)
    for name, keys in (("begin_scoring", [made.criteria_set_id]), ("share_out", [made.pk]), ("scoring_dates", [made.pk]),
                       ("send_back_criterion", [one.pk])):  # fmt: skip
        assert client.get(at(name, *keys)).status_code == 403
        assert client.post(at(name, *keys)).status_code == 403
    expected = 403 if who == "administrator" else 200
    for name, keys in (
        ("self_scoring", []),
        ("scoring_round", [made.pk]),
        ("scoring_unit", [made.pk, office.division.pk]),
    ):
        assert client.get(at(name, *keys)).status_code == expected
    as_(client, other_office, "reviewer")
    for name, keys in (("begin_scoring", [made.criteria_set_id]), ("share_out", [made.pk]), ("scoring_dates", [made.pk]),
                       ("send_back_criterion", [one.pk]), ("scoring_round", [made.pk]), ("scoring_unit", [made.pk, office.division.pk])):  # fmt: skip
        assert client.get(at(name, *keys)).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_pages_cost_the_same_with_one_and_three(client: Client, office: Office, number: int,
                                                django_assert_num_queries: Callable[[int], Any]) -> None:  # fmt: skip
    made = bring(office, make_round(office), State.OPEN)
    for year in range(2020, 2019 + number):
        services.begin(
            make_set(office, f"Bộ {year}", year=year).pk, usual(made.criteria_set), office.rights("reviewer")
        )
    for code in ("3.3.3", "3.3.4")[: number - 1]:
        enter(office, made, code, "officer", self_score="10")
    as_(client, office, "reviewer")
    for address, queries in (
        (at("self_scoring"), 10),
        (at("scoring_round", made.pk), 9),
        (at("scoring_unit", made.pk, office.division.pk), 8),
    ):
        with django_assert_num_queries(queries):
            assert client.get(address).status_code == 200


def test_a_document_of_a_criterion_is_opened_by_its_unit_and_who_oversees(client: Client, office: Office) -> None:
    made = bring(office, make_round(office), State.OPEN)
    one, document = criterion_of(made.criteria_set, "3.3.3"), make_document(office, office["officer"])
    scoring.add_document(one.pk, document, "", office.rights("officer"), office["officer"])
    sees = {
        who: visible_documents(office.rights(who)).filter(pk=document.pk).exists()
        for who in ("head", "colleague", "reviewer", "leader", "other_head", "administrator")
    }
    assert sees == {
        "head": True,
        "colleague": True,
        "reviewer": True,
        "leader": True,
        "other_head": False,
        "administrator": False,
    }


def test_a_unit_uploads_a_proof_that_is_in_no_task(client: Client, office: Office) -> None:
    made = bring(office, make_round(office), State.OPEN)
    one = criterion_of(made.criteria_set, "3.3.3")
    address = at("new_criterion_document", one.pk)
    paper = {"number": "45/BC", "dated": "01/6/2024", "issuer": "Sở", "abstract": "Báo cáo số hóa", "place": "trang 2"}
    as_(client, office, "officer")
    assert "Tải lên tài liệu chưa có" in html(client.get(at("criterion_documents", one.pk)))
    assert client.post(address, paper).status_code == 200  # no file
    assert not CriterionDocument.objects.exists()
    answer = client.post(address, paper | {"uploads": upload()})
    assert said(answer) == ["Đã gắn 45/BC với tiêu chí 3.3.3."]
    page = html(client.get(at("criterion", one.pk)))
    assert "trang 2" in page
    assert reverse("workflow:download", args=[DocumentFile.objects.get().pk]) in page
    as_(client, office, "other_head")
    assert client.post(address, paper | {"uploads": upload()}).status_code == 403
    ScoringRound.objects.update(state=State.PRESENTED)
    as_(client, office, "officer")
    late = client.post(address, paper | {"uploads": upload()})
    assert late.status_code == 409
    assert "đang chờ lãnh đạo chốt" in html(late)
    assert DocumentFile.objects.count() == CriterionDocument.objects.count() == 1
