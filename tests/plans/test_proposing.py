"""Nguồn giao and mức xác nhận as a row's words suggest them, taken or not; the appendix of a new row; a plan printed whole."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from plans import imports
from plans.amendments import amend_by_hand, blank_row
from plans.arrivals import receive
from plans.drafting import DraftRow
from plans.enums import Confirmation, Source
from plans.errors import PlanRefused
from plans.exporting import sheets_of
from plans.intake import read_file
from plans.models import Measure, PlanImport
from plans.proposing import origin_of, proposed, taken
from plans.reading import PlanFile, PlanHeader, RawRow
from plans.services import save_draft
from plans.understanding import understand
from tests.office import Office
from tests.plans.files import HEADINGS, excel, word

PLAIN = ("1", "Ban hành Kế hoạch", "Rà soát", "Kế hoạch", "Văn phòng", "", "Quý I")
FROM_ABOVE = ("2", "Đào tạo công chức", "", "Quyết định", "Văn phòng", "", "Theo kế hoạch của Sở Nội vụ")
MONTHLY = ("3", "Số hóa hồ sơ", "", "Số liệu", "Phòng Đăng ký kinh doanh", "", "Hằng tháng")


def row(task: str = "", deadline: str = "Quý I", note: str = "") -> DraftRow:
    raw = RawRow("I", "1", "I.1", "", (), task, "", "", "Văn phòng", "", deadline, note)
    (read,) = understand(PlanFile(PlanHeader(year=2026), [raw]), 2026)
    return DraftRow.of(read)


@pytest.mark.parametrize(
    ("said", "source", "document"),
    [
        ({"deadline": "Theo kế hoạch của Sở Nội vụ"}, Source.HOME_AFFAIRS, ""),
        ({"deadline": "Theo chương trình công tác của UBND tỉnh"}, Source.PROVINCE, ""),
        ({"deadline": "Theo kế hoạch của Bộ Nội vụ"}, Source.OTHER, ""),
        ({"task": "Tham mưu văn bản QPPL theo danh mục UBND tỉnh giao"}, Source.PROVINCE, ""),
        ({"task": "Theo dõi chỉ tiêu do HĐND tỉnh giao"}, Source.OTHER, ""),
        (
            {"task": "Thực hiện Kế hoạch số 156/KH-UBND ngày 06/7/2022"},
            Source.PROVINCE,
            "156/KH-UBND ngày 06/7/2022",
        ),
        ({"note": "Công văn 12/SNV-CCHC"}, Source.HOME_AFFAIRS, "12/SNV-CCHC"),
        ({"note": "Kế hoạch 45/KH-SKHĐT"}, None, ""),
        ({"note": "Công văn 12/CV-SNV"}, Source.HOME_AFFAIRS, "12/CV-SNV"),
        ({"task": "Phối hợp với Sở Nội vụ trong điều tra SIPAS"}, None, ""),
        ({"task": "Báo cáo UBND tỉnh kết quả thực hiện"}, None, ""),
        ({"task": "Kiểm tra việc phân cấp; UBND các huyện phối hợp"}, None, ""),
        ({"task": "Theo dõi, đôn đốc bộ phận Một cửa"}, None, ""),
    ],
)
def test_words_of_a_row_suggest_who_set_it(said: dict[str, str], source: Source | None, document: str) -> None:
    assert origin_of(row(**said)) == (source, document)


def test_row_that_recurs_may_end_with_the_office_and_one_that_does_not_goes_to_leadership() -> None:
    assert proposed(row(deadline="Hằng tháng")).confirmation == Confirmation.OFFICE
    assert proposed(row(deadline="Quý I")).confirmation is None
    assert not proposed(row(deadline="Thường xuyên"))


def test_what_was_taken_is_not_proposed_again() -> None:
    found = taken(row(deadline="Hằng tháng", task="Theo danh mục UBND tỉnh giao"))
    assert (found.source, found.confirmation, bool(proposed(found))) == ("province", "office", False)


# --- at the preview


@pytest.fixture
def kept(office: Office) -> PlanImport:
    reading = read_file(word([HEADINGS, PLAIN, FROM_ABOVE, MONTHLY]), office.agency, 2026)
    return receive(reading, office.rights("reviewer"), filename="ke-hoach.docx", sha256="")


@pytest.fixture
def client(db: None, office: Office) -> Client:
    client = Client()
    client.force_login(office["reviewer"])
    return client


def words(response: Any) -> str:
    return str(response.content.decode())


def test_preview_proposes_and_nothing_is_so_until_it_is_taken(client: Client, kept: PlanImport) -> None:
    page = words(client.get(reverse("plans:preview", args=[kept.pk])))
    assert "02 dòng có đề xuất nguồn giao hoặc mức xác nhận" in page
    page = words(client.get(reverse("plans:preview", args=[kept.pk]) + "?xem=tat-ca"))
    assert "Đề xuất: nguồn giao Sở Nội vụ" in page
    assert "Đề xuất: mức Văn phòng xác nhận" in page
    client.post(reverse("plans:take_proposal", args=[kept.pk, 1]))
    kept.refresh_from_db()
    assert [one["source"] for one in kept.rows] == ["plan", "home_affairs", "plan"]
    client.post(reverse("plans:take_proposals", args=[kept.pk]))
    client.post(reverse("plans:save", args=[kept.pk]))
    measures = Measure.objects.order_by("pk").values_list("source", "confirmation")
    assert list(measures) == [("plan", "leader"), ("home_affairs", "leader"), ("plan", "office")]


def test_both_are_edited_with_the_row_and_outlive_a_corrected_file(
    client: Client, office: Office, kept: PlanImport
) -> None:
    data = {"task": "Ban hành Kế hoạch", "deadline": "Quý I", "leads": [f"unit:{office.office.pk}"], "source": "province",
            "source_document": "156/KH-UBND", "confirmation": "office"}  # fmt: skip
    url = reverse("plans:import_row", args=[kept.pk, 0])
    assert client.post(url, data).status_code == 302
    page = words(client.get(reverse("plans:preview", args=[kept.pk]) + "?xem=tat-ca"))
    assert "Nguồn giao: UBND tỉnh (156/KH-UBND); Văn phòng xác nhận" in page
    assert "Chọn nguồn giao trong danh sách." in words(client.post(url, data | {"source": "x"}))
    reading = read_file(word([HEADINGS, PLAIN]), office.agency, 2026)
    receive(reading, office.rights("reviewer"), filename="x.docx", sha256="", instead_of=kept.pk)
    kept.refresh_from_db()
    (first,) = kept.rows
    assert (first["source"], first["source_document"], first["confirmation"]) == ("province", "156/KH-UBND", "office")
    client.post(url, data | {"source": "plan"})
    kept.refresh_from_db()
    assert (kept.rows[0]["source"], kept.rows[0]["source_document"]) == ("plan", "")


def test_others_take_nothing(client: Client, office: Office, other_office: Office, kept: PlanImport) -> None:
    for verb in (
        lambda: imports.take_proposals(kept.pk, office.rights("head")),
        lambda: imports.take_proposal(kept.pk, 1, office.rights("leader")),
    ):
        with pytest.raises(PermissionDenied):
            verb()
    with pytest.raises(PlanImport.DoesNotExist):
        imports.take_proposals(kept.pk, other_office.rights("reviewer"))
    imports.save_import(kept.pk, office.rights("reviewer"))
    with pytest.raises(PlanRefused):
        imports.take_proposals(kept.pk, office.rights("reviewer"))


# --- a new row, a printed plan


def test_new_row_stands_last_in_the_appendix_that_is_chosen(client: Client, office: Office) -> None:
    rows = [
        ("PHỤ LỤC I", "", "", "", "", "", ""), HEADINGS, PLAIN, ("2", *PLAIN[1:]),
        ("PHỤ LỤC II", "", "", "", "", "", ""), HEADINGS, PLAIN,
    ]  # fmt: skip
    plan = save_draft(read_file(excel(rows), office.agency, 2026), office.agency, office["chief"])
    kept = amend_by_hand(plan, office.rights("reviewer"))
    assert [one["row"] for one in kept.rows] == ["I.1", "I.2", "II.1"]
    url = reverse("workflow:amendment_row", args=[kept.pk, 3])
    assert "Phụ lục II" in words(client.get(url))
    data = {"task": "Việc thêm", "deadline": "Quý I", "leads": [f"unit:{office.office.pk}"]}
    assert "Chưa chọn phụ lục." in words(client.post(url, data))
    assert client.post(url, data | {"appendix": "I"}).status_code == 302
    kept.refresh_from_db()
    assert [one["row"] for one in kept.rows] == ["I.1", "I.2", "I.3", "II.1"]
    drafts = [DraftRow.from_json(one) for one in kept.rows]
    assert [sheet.title for sheet in sheets_of(drafts)] == ["PHỤ LỤC I", "PHỤ LỤC II"]
    assert blank_row(drafts, "II").row == "II.2"
    assert blank_row(drafts, "IX").row == "II.2"


def test_plan_is_printed_whole_with_measures_and_notes(
    client: Client, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plans.views.plans.PER_PAGE", 2)
    plan = save_draft(
        read_file(word([HEADINGS, PLAIN, FROM_ABOVE, MONTHLY]), office.agency, 2026), office.agency, office["reviewer"]
    )
    url = reverse("plans:plan", args=[plan.pk])
    paged = words(client.get(url + "?xem=tat-ca"))
    assert (paged.count('id="dong-'), "Mọi dòng trên một trang để in" in paged) == (2, True)
    whole = words(client.get(url + "?xem=tat-ca&in=1"))
    assert (whole.count('id="dong-'), "Giải pháp" in whole, "Rà soát" in whole) == (3, True, True)
