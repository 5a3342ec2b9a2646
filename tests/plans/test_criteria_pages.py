"""Pages of criteria: who may, what is shown, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from plans.criteria import services
from plans.criteria.models import CriteriaSet, Criterion, CriterionLink, Level
from plans.criteria.rules import Absent, Kind
from tests.office import Office, make_measure, make_plan
from tests.plans.files import SAMPLES, excel

SAMPLE = SAMPLES / "bo-tieu-chi-par-index-mau.xlsx"
READERS = ("reviewer", "chief", "director", "viewer", "head", "officer", "clerk")
ROWS: tuple[tuple[object, ...], ...] = (
    ("3", "Cải cách thủ tục", 60, ""), ("3.3", "Một cửa", 60, ""), ("3.3.3", "Tỷ lệ số hóa hồ sơ", 40, "Theo tỷ lệ hoàn thành"),
    ("3.3.4", "Xin lỗi", 20, "Đạt/không đạt"), ("4", "Bộ máy", 40, ""), ("4.1", "Kiện toàn", 40, "Có: 40; chậm: 20; không: 0"),
)  # fmt: skip


def make_set(
    office: Office, name: str = "Bộ tiêu chí năm 2024", *, year: int = 2024, kept: bool = True, level: Level = Level.PROVINCE,
    rows: tuple[tuple[object, ...], ...] = ROWS,
) -> CriteriaSet:  # fmt: skip
    read = services.read_criteria(excel([("Mã", "Tiêu chí", "Điểm tối đa", "Cách chấm"), *rows]))
    agency_id, by_id = office.agency.pk, office["reviewer"].pk
    found = services.put_aside(read, agency_id=agency_id, by_id=by_id, filename=f"{name}.xlsx", sha256=f"{name:0<64}"[:64],
                               year=year, level=level, name=name)  # fmt: skip
    return (
        services.keep_set(found.pk, services.Title(name, level, year), agency_id=agency_id, by_id=by_id)
        if kept
        else found
    )


def criterion_of(found: CriteriaSet, code: str) -> Criterion:
    return Criterion.objects.get(criteria_set=found, code=code)


def html(response: Any) -> str:
    return str(response.content.decode())


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def went_to(response: Any) -> str:
    return str(response.url)


@pytest.fixture
def reviewer(client: Client, office: Office) -> Client:
    client.force_login(office["reviewer"])
    return client


def test_sample_is_uploaded_looked_over_and_kept(reviewer: Client, office: Office) -> None:
    file = SimpleUploadedFile("mau.xlsx", SAMPLE.read_bytes())
    answer: Any = reviewer.post(reverse("plans:criteria_upload"), {"file": file})
    found = CriteriaSet.objects.get()
    assert answer.url == reverse("plans:criteria_set", args=[found.pk])
    page = html(reviewer.get(answer.url))
    assert "Xem lại trước khi lưu bộ tiêu chí" in page
    assert "100,00" in page
    address = reverse("plans:keep_criteria", args=[found.pk])
    assert "Chưa ghi tên bộ tiêu chí." in html(
        reviewer.post(address, {"name": "", "level": "province", "year": "2024"})
    )
    answer = reviewer.post(address, {"name": "Bộ của tỉnh", "level": "province", "year": "2024"})
    assert said(answer) == ["Đã lưu bộ tiêu chí, phiên bản 1 của năm 2024."]
    page = html(reviewer.get(answer.url))
    assert "Bộ tiêu chí mẫu – chưa đối chiếu với văn bản gốc" in page
    assert "Nhóm A" in page
    assert Entry.objects.filter(verb="criteria.kept").count() == 1
    assert went_to(reviewer.post(address, {"name": "Bộ", "level": "province", "year": "2024"})) == answer.url


def test_errors_by_row_and_totals_that_disagree_are_shown(reviewer: Client, office: Office) -> None:
    rows = (("1", "Chỉ đạo", 10, ""), ("1.1", "Kế hoạch", 4, ""), ("1.2", "Điểm chữ", "nhiều", ""))
    found = make_set(office, kept=False, rows=rows)
    page = html(reviewer.get(reverse("plans:criteria_set", args=[found.pk])))
    assert "Dòng 2: 1 ghi 10,00 điểm nhưng các mục trong đó cộng lại 4,00 điểm." in page
    assert "Dòng 4: điểm “nhiều” không phải số từ 0 đến 999,99 nên dòng này không lấy." in page
    assert "Các lĩnh vực cộng lại 10,00 điểm, không phải 100,00." in page
    assert said(reviewer.post(reverse("plans:discard_criteria", args=[found.pk]))) == [
        "Đã hủy bỏ. Không có gì được lưu."
    ]
    assert not CriteriaSet.objects.exists()


def test_refused_files_say_why_in_the_form(reviewer: Client, office: Office) -> None:
    address = reverse("plans:criteria_upload")
    assert "“a.pdf”: Tệp không phải" in html(reviewer.post(address, {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7")}))
    assert "Chưa chọn tệp." in html(reviewer.post(address))
    kept, twin = make_set(office), make_set(office, kept=False)
    answer = reviewer.post(
        reverse("plans:keep_criteria", args=[twin.pk]), {"name": "Khác", "level": "province", "year": "2024"}
    )
    assert answer.status_code == 409
    assert "Tệp này đã được nhập lúc" in html(answer)
    assert "không xóa được" in said(reviewer.post(reverse("plans:discard_criteria", args=[kept.pk])))[0]


def test_measures_of_the_year_are_tied_by_code(reviewer: Client, office: Office, other_office: Office) -> None:
    for here in (office, other_office):
        make_measure(here, make_plan(here, 2024), lead=here.division, task=f"Số hóa của {here.agency.code}")
    make_measure(office, make_plan(office, 2023), lead=office.division, task="Năm trước")
    found = make_set(office)
    page = html(reviewer.get(reverse("plans:criteria_set", args=[found.pk])))
    assert "Kế hoạch ghi 1,50 điểm, khác bộ tiêu chí." in page
    page = html(reviewer.get(reverse("plans:criterion", args=[criterion_of(found, "3.3.3").pk])))
    assert "Số hóa của SKHĐT" in page
    assert "Số hóa của SNV" not in page
    assert "Năm trước" not in page
    other = make_set(office, "Bộ không có mã", rows=(("1", "Khác", 100, ""),))
    assert "Kế hoạch ghi mã không có trong bộ này: 3.3.3." in html(
        reviewer.get(reverse("plans:criteria_set", args=[other.pk]))
    )


def test_settings_name_plans_bands_and_retire(reviewer: Client, office: Office) -> None:
    version = make_plan(office, 2023)
    make_measure(office, version, lead=office.division, task="Năm trước")
    found = make_set(office)
    address = reverse("plans:criteria_settings", args=[found.pk])
    body = {
        "name": "Bộ mới",
        "legal_ref": "876/QĐ-BNV",
        "checked": "on",
        "bands": "A | 91,5",
        "plans": [str(version.plan_id)],
    }
    assert "Dòng 1: chưa đúng dạng" in html(reviewer.post(address, body | {"bands": "A"}))
    assert went_to(reviewer.post(address, body)) == reverse("plans:criteria_set", args=[found.pk])
    page = html(reviewer.get(reverse("plans:criteria_set", args=[found.pk])))
    assert "chưa đối chiếu" not in page
    assert "91,50%" in page
    assert "Năm trước" in html(reviewer.get(reverse("plans:criterion", args=[criterion_of(found, "3.3.3").pk])))
    reviewer.post(address, body | {"retired": "on"})
    assert not CriteriaSet.objects.live().exists()
    assert "91,5" in html(reviewer.get(address))


def test_rule_is_corrected_as_data(reviewer: Client, office: Office) -> None:
    criterion = criterion_of(make_set(office), "4.1")
    assert criterion.scored_by.kind is Kind.STEPS
    address = reverse("plans:criterion_rule", args=[criterion.pk])
    wrong = {"kind": "steps", "steps": "Có | 41", "absent": "drop"}
    assert "điểm phải từ 0 đến 40,00" in html(reviewer.post(address, wrong))
    reviewer.post(
        address, {"kind": "ratio", "steps": "", "floor": "70,5", "full": "", "absent": "full", "evidence": "Báo cáo"}
    )
    criterion.refresh_from_db()
    rule = criterion.scored_by
    assert (rule.kind, str(rule.floor), rule.absent, criterion.evidence) == (Kind.RATIO, "70.5", Absent.FULL, "Báo cáo")
    assert "dưới 70,5%: 0" in html(reviewer.get(reverse("plans:criterion", args=[criterion.pk])))


def test_versions_are_mapped_after_a_proposal(reviewer: Client, office: Office) -> None:
    older = make_set(office, "Bộ cũ", year=2023)
    found = make_set(
        office, rows=(("1", "Tất cả", 100, ""), ("1.1", "Tỷ lệ số hóa hồ sơ", 50, ""), ("1.2", "Hoàn toàn mới", 50, ""))
    )
    first, second = criterion_of(found, "1.1"), criterion_of(found, "1.2")
    address = reverse("plans:criteria_mapping", args=[found.pk])
    page = html(reviewer.get(address))
    assert 'value="3.3.3"' in page
    assert "01 mã dưới đây được đề xuất" in page
    address = f"{address}?voi={older.pk}"
    answer = reviewer.post(address, {f"ma-{first.pk}": "3.3.3, 9.9", f"ma-{second.pk}": ""})
    assert "1.1: bộ cũ không có mã “9.9”." in html(answer)
    reviewer.post(address, {f"ma-{first.pk}": "3.3.3; 3.3.4", f"ma-{second.pk}": ""})
    assert list(CriterionLink.objects.order_by("old__code").values_list("new__code", "old__code")) == [
        ("1.1", "3.3.3"),
        ("1.1", "3.3.4"),
    ]
    assert 'value="3.3.3, 3.3.4"' in html(reviewer.get(address))
    assert "Bộ cũ (2023)" in html(reviewer.get(reverse("plans:criterion", args=[first.pk])))
    assert reviewer.get(f"{reverse('plans:criteria_mapping', args=[found.pk])}?voi=abc").status_code == 404


@pytest.mark.parametrize("who", [*READERS, "administrator"])
def test_who_may_read_and_who_may_write(client: Client, office: Office, who: str) -> None:
    found = make_set(office)
    criterion = criterion_of(found, "4.1")
    client.force_login(office[who])
    expected = 403 if who == "administrator" else 200
    for name, key in (("criteria_set", found.pk), ("criterion", criterion.pk)):
        assert client.get(reverse(f"plans:{name}", args=[key])).status_code == expected
    assert client.get(reverse("plans:criteria")).status_code == expected
    if who in {"reviewer", "chief"}:
        return
    for name, key in (("keep_criteria", found.pk), ("discard_criteria", found.pk), ("criteria_settings", found.pk),
                      ("criteria_mapping", found.pk), ("criterion_rule", criterion.pk)):  # fmt: skip
        assert client.post(reverse(f"plans:{name}", args=[key])).status_code == 403
    assert client.get(reverse("plans:criteria_upload")).status_code == 403


def test_other_agency_and_unkept_files_are_not_found(client: Client, office: Office, other_office: Office) -> None:
    foreign, waiting = make_set(other_office), make_set(office, "Đang xem", kept=False)
    strange = criterion_of(foreign, "4.1")
    client.force_login(office["reviewer"])
    for name, key in (("criteria_set", foreign.pk), ("criteria_settings", foreign.pk), ("criteria_mapping", foreign.pk),
                      ("criterion", strange.pk), ("criterion_rule", strange.pk), ("criteria_settings", waiting.pk),
                      ("criterion", criterion_of(waiting, "4.1").pk)):  # fmt: skip
        assert client.get(reverse(f"plans:{name}", args=[key])).status_code == 404
    for name in ("keep_criteria", "discard_criteria"):
        assert client.post(reverse(f"plans:{name}", args=[foreign.pk])).status_code == 404
    mine = make_set(office)
    assert client.get(f"{reverse('plans:criteria_mapping', args=[mine.pk])}?voi={foreign.pk}").status_code == 404
    client.force_login(office["director"])
    assert client.get(reverse("plans:criteria_set", args=[waiting.pk])).status_code == 404
    assert "Đang xem" not in html(client.get(reverse("plans:criteria")))


@pytest.mark.parametrize("number", [1, 3])
def test_pages_cost_the_same_with_one_and_three(client: Client, office: Office, other_office: Office, number: int,
                                                django_assert_num_queries: Callable[[int], Any]) -> None:  # fmt: skip
    make_set(other_office)
    sets = [make_set(office, f"Bộ số {place}") for place in range(number)]
    version = make_plan(office, 2024)
    for _ in range(number):
        make_measure(office, version, lead=office.division)
    client.force_login(office["reviewer"])
    with django_assert_num_queries(9):
        page = html(client.get(reverse("plans:criteria")))
    assert page.count("Bộ số 0") == 1
    with django_assert_num_queries(12):
        client.get(reverse("plans:criteria_set", args=[sets[0].pk]))
    criterion = criterion_of(sets[0], "3.3.3")
    with django_assert_num_queries(13):
        client.get(reverse("plans:criterion", args=[criterion.pk]))
