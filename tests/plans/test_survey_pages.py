"""Pages of surveys: who may, what is shown, what is refused."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from audit.models import Entry
from plans.models import MeasureText, Plan, PlanVersion
from plans.surveys import services
from plans.surveys.models import Method, QuestionCatalogue, Survey, SurveySheet
from plans.surveys.selectors import findings_of
from tests.office import Office, make_plan
from tests.plans.files import SAMPLES, excel

SAMPLE = SAMPLES / "khao-sat-sipas-2024.xlsx"
READERS = ("reviewer", "chief", "director", "leader", "viewer")
OTHERS = ("clerk", "head", "deputy", "officer", "administrator")


def make_survey(
    office: Office, name: str = "Khảo sát năm 2024", *rows: tuple[object, ...], kept: bool = True
) -> Survey:
    rows = rows or (("Đăng ký", "Nữ", 4, 5, 2), ("Chấp thuận", "Nam", 3, 5, 2), ("Đăng ký", "Nam", 5, None, 4))
    file = excel([("Thủ tục", "Giới tính", "TC1", "TC2", "CC1"), *rows], title="Phiếu")
    read = services.read_survey(file, office.agency.pk)
    survey = services.put_aside(read, agency_id=office.agency.pk, by_id=office["reviewer"].pk, filename=f"{name}.xlsx",
                                sha256=f"{name:0<64}"[:64])  # fmt: skip
    if kept:
        survey = services.keep_survey(survey.pk, name, 2024, agency_id=office.agency.pk, by_id=office["reviewer"].pk)
    return survey


def make_draft(office: Office) -> Plan:
    plan = Plan.objects.create(agency=office.agency, year=2026, title="Kế hoạch năm 2026", by=office["chief"], at=now())
    PlanVersion.objects.create(plan=plan, at=now())
    return plan


def uploaded(client: Client, content: bytes, name: str = "khao-sat.xlsx", **said: Any) -> Any:
    return client.post(reverse("plans:survey_upload"), {"file": SimpleUploadedFile(name, content), **said})


def html(response: Any) -> str:
    return str(response.content.decode())


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def reviewer(client: Client, office: Office) -> Client:
    client.force_login(office["reviewer"])
    return client


def test_sample_is_uploaded_looked_over_and_kept(reviewer: Client, office: Office) -> None:
    answer = uploaded(reviewer, SAMPLE.read_bytes(), "khao-sat-sipas-2024.xlsx")
    survey = Survey.objects.get()
    assert answer.url == reverse("plans:survey", args=[survey.pk])
    page = html(reviewer.get(answer.url))
    assert "Lưu khảo sát 220 phiếu" in page
    assert "74,03%" in page
    answer = reviewer.post(reverse("plans:keep_survey", args=[survey.pk]), {"name": "SIPAS của Sở", "year": "2024"})
    assert said(answer) == ["Đã lưu khảo sát: 220 phiếu."]
    page = html(reviewer.get(answer.url))
    assert "74,03%" in page
    assert "67,81–79,41%" in page
    assert Entry.objects.filter(verb="survey.kept").count() == 1


def test_refused_file_says_why_in_the_form(reviewer: Client) -> None:
    page = html(uploaded(reviewer, b"%PDF-1.7", "a.pdf"))
    assert "“a.pdf”: Tệp không phải Word (.docx) hay Excel (.xlsx). Chọn đúng tệp rồi tải lên." in page
    assert not Survey.objects.exists()
    assert "Chưa chọn tệp." in html(reviewer.post(reverse("plans:survey_upload")))


def test_problems_are_listed_by_row(reviewer: Client, office: Office) -> None:
    survey = make_survey(office, "a", ("x", "Nam", 9, 5, 5), ("x", "Nam", None, None, None), kept=False)
    page = html(reviewer.get(reverse("plans:survey", args=[survey.pk])))
    assert "Dòng 2, cột “TC1”: “9” không thuộc thang 1–5 nên không tính." in page
    assert "Dòng 3, phiếu không có câu trả lời hợp lệ nào nên không tính." in page


@pytest.mark.parametrize("name", ["survey", "survey_groups"])
@pytest.mark.parametrize("who", [*READERS, *OTHERS])
def test_who_may_read(client: Client, office: Office, name: str, who: str) -> None:
    survey = make_survey(office)
    client.force_login(office[who])
    expected = 200 if who in READERS else 403
    assert client.get(reverse(f"plans:{name}", args=[survey.pk])).status_code == expected
    for page in ("sipas", "sampling", "question_catalogues"):
        assert client.get(reverse(f"plans:{page}")).status_code == expected


@pytest.mark.parametrize("who", ["leader", "viewer", *OTHERS])
def test_who_may_not_write(client: Client, office: Office, who: str) -> None:
    survey = make_survey(office)
    client.force_login(office[who])
    for name in ("keep_survey", "discard_survey", "survey_method", "survey_take_over"):
        assert client.post(reverse(f"plans:{name}", args=[survey.pk])).status_code == 403
    assert client.get(reverse("plans:survey_upload")).status_code == 403
    assert uploaded(client, b"x").status_code == 403
    assert client.post(reverse("plans:question_catalogue", args=["nam-yeu-to"])).status_code == 403
    survey.refresh_from_db()


def test_other_agency_and_unkept_files_are_not_found(client: Client, office: Office, other_office: Office) -> None:
    survey, waiting = make_survey(other_office), make_survey(office, "b", kept=False)
    client.force_login(office["reviewer"])
    for name in ("survey", "survey_groups"):
        assert client.get(reverse(f"plans:{name}", args=[survey.pk])).status_code == 404
    for name in ("keep_survey", "discard_survey", "survey_method", "survey_take_over"):
        assert client.post(reverse(f"plans:{name}", args=[survey.pk])).status_code == 404
    assert client.get(reverse("plans:survey", args=[waiting.pk])).status_code == 200
    client.force_login(office["leader"])
    assert client.get(reverse("plans:survey", args=[waiting.pk])).status_code == 404
    assert waiting.source_name not in html(client.get(reverse("plans:sipas")))


@pytest.mark.parametrize("number", [1, 3])
def test_pages_cost_the_same_with_one_and_three(client: Client, office: Office, other_office: Office, number: int,
                                                django_assert_num_queries: Callable[[int], Any]) -> None:  # fmt: skip
    make_survey(other_office)
    surveys = [make_survey(office, f"Khảo sát {place}") for place in range(number)]
    make_survey(office, "đang xem", kept=False)
    client.force_login(office["reviewer"])
    with django_assert_num_queries(10):
        page = html(client.get(reverse("plans:sipas")))
    assert page.count("Khảo sát 0") == 1
    with django_assert_num_queries(12 if number > 1 else 11):
        client.get(reverse("plans:survey", args=[surveys[0].pk]))
    with django_assert_num_queries(9):
        client.get(reverse("plans:survey_groups", args=[surveys[0].pk]), {"theo": "2"})


def test_group_page_names_each_group(reviewer: Client, office: Office) -> None:
    survey = make_survey(office)
    address = reverse("plans:survey_groups", args=[survey.pk])
    page = html(reviewer.get(address))
    assert page.index("Chấp thuận") < page.index("Đăng ký")
    assert "ít phiếu" in page
    crossed = html(reviewer.get(address, {"theo": "1", "cheo": "2"}))
    assert "Chỉ số chung theo thủ tục và giới tính" in crossed
    assert reviewer.get(address, {"theo": "1", "cheo": "1"}).status_code == 404
    assert reviewer.get(address, {"theo": "3"}).status_code == 404
    assert reviewer.get(address, {"theo": "x"}).status_code == 404


def test_same_file_is_not_kept_twice(reviewer: Client, office: Office) -> None:
    first = make_survey(office)
    second = make_survey(office, first.name, kept=False)
    second.source_sha256 = first.source_sha256
    second.save()
    answer = reviewer.post(reverse("plans:keep_survey", args=[second.pk]), {"name": "Lần hai", "year": "2024"})
    assert answer.status_code == 409
    assert "Tệp này đã được nhập lúc" in html(answer)
    assert "Lần hai" in html(answer)


def test_nameless_survey_is_not_kept(reviewer: Client, office: Office) -> None:
    survey = make_survey(office, kept=False)
    page = html(reviewer.post(reverse("plans:keep_survey", args=[survey.pk]), {"name": " ", "year": "hai"}))
    assert "Chưa ghi tên khảo sát." in page
    assert "Năm phải là số từ 2000 đến 2100." in page
    survey.refresh_from_db()
    assert survey.kept_at is None


def test_kept_again_is_said(reviewer: Client, office: Office) -> None:
    survey = make_survey(office)
    answer = reviewer.post(reverse("plans:keep_survey", args=[survey.pk]), {"name": "a", "year": "2024"})
    assert said(answer) == [services.ALREADY_KEPT]


def test_discarded_survey_leaves_no_sheet_and_a_line(reviewer: Client, office: Office) -> None:
    survey = make_survey(office)
    answer = reviewer.post(reverse("plans:discard_survey", args=[survey.pk]))
    assert said(answer) == ["Đã xóa khảo sát “Khảo sát năm 2024”."]
    assert not SurveySheet.objects.exists()
    assert Entry.objects.filter(verb="survey.discarded").count() == 1


def test_method_and_target_are_settings(reviewer: Client, office: Office) -> None:
    survey = make_survey(office)
    assert findings_of(survey).overall.percent == Decimal("62.50")  # 5 of 8
    address = reverse("plans:survey_method", args=[survey.pk])
    reviewer.post(address, {"method": "mean", "target": "75,5"})
    survey.refresh_from_db()
    assert (survey.method, survey.target) == (Method.MEAN, Decimal("75.50"))
    assert findings_of(survey).overall.percent == Decimal("66.67")  # 2/3, 2/2, 1/3
    assert "Mức phấn đấu phải từ 0 đến 100" in html(reviewer.post(address, {"method": "mean", "target": "101"}))


def test_weak_questions_become_rows_of_a_draft(reviewer: Client, office: Office, other_office: Office) -> None:
    survey, plan = make_survey(office), make_draft(office)
    page = html(reviewer.get(reverse("plans:survey", args=[survey.pk])))
    assert "(CC1) từ 33,33% lên ít nhất 80,00%" in page
    address = reverse("plans:survey_take_over", args=[survey.pk])
    answer = reviewer.post(address, {"plan": plan.pk, "codes": ["CC1", "TC1"]})
    assert answer.url == reverse("plans:plan", args=[plan.pk])
    texts = MeasureText.objects.filter(version__plan=plan)
    assert [(text.code, text.position) for text in texts] == [("II.1", 1), ("II.2", 2)]
    assert "(CC1)" in texts[0].task
    assert html(reviewer.get(answer.url)).count("Chưa ghi đơn vị chủ trì") == 2
    reviewer.post(address, {"plan": plan.pk, "codes": ["TC1"]})
    assert texts.order_by("-position")[0].code == "II.3"


def test_suggestions_refused(reviewer: Client, office: Office, other_office: Office) -> None:
    survey, plan = make_survey(office), make_draft(office)
    address = reverse("plans:survey_take_over", args=[survey.pk])
    foreign, issued = make_draft(other_office), make_plan(office).plan
    for wrong in (foreign, issued):
        page = html(reviewer.post(address, {"plan": wrong.pk, "codes": ["CC1"]}))
        assert "Dự thảo này không còn nữa" in page
    assert "Chưa chọn nhiệm vụ nào." in html(reviewer.post(address, {"plan": plan.pk}))
    assert not MeasureText.objects.exists()


def test_sample_size_page(reviewer: Client) -> None:
    page = html(reviewer.get(reverse("plans:sampling"), {"population": "10000", "error": "5"}))
    assert "385 phiếu" in page
    assert "2,5" not in page
    assert "Tổng số N phải là số nguyên" in html(
        reviewer.get(reverse("plans:sampling"), {"population": "x", "error": "5"})
    )
    assert "Sai số e phải từ" in html(reviewer.get(reverse("plans:sampling"), {"population": "9", "error": "NaN"}))


def test_catalogue_is_edited_for_one_agency(reviewer: Client, office: Office, other_office: Office) -> None:
    address = reverse("plans:question_catalogue", args=["nam-yeu-to"])
    form = {
        "name": "Bộ của Sở",
        "scale": "Kém\nVừa\nTốt",
        "satisfied_from": "3",
        "questions": "X1 | Yếu tố X | Câu một",
    }
    assert said(reviewer.post(address, form)) == ["Đã lưu bộ câu hỏi: 01 câu."]
    assert "Bộ của Sở" in html(reviewer.get(reverse("plans:question_catalogues")))
    assert services.catalogues_of(office.agency.pk)[0].satisfied_from == 3
    assert services.catalogues_of(other_office.agency.pk)[0].satisfied_from == 4
    for wrong, words in (
        ({"questions": "X1"}, "Dòng 1: cần “Mã | Yếu tố | Nội dung”"),
        ({"satisfied_from": "4"}, "cao hơn số mức"),
        ({"scale": "Một"}, "Thang đo cần từ 02"),
    ):
        assert words in html(reviewer.post(address, form | wrong))
    assert reviewer.get(reverse("plans:question_catalogue", args=["khong-co"])).status_code == 404
    assert QuestionCatalogue.objects.count() == 1


def test_trend_compares_surveys_in_one_way(reviewer: Client, office: Office) -> None:
    make_survey(office, "Năm trước", ("x", "Nam", 4, 4, 1))
    survey = make_survey(office)
    page = html(reviewer.get(reverse("plans:survey", args=[survey.pk])))
    assert "Qua các khảo sát" in page
    assert "66,67%" in page
