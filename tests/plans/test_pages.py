"""Nhập kế hoạch in the browser's words: upload, look over, correct, keep as a draft; and the plan's own page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate

from audit.models import Entry
from organization.models import AgencySettings, Alias, Unit, WorkingDay
from plans.arrivals import receive
from plans.differences import Rewritten, rewritten
from plans.drafting import DraftRow
from plans.errors import PlanRefused
from plans.intake import read_file
from plans.models import MeasureText, MeasureUnit, Occurrence, Plan, PlanImport
from plans.reading import read_plan_file
from plans.services import name_leads
from plans.understanding import understand
from tests.office import Office, make_measure, make_plan
from tests.plans.files import HEADINGS, SAMPLES, word

pytestmark = pytest.mark.django_db

ROW = ("1", "Ban hành Kế hoạch", "Rà soát", "Kế hoạch", "Văn phòng", "Phòng Kinh tế ngành", "Quý I")
UNKNOWN_LEAD = ("2", "Khắc phục tồn tại", "", "Báo cáo", "Phòng được kiểm tra", "", "31/02")
GUESSED = ("3", "Số hóa hồ sơ", "", "Số liệu", "Phòng Đăng kí kinh doanh", "", "Hằng tháng")


@pytest.fixture
def client(office: Office) -> Client:
    client = Client()
    client.force_login(office["reviewer"])
    return client


def uploaded(client: Client, content: bytes, name: str = "ke-hoach.docx", **said: Any) -> Any:
    return client.post(reverse("plans:upload"), {"file": SimpleUploadedFile(name, content), **said})


def kept(client: Client, *rows: tuple[str, ...]) -> PlanImport:
    response = uploaded(client, word([HEADINGS, *(rows or (ROW, UNKNOWN_LEAD, GUESSED))]).getvalue(), year="2026")
    found = PlanImport.objects.latest("pk")
    assert response.url == reverse("plans:preview", args=[found.pk])
    return found


def html(response: Any) -> str:
    return str(response.content.decode())


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def row_of(found: PlanImport, index: int) -> dict[str, Any]:
    found.refresh_from_db()
    return dict(found.rows[index])


def change(**fields: Any) -> dict[str, Any]:
    return {"task": "Việc đã sửa", "product": "", "solution": "", "criteria": "", "points": "", "field": "", "note": "",
            "coordinating": "", "deadline": "", "leads": []} | fields  # fmt: skip


def test_upload_shows_rows_totals_and_what_must_be_settled(client: Client) -> None:
    found = kept(client)
    page = html(client.get(reverse("plans:preview", args=[found.pk])))
    assert "01 dòng phải sửa" in page
    assert "Dòng I.2: “Phòng được kiểm tra” không phải tên một đơn vị. Chọn đơn vị chủ trì." in page
    assert "Ngày “31/02” không có trong lịch. Sửa lại ngày." in page
    assert "03 nhiệm vụ, 02 đơn vị, 13 việc giao" in page
    assert not Plan.objects.exists()


def test_sample_file_shows_44_rows_in_two_appendices(client: Client, office: Office) -> None:
    uploaded(client, (SAMPLES / "ke-hoach-2024.docx").read_bytes())
    page = html(client.get(reverse("plans:preview", args=[PlanImport.objects.get().pk]) + "?xem=tat-ca"))
    assert page.count('id="dong-') == 44
    assert "Phụ lục I: 34, Phụ lục II: 10" in page


def test_lead_is_chosen_and_the_row_is_settled(client: Client, office: Office) -> None:
    found = kept(client)
    url = reverse("plans:choose_lead", args=[found.pk, 1]) + "?xem=can-xem"
    response = client.post(url, {"lead": f"unit:{office.other_division.pk}"})
    assert response.url == reverse("plans:preview", args=[found.pk]) + "?xem=can-xem"
    row = row_of(found, 1)
    assert [owner["name"] for owner in row["leads"]] == ["Phòng Kinh tế ngành"]
    assert row["leads"][0]["written"] == "Phòng được kiểm tra"
    assert [problem["column"] for problem in row["problems"]] == ["Thời hạn"]


def test_preview_says_which_day_off_moves_a_date_and_which_year_is_missing(client: Client, office: Office) -> None:
    AgencySettings.objects.filter(agency=office.agency).update(day_off="next")
    sunday, late = (*ROW[:6], "Ngày 15/11/2026"), ("2", *ROW[1:6], "Trước ngày 05 hằng tháng")
    found = kept(client, sunday, late)
    page = html(client.get(reverse("plans:preview", args=[found.pk]) + "?xem=tat-ca"))
    assert "15/11/2026 là Chủ nhật, chuyển sang 16/11/2026." in page
    assert "05/4/2026 là Chủ nhật, chuyển sang 06/4/2026." in page
    found = kept(client, (*ROW[:6], "Ngày 15/11/2030"))
    WorkingDay.objects.filter(day__year=2026).delete()
    page = html(client.get(reverse("plans:preview", args=[found.pk]) + "?xem=tat-ca"))
    assert "Lịch làm việc chưa có năm 2026. Thêm năm 2026 vào lịch làm việc rồi thực hiện lại." in page


@pytest.mark.parametrize("lead", ["", "unit:0", "group:related", "x"])
def test_lead_that_is_not_offered_is_refused(client: Client, lead: str) -> None:
    found = kept(client)
    response = client.post(reverse("plans:choose_lead", args=[found.pk, 1]), {"lead": lead})
    assert (response.status_code, "Chưa chọn đơn vị chủ trì" in html(response)) == (409, True)
    assert row_of(found, 1)["leads"][0]["kind"] == "unnamed"


def test_column_that_is_not_read_is_named_above_the_rows(client: Client) -> None:
    rows = [(*HEADINGS, "Kinh phí"), (*ROW, "10 triệu")]
    uploaded(client, word(rows).getvalue(), year="2026")
    page = html(client.get(reverse("plans:preview", args=[PlanImport.objects.get().pk])))
    assert "Cột “Kinh phí” có nội dung nhưng không được đưa vào kế hoạch." in page


def test_form_with_leads_as_they_were_changes_none_of_them(client: Client, office: Office) -> None:
    found = kept(client, (*ROW[:4], "Phòng Đăng kí kinh doanh; Sở Nội vụ; Phòng được kiểm tra", "", "Quý I"))
    before = row_of(found, 0)
    client.post(
        reverse("plans:import_row", args=[found.pk, 0]),
        change(leads=[f"unit:{office.division.pk}"], deadline="Quý I", note="Gấp"),
    )
    after = row_of(found, 0)
    assert (after["note"], after["leads"]) == ("Gấp", before["leads"])
    assert [p for p in after["problems"] if p["column"] == "Đơn vị chủ trì"] == [
        p for p in before["problems"] if p["column"] == "Đơn vị chủ trì"
    ]


def test_unit_chosen_stands_for_the_unnamed_and_outside_bodies_stay(client: Client, office: Office) -> None:
    found = kept(client, (*ROW[:4], "Sở Nội vụ; Phòng được kiểm tra", "", "Quý I"))
    url = reverse("plans:import_row", args=[found.pk, 0])
    client.post(url, change(leads=[f"unit:{office.division.pk}"], deadline="Quý I"))
    row = row_of(found, 0)
    assert [(o["kind"], o["name"]) for o in row["leads"]] == [
        ("unit", "Phòng Đăng ký kinh doanh"), ("external", "Sở Nội vụ"),
    ]  # fmt: skip
    assert row["problems"] == []
    client.post(url, change(leads=[], deadline="Quý I"))
    row = row_of(found, 0)
    assert [o["name"] for o in row["leads"]] == ["Sở Nội vụ"]
    assert [p["message"] for p in row["problems"]] == ["Chưa ghi đơn vị chủ trì. Chọn đơn vị chủ trì."]


def test_lead_chosen_for_the_unnamed_joins_those_that_are_known(client: Client, office: Office) -> None:
    found = kept(client, ("1", "=1", "", "Báo cáo", "Văn phòng; Phòng được kiểm tra", "", "Quý I"))
    client.post(reverse("plans:choose_lead", args=[found.pk, 0]), {"lead": f"unit:{office.division.pk}"})
    row = row_of(found, 0)
    assert [o["unit_id"] for o in row["leads"]] == [office.office.pk, office.division.pk]
    assert [p["column"] for p in row["problems"]] == ["Nhiệm vụ"]


def test_guess_is_confirmed(client: Client) -> None:
    found = kept(client)
    assert html(client.get(reverse("plans:preview", args=[found.pk]))).count('class="ask-row"') == 1
    client.post(reverse("plans:confirm_row", args=[found.pk, 2]))
    assert row_of(found, 2)["confirmed"] is True
    assert 'class="ask-row"' not in html(client.get(reverse("plans:preview", args=[found.pk])))


def test_every_field_of_a_row_can_be_corrected(client: Client, office: Office) -> None:
    found = kept(client)
    given = change(
        task="Khắc phục sau kiểm tra", product="Báo cáo", solution="Giao từng phòng", field="I. CHỈ ĐẠO", note="Gấp",
        criteria="1.3.2 Khắc phục tồn tại\n1.4 Khác", points="1,00\n0,5", coordinating="Văn phòng", deadline="Quý III",
        leads=[f"unit:{office.division.pk}", "group:with_procedures"],
    )  # fmt: skip
    response = client.post(reverse("plans:import_row", args=[found.pk, 1]) + "?xem=tat-ca", given)
    assert response.url == reverse("plans:preview", args=[found.pk]) + "?xem=tat-ca"
    row = row_of(found, 1)
    assert (row["task"], row["product"], row["solution"], row["field"], row["note"]) == (
        "Khắc phục sau kiểm tra", "Báo cáo", "Giao từng phòng", "I. CHỈ ĐẠO", "Gấp",
    )  # fmt: skip
    assert row["criteria"] == [
        {"code": "1.3.2", "name": "Khắc phục tồn tại", "points": "1.00"}, {"code": "1.4", "name": "Khác", "points": "0.5"},
    ]  # fmt: skip
    assert [(o["kind"], o["unit_id"], o["group"]) for o in row["leads"]] == [
        ("unit", office.division.pk, ""), ("group", None, "with_procedures"),
    ]  # fmt: skip
    assert [o["unit_id"] for o in row["coordinating"]] == [office.office.pk]
    assert [o["due_on"] for o in row["deadline"]["occurrences"]] == ["2026-09-30"]
    assert row["problems"] == []


def test_row_form_keeps_what_was_typed_and_says_what_is_wrong(client: Client) -> None:
    found = kept(client)
    response = client.post(
        reverse("plans:import_row", args=[found.pk, 1]), change(task=" ", solution="Cách làm", points="một")
    )
    page = html(response)
    assert "Chưa ghi nhiệm vụ. Ghi nội dung nhiệm vụ." in page
    assert "“một” không phải số điểm" in page
    assert "Cách làm" in page
    assert row_of(found, 1)["task"] == "Khắc phục tồn tại"


def test_corrected_date_is_meant_as_typed_and_an_untouched_one_stays(client: Client) -> None:
    uploaded(client, word([HEADINGS, (*ROW[:6], "Trước ngày 30/11/2024")], "Kế hoạch năm 2024").getvalue(), year="2026")
    found = PlanImport.objects.get()
    url = reverse("plans:import_row", args=[found.pk, 0])
    client.post(url, change(deadline="Trước ngày 30/11/2024"))
    assert [o["due_on"] for o in row_of(found, 0)["deadline"]["occurrences"]] == ["2026-11-30"]
    client.post(url, change(deadline="Trước ngày 15/01/2027"))
    assert [o["due_on"] for o in row_of(found, 0)["deadline"]["occurrences"]] == ["2027-01-15"]


def test_saving_makes_the_draft_once(client: Client, office: Office) -> None:
    found = kept(client)
    response = client.post(reverse("plans:save", args=[found.pk]))
    plan = Plan.objects.get()
    assert response.url == reverse("plans:plan", args=[plan.pk])
    assert (plan.agency, plan.year, plan.by, plan.issued_at) == (office.agency, 2026, office["reviewer"], None)
    assert MeasureText.objects.filter(version__plan=plan).count() == 3
    again = client.post(reverse("plans:save", args=[found.pk]))
    assert again.url == response.url
    assert Plan.objects.count() == 1
    assert client.post(reverse("plans:confirm_row", args=[found.pk, 2])).status_code == 409
    assert client.get(reverse("plans:preview", args=[found.pk])).url == response.url


def test_discarding_leaves_nothing(client: Client) -> None:
    found = kept(client)
    client.post(reverse("plans:discard", args=[found.pk]))
    assert not PlanImport.objects.exists()
    assert not Plan.objects.exists()


def test_html_and_formulas_in_a_cell_are_shown_as_text(client: Client) -> None:
    evil = "<script>alert(1)</script>"
    found = kept(
        client, ("1", evil, evil, evil, evil, evil, evil), ("2", "=HYPERLINK(1)", "", "", "Văn phòng", "", "Quý I")
    )
    for url in (
        reverse("plans:preview", args=[found.pk]) + "?xem=tat-ca",
        reverse("plans:import_row", args=[found.pk, 0]),
    ):
        page = html(client.get(url))
        assert evil not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    client.post(reverse("plans:save", args=[found.pk]))
    assert evil not in html(client.get(reverse("plans:plan", args=[Plan.objects.get().pk])))


HOSTILE = {
    "no Word file": (b"khong phai Word", "ke-hoach.docx"),
    "an empty file": (b"", "ke-hoach.docx"),
    "no plan": ((SAMPLES / "nhan-su-2024.xlsx").read_bytes(), "nhan-su.xlsx"),
    "a Word file without a table": (word([("a",)], "Không có bảng").getvalue(), "la.docx"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_file_is_refused_with_a_sentence_and_nothing_is_kept(client: Client, what: str) -> None:
    response = uploaded(client, *HOSTILE[what])
    page = html(response)
    assert response.status_code == 200
    assert 'class="errors' in page
    assert not PlanImport.objects.exists()
    assert "Traceback" not in page


def test_file_over_the_limit_is_refused(client: Client, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 1024 * 1024
    page = html(uploaded(client, b"PK" + b"0" * 1024 * 1024))
    assert "Tệp này lớn quá 1 MB." in page


@pytest.mark.parametrize("name", ["head", "officer", "leader", "viewer", "clerk", "administrator"])
def test_only_the_office_imports_and_corrects(office: Office, client: Client, name: str) -> None:
    found = kept(client)
    other = Client()
    other.force_login(office[name])
    for url in (
        reverse("plans:upload"),
        reverse("plans:preview", args=[found.pk]),
        reverse("plans:import_row", args=[found.pk, 0]),
    ):
        assert other.get(url).status_code == 403
    for address in ("save", "discard"):
        assert other.post(reverse(f"plans:{address}", args=[found.pk])).status_code == 403


def test_another_agencys_file_and_plan_are_not_found(client: Client, other_office: Office) -> None:
    stranger = Client()
    stranger.force_login(other_office["chief"])
    found = kept(client)
    plan = make_plan(other_office).plan
    assert stranger.get(reverse("plans:preview", args=[found.pk])).status_code == 404
    for address in ("save", "discard"):
        assert stranger.post(reverse(f"plans:{address}", args=[found.pk])).status_code == 404
    assert stranger.post(reverse("plans:choose_lead", args=[found.pk, 0]), {"lead": "group:all"}).status_code == 404
    assert client.get(reverse("plans:plan", args=[plan.pk])).status_code == 404


# --- the list, the plan


def draft_of(client: Client) -> Plan:
    client.post(reverse("plans:save", args=[kept(client).pk]))
    return Plan.objects.latest("pk")


def test_list_is_empty_with_a_way_on(client: Client, office: Office, other_office: Office) -> None:
    make_plan(other_office)
    assert "Nhập từ tệp" in html(client.get(reverse("plans:list")))
    reader = Client()
    reader.force_login(office["officer"])
    page = html(reader.get(reverse("plans:list")))
    assert "Chưa có kế hoạch nào đang theo dõi" in page
    assert "Nhập từ tệp" not in page


def test_drafts_are_for_the_office_alone(client: Client, office: Office) -> None:
    plan = draft_of(client)
    assert "Dự thảo" in html(client.get(reverse("plans:list")))
    for name in ("head", "leader"):
        reader = Client()
        reader.force_login(office[name])
        assert plan.title not in html(reader.get(reverse("plans:list")))
        assert reader.get(reverse("plans:plan", args=[plan.pk])).status_code == 404


@pytest.mark.parametrize("address", ["list", "plan"])
def test_administrator_sees_no_content(office: Office, address: str) -> None:
    plan = make_plan(office).plan
    reader = Client()
    reader.force_login(office["administrator"])
    assert reader.get(reverse(f"plans:{address}", args=[plan.pk] if address == "plan" else [])).status_code == 403


def test_plan_under_way_is_open_to_everybody_with_work(office: Office) -> None:
    version = make_plan(office)
    make_measure(office, version, lead=office.division, due=date(2026, 11, 30), task="Rà soát thủ tục")
    for name in ("officer", "head", "leader", "viewer", "clerk"):
        reader = Client()
        reader.force_login(office[name])
        page = html(reader.get(reverse("plans:plan", args=[version.plan_id])))
        assert "Rà soát thủ tục" in page
        assert "30/11/2026" in page
        assert "Sửa dòng" not in page


def test_row_of_a_draft_is_corrected(client: Client, office: Office) -> None:
    plan = draft_of(client)
    text = MeasureText.objects.get(version__plan=plan, position=2)
    url = reverse("plans:row", args=[plan.pk, text.pk])
    assert "31/02" in html(client.get(url))
    response = client.post(url, change(leads=[f"unit:{office.division.pk}"], deadline="Hằng quý"))
    assert response.url == reverse("plans:plan", args=[plan.pk])
    text.refresh_from_db()
    assert (text.task, text.deadline_kind, text.deadline_rule, text.remarks) == (
        "Việc đã sửa",
        "recurring",
        "quarterly",
        [],
    )
    assert list(MeasureUnit.objects.filter(text=text, part="lead").values_list("unit", flat=True)) == [
        office.division.pk
    ]
    assert Occurrence.objects.filter(text=text).count() == 4
    client.post(url, change(leads=[f"unit:{office.division.pk}"], deadline="Hằng quý", task="Sửa lần nữa"))
    assert Occurrence.objects.filter(text=text).count() == 4


def test_units_named_later_stand_for_the_unnamed_and_outside_bodies_stay(client: Client, office: Office) -> None:
    row = (*ROW[:4], "Sở Nội vụ; Phòng được kiểm tra; các phòng liên quan", "", "Quý I")
    client.post(reverse("plans:save", args=[kept(client, row).pk]))
    text = MeasureText.objects.get()
    name_leads(text, [office.division])
    leads = text.units.filter(part="lead").order_by("position")
    assert [(o.kind, o.written) for o in leads] == [("external", "Sở Nội vụ"), ("unit", row[4])]


def test_row_of_an_issued_plan_is_not_corrected(client: Client, office: Office) -> None:
    version = make_plan(office)
    text = make_measure(office, version, lead=office.division).texts.get()
    response = client.post(reverse("plans:row", args=[version.plan_id, text.pk]), change())
    assert said(response) == ["Kế hoạch này đã được đưa vào theo dõi nên không sửa dòng được nữa."]
    text.refresh_from_db()
    assert text.task == "Số hóa hồ sơ"


def test_draft_is_discarded_and_an_issued_plan_is_not(client: Client, office: Office) -> None:
    plan = draft_of(client)
    client.post(reverse("plans:discard_plan", args=[plan.pk]))
    assert not Plan.objects.exists()
    issued = make_plan(office).plan
    client.post(reverse("plans:discard_plan", args=[issued.pk]))
    assert Plan.objects.filter(pk=issued.pk).exists()


@pytest.mark.parametrize(("address", "queries"), [("list", 10), ("plan", 13), ("preview", 10)])
def test_pages_cost_the_same_for_one_row_and_for_three(
    client: Client, office: Office, other_office: Office, address: str, queries: int
) -> None:
    make_measure(other_office, make_plan(other_office), lead=other_office.division)
    version = make_plan(office)
    found = kept(client, ROW)
    counts = []
    for rows in (1, 3):
        while MeasureText.objects.filter(version=version).count() < rows:
            make_measure(office, version, lead=office.division, due=date(2026, 11, 30))
        while address == "list" and Plan.objects.filter(agency=office.agency).count() < rows:
            make_plan(office)
        if rows == 3:
            found = kept(client)
        url = reverse("plans:list") if address == "list" else reverse(
            f"plans:{address}", args=[version.plan_id if address == "plan" else found.pk]
        )  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        counts.append(len(captured))
    assert counts == [queries, queries]


def test_alias_and_code_of_a_unit_are_understood(client: Client, office: Office) -> None:
    Alias.objects.create(agency=office.agency, unit=office.other_division, text="Phòng Công thương")
    Unit.objects.filter(pk=office.division.pk).update(code="ĐKKD")
    found = kept(client, (*ROW[:4], "Phòng Công thương; P. ĐKKD", "", "Quý I"))
    assert [o["unit_id"] for o in row_of(found, 0)["leads"]] == [office.other_division.pk, office.division.pk]


# --- names that are learnt, several leads

MISSPELT = ("2", "Thẩm định dự án", "Họp hội đồng", "Báo cáo", "Phòng Kinh tế công nghiệp", "", "Quý II")


def test_units_that_may_be_meant_are_offered_with_their_score(client: Client, office: Office) -> None:
    found = kept(client, MISSPELT)
    page = html(client.get(reverse("plans:preview", args=[found.pk])))
    assert f'name="suggested" value="unit:{office.other_division.pk}"' in page
    assert "giống 82%" in page
    assert "<td" in page
    assert "Họp hội đồng" in page


def test_suggestion_is_taken_learnt_and_settles_rows_that_say_the_same(client: Client, office: Office) -> None:
    found = kept(client, MISSPELT, ("3", *MISSPELT[1:4], "PHÒNG KINH TẾ CÔNG NGHIỆP", "", "Quý III"))
    url = reverse("plans:choose_lead", args=[found.pk, 0])
    response = client.post(url, {"suggested": f"unit:{office.other_division.pk}", "lead": ""})
    learnt = "Đã nhớ tên gọi “Phòng Kinh tế công nghiệp” từ hôm nay. 01 dòng khác cũng nhận theo."
    assert said(response) == [f"Dòng I.2: Phòng Kinh tế ngành chủ trì. {learnt}"]
    assert [row_of(found, n)["leads"][0]["unit_id"] for n in (0, 1)] == [office.other_division.pk] * 2
    alias = Alias.objects.get()
    assert (alias.unit, alias.since, alias.until) == (office.other_division, localdate(), None)
    assert Entry.objects.filter(verb="unit.name_given", actor=office["reviewer"].pk).count() == 1
    again = kept(client, MISSPELT)
    assert row_of(again, 0)["problems"] == []


def test_guess_that_is_confirmed_is_learnt(client: Client, office: Office) -> None:
    found = kept(client, GUESSED)
    client.post(reverse("plans:confirm_row", args=[found.pk, 0]))
    assert [(a.text, a.unit) for a in Alias.objects.all()] == [("Phòng Đăng kí kinh doanh", office.division)]


def test_guess_that_is_corrected_is_learnt_as_what_it_meant(client: Client, office: Office) -> None:
    found = kept(client, GUESSED)
    data = change(leads=[f"unit:{office.other_division.pk}"], deadline="Hằng tháng")
    client.post(reverse("plans:import_row", args=[found.pk, 0]), data)
    assert [(a.text, a.unit) for a in Alias.objects.all()] == [("Phòng Đăng kí kinh doanh", office.other_division)]


def test_what_is_no_name_and_what_was_sure_is_not_learnt(client: Client, office: Office) -> None:
    found = kept(client, UNKNOWN_LEAD, ROW, ("4", "Việc", "", "Báo cáo", "", "", "Quý I"))
    client.post(reverse("plans:choose_lead", args=[found.pk, 0]), {"lead": f"unit:{office.division.pk}"})
    data = change(leads=[f"unit:{office.other_division.pk}"], deadline="Quý I")
    client.post(reverse("plans:import_row", args=[found.pk, 1]), data)
    client.post(reverse("plans:import_row", args=[found.pk, 2]), data)
    assert not Alias.objects.exists()


SEVERAL = ("1", "Việc chung", "", "Báo cáo", "Phòng Kinh tế ngành; Phòng Đăng ký kinh doanh", "Văn phòng", "Quý I")


def test_several_leads_each_have_their_own_assignment(client: Client) -> None:
    found = kept(client, SEVERAL)
    page = html(client.get(reverse("plans:preview", args=[found.pk])))
    assert "Mỗi đơn vị một việc riêng" in page
    assert "Chọn đơn vị chịu trách nhiệm" in page
    client.post(reverse("plans:confirm_row", args=[found.pk, 0]))
    row = row_of(found, 0)
    assert (len(row["leads"]), row["confirmed"]) == (2, True)
    assert "Chọn đơn vị chịu trách nhiệm" not in html(client.get(reverse("plans:preview", args=[found.pk])))


def test_one_of_several_leads_answers_and_the_others_help(client: Client, office: Office) -> None:
    found = kept(client, SEVERAL)
    url = reverse("plans:responsible", args=[found.pk, 0])
    response = client.post(url, {"lead": f"unit:{office.division.pk}"})
    assert said(response) == [
        "Dòng I.1: Phòng Đăng ký kinh doanh chịu trách nhiệm, các đơn vị khác phối hợp.",
    ]
    row = row_of(found, 0)
    assert [o["name"] for o in row["leads"]] == ["Phòng Đăng ký kinh doanh"]
    assert [o["name"] for o in row["coordinating"]] == ["Phòng Kinh tế ngành", "Văn phòng"]
    assert row["coordinating_raw"] == "Phòng Kinh tế ngành; Văn phòng"
    assert row["problems"] == []
    client.post(reverse("plans:save", args=[found.pk]))
    parts = MeasureUnit.objects.order_by("part", "position").values_list("part", "unit__name")
    assert list(parts) == [("coordinating", "Phòng Kinh tế ngành"), ("coordinating", "Văn phòng"),
                           ("lead", "Phòng Đăng ký kinh doanh")]  # fmt: skip


@pytest.mark.parametrize("lead", ["", "x", "group:all", "office"])
def test_only_one_of_the_leads_is_made_responsible(client: Client, office: Office, lead: str) -> None:
    found = kept(client, SEVERAL, ROW)
    given = f"unit:{office.office.pk}" if lead == "office" else lead
    assert client.post(reverse("plans:responsible", args=[found.pk, 0]), {"lead": given}).status_code == 409
    own = f"unit:{office.office.pk}"
    assert client.post(reverse("plans:responsible", args=[found.pk, 1]), {"lead": own}).status_code == 409
    assert len(row_of(found, 0)["leads"]) == 2


# --- a corrected file


def again(client: Client, found: PlanImport, *rows: tuple[str, ...]) -> Any:
    file = SimpleUploadedFile("ban-sua.docx", word([HEADINGS, *rows]).getvalue())
    return client.post(reverse("plans:upload_again", args=[found.pk]), {"file": file})


NEW = ("9", "Việc mới thêm", "", "Biên bản", "Văn phòng", "", "Quý IV")


def test_corrected_file_updates_what_is_under_review_and_says_what_changed(client: Client, office: Office) -> None:
    found = kept(client, ROW, UNKNOWN_LEAD, GUESSED)
    lead = f"unit:{office.division.pk}"
    client.post(reverse("plans:choose_lead", args=[found.pk, 1]), {"lead": lead})
    data = change(task="Ban hành Kế hoạch (đã sửa)", solution="Rà soát", product="Kế hoạch", deadline="Quý I",
                  coordinating="Phòng Kinh tế ngành", leads=[f"unit:{office.office.pk}"])  # fmt: skip
    client.post(reverse("plans:import_row", args=[found.pk, 0]), data)
    moved = (*ROW[:6], "Quý III")
    answer = again(client, found, moved, (*UNKNOWN_LEAD[:6], "31/12/2026"), NEW)
    assert answer.url == reverse("plans:preview", args=[found.pk])
    assert PlanImport.objects.count() == 1
    first, second, third = (row_of(found, n) for n in range(3))
    assert (first["task"], first["deadline"]["raw"]) == ("Ban hành Kế hoạch (đã sửa)", "Quý III")
    assert [o["unit_id"] for o in second["leads"]] == [office.division.pk]
    assert (second["problems"], third["task"]) == ([], "Việc mới thêm")
    page = html(client.get(answer.url))
    assert "Đã đọc lại tệp đã sửa: 2 dòng thay đổi (I.1, I.2); 1 dòng thêm (I.9); 1 dòng bỏ (I.3)." in page
    assert "1 chỗ đã sửa tay được giữ, vì tệp không đổi ở đó." in page


def test_cell_that_the_file_changes_takes_the_place_of_what_was_written_by_hand(client: Client, office: Office) -> None:
    found = kept(client, ROW)
    data = change(task="Sửa tay", deadline="Quý I", leads=[f"unit:{office.office.pk}"])
    client.post(reverse("plans:import_row", args=[found.pk, 0]), data)
    again(client, found, ("1", "Ban hành Kế hoạch năm", *ROW[2:]))
    assert row_of(found, 0)["task"] == "Ban hành Kế hoạch năm"


def test_same_file_uploaded_again_updates_and_makes_no_second(client: Client) -> None:
    found = kept(client, ROW)
    uploaded(client, word([HEADINGS, ROW, NEW]).getvalue(), year="2026")
    assert [PlanImport.objects.count(), len(PlanImport.objects.get().rows)] == [1, 2]
    uploaded(client, word([HEADINGS, ROW]).getvalue(), year="2026", separate="on")
    uploaded(client, word([HEADINGS, ROW]).getvalue(), name="khac.docx", year="2026")
    uploaded(client, word([HEADINGS, ROW]).getvalue(), year="2027")
    assert PlanImport.objects.count() == 4
    assert found.pk in PlanImport.objects.values_list("pk", flat=True)


def test_corrected_file_of_a_draft_is_put_beside_it(client: Client, office: Office) -> None:
    found = kept(client, ROW, GUESSED)
    client.post(reverse("plans:save", args=[found.pk]))
    plan = Plan.objects.get()
    text = MeasureText.objects.get(order="1")
    data = change(task="Ban hành Kế hoạch (sửa trong dự thảo)", solution="Rà soát", product="Kế hoạch", deadline="Tháng 2",
                  coordinating="Phòng Kinh tế ngành", leads=[f"unit:{office.division.pk}"])  # fmt: skip
    client.post(reverse("plans:row", args=[plan.pk, text.pk]), data)
    answer = uploaded(client, word([HEADINGS, ROW, NEW]).getvalue(), year="2026")
    beside = PlanImport.objects.latest("pk")
    assert (beside.amends, answer.url) == (plan, f"/ke-hoach/dieu-chinh/{beside.pk}/")
    page = html(client.get(answer.url))
    assert "Đã đọc lại tệp đã sửa: 1 dòng thêm (I.9); 1 dòng bỏ (I.3)." in page
    assert "2 chỗ đã sửa tay được giữ" in page
    client.post(answer.url)
    assert Plan.objects.count() == 1
    texts = MeasureText.objects.filter(version=plan.versions.latest("number")).order_by("position")
    assert [t.task for t in texts] == ["Ban hành Kế hoạch (sửa trong dự thảo)", "Việc mới thêm"]
    assert [t.deadline_raw for t in texts] == ["Tháng 2", "Quý IV"]
    assert texts[0].measure_id == text.measure_id
    assert [u.unit for u in texts[0].units.filter(part="lead")] == [office.division]


def test_row_put_in_by_hand_stays_where_a_file_is_read_again(office: Office) -> None:
    file = read_plan_file(word([HEADINGS, ROW, GUESSED]))
    one, two = (DraftRow.of(row) for row in understand(file, 2026))
    hand = replace(DraftRow.blank("I", "2", ""), task="Việc thêm tay")
    rows, told = rewritten([one, hand, two], [two, one])
    assert [row.task for row in rows] == [two.task, one.task, "Việc thêm tay"]
    assert told == Rewritten([], [], [], 0)


def test_what_was_saved_meanwhile_takes_no_file(client: Client, office: Office) -> None:
    found = kept(client, ROW)
    client.post(reverse("plans:save", args=[found.pk]))
    assert again(client, found, ROW).url == reverse("plans:plan", args=[Plan.objects.get().pk])
    reading = read_file(word([HEADINGS, ROW]), office.agency, 2026)
    with pytest.raises(PlanRefused, match="vừa được lưu hoặc hủy bỏ"):
        receive(reading, office.rights("reviewer"), filename="x.docx", sha256="", instead_of=found.pk)


def test_another_agencys_file_is_neither_found_nor_updated(client: Client, other_office: Office) -> None:
    reading = read_file(word([HEADINGS, ROW]), other_office.agency, 2026)
    theirs = receive(reading, other_office.rights("reviewer"), filename="ke-hoach.docx", sha256="")
    assert client.get(reverse("plans:upload_again", args=[theirs.pk])).status_code == 404
    kept(client, NEW)
    assert [row["task"] for row in PlanImport.objects.get(pk=theirs.pk).rows] == ["Ban hành Kế hoạch"]
