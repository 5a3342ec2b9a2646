"""From the figures to the approval."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils.timezone import localdate
from docx import Document
from openpyxl import load_workbook

from audit.inspector import read_heads
from audit.models import Entry
from notifications import registry
from notifications.models import Notice
from organization.models import Delegation
from reports import services
from reports.enums import Bucket, PeriodCode
from reports.figures import Work, bucket_of, row_bucket
from reports.models import Report
from reports.snapshots import freeze, rows_of
from tests.office import Office, make_assignment, make_plan, walk
from tests.reports.conftest import compiled, present
from workflow.errors import ChangedUnder, Refused
from workflow.models import Step
from workflow.notices import page_of

pytestmark = pytest.mark.django_db


def test_rows_are_counted_not_assignments(office: Office) -> None:
    version = make_plan(office)
    walk(office, make_assignment(office, version=version), "end")
    make_assignment(office, version=version, due=localdate() - timedelta(days=1))
    walk(office, make_assignment(office, version=version), "review")
    make_assignment(office, version=version, undated=True)
    buckets = [row["bucket"] for row in freeze(version.plan, localdate(), localdate())]
    assert sorted(buckets) == ["done", "overdue", "undated", "waiting"]


def test_work_done_after_the_cut_off_belongs_to_the_next_report(office: Office) -> None:
    version, today = make_plan(office), localdate()
    walk(office, make_assignment(office, version=version, due=today - timedelta(days=5)), "end")
    (row,) = freeze(version.plan, today - timedelta(days=2), today)
    assert row["bucket"] == Bucket.OVERDUE
    (row,) = freeze(version.plan, today, today)
    assert row["bucket"] == Bucket.DONE_LATE


def test_report_is_compiled_presented_returned_and_approved(office: Office) -> None:
    first = compiled(office)
    sign = present(office, first)
    assert (sign.stage, sign.owner_id) == ("sign", office["leader"].pk)
    services.send_back(sign.pk, office.rights("leader"), seen=first.digest, reason="Nêu rõ nguyên nhân")
    assert Notice.objects.filter(kind="report.returned", to=office["reviewer"]).exists()
    second = services.request_report(first.report.plan, PeriodCode.YEAR, office["leader"], office.rights("reviewer"))
    services.compile_version(second.pk)
    second.refresh_from_db()
    sign = present(office, second)
    services.approve(sign.pk, office.rights("leader"), seen=second.digest)
    with pytest.raises(Refused):
        services.request_report(first.report.plan, PeriodCode.YEAR, office["leader"], office.rights("reviewer"))
    assert (Report.objects.count(), second.number) == (1, 2)


def test_version_that_was_not_seen_is_not_approved(office: Office) -> None:
    first = compiled(office)
    sign = present(office, first)
    with pytest.raises(ChangedUnder):
        services.approve(sign.pk, office.rights("leader"), seen="0" * 64)


def test_report_with_leadership_is_not_compiled_again(office: Office) -> None:
    first = compiled(office)
    present(office, first)
    with pytest.raises(Refused):
        services.request_report(first.report.plan, PeriodCode.YEAR, office["leader"], office.rights("reviewer"))


def test_only_the_office_asks_for_a_report(office: Office) -> None:
    with pytest.raises(PermissionDenied):
        services.request_report(make_plan(office).plan, PeriodCode.YEAR, office["leader"], office.rights("head"))


def test_report_waits_in_the_inbox_beside_the_work(office: Office) -> None:
    sign = present(office, compiled(office))
    assert Step.objects.inbox(office.rights("leader")).filter(pk=sign.pk).exists()
    assert not Step.objects.inbox(office.rights("director")).filter(pk=sign.pk).exists()


def test_worker_killed_while_compiling_is_followed_by_another(office: Office) -> None:
    version = make_plan(office)
    asked = services.request_report(version.plan, PeriodCode.YEAR, office["director"], office.rights("reviewer"))
    assert services._lease(asked.pk) is not None
    assert services.unfinished() == []
    assert services.compile_version(asked.pk) is None
    with time_machine.travel(asked.at + services.LEASE * 2):
        assert services.unfinished() == [asked.pk]
        assert services.compile_version(asked.pk) is not None
    assert services.unfinished() == []


def test_letter_has_the_format_of_the_decree(office: Office) -> None:
    compilation = compiled(office)
    letter = Document(BytesIO(compilation.docx.read()))
    kept = read_heads(letter.core_properties.keywords)[compilation.agency_id, "work"]
    assert (
        kept.items()
        <= dict(
            Entry.objects.filter(agency=compilation.agency_id, stream="work").values_list("sequence", "hash")
        ).items()
    )
    page = letter.sections[0]
    assert [round(length.mm) for length in (page.page_width, page.page_height, page.top_margin, page.left_margin, page.right_margin)] == [
        210, 297, 20, 30, 20,
    ]  # fmt: skip
    assert letter.styles["Normal"].font.name == "Times New Roman"
    assert page.different_first_page_header_footer
    head = letter.tables[0]
    assert head.cell(0, 1).text.startswith("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc")
    assert "/BC-SKHĐT" in head.cell(1, 0).text
    text = "\n".join(paragraph.text for paragraph in letter.paragraphs)
    assert (
        "Tổng số 02 nhiệm vụ, trong đó: hoàn thành đúng hạn 01 nhiệm vụ; quá hạn chưa hoàn thành 01 nhiệm vụ." in text
    )
    assert "đạt 50,00%" in text
    assert "KT. GIÁM ĐỐC" in letter.tables[-2].cell(0, 1).text
    assert letter.sections[1].orientation == 1


def test_workbook_has_live_totals(office: Office) -> None:
    compilation = compiled(office)
    book = load_workbook(BytesIO(compilation.xlsx.read()))
    assert book.sheetnames == ["Theo lĩnh vực", "Theo đơn vị", "Từng nhiệm vụ"]
    assert book["Theo lĩnh vực"]["I5"].value == "=SUM(I4:I4)"
    assert book["Từng nhiệm vụ"].max_row == 3


def test_snapshot_does_not_follow_later_edits(office: Office) -> None:
    compilation = compiled(office)
    before = rows_of(compilation.snapshot)
    work = compilation.report.plan.measures.order_by("pk").first().assignments.get()
    walk(office, work, "end")
    compilation.snapshot.refresh_from_db()
    assert rows_of(compilation.snapshot) == before


def test_period_of_a_plan_has_the_usual_days(office: Office) -> None:
    from reports.periods import period_of

    plan = make_plan(office, 2024).plan
    period = period_of(plan, PeriodCode.HALF_YEAR)
    assert (period.since, period.until, period.due_on) == (date(2023, 12, 15), date(2024, 6, 14), date(2024, 6, 19))


def test_period_of_a_plan_has_the_agencys_cut_off_days(office: Office) -> None:
    from organization.models import AgencySettings
    from reports.periods import period_of

    AgencySettings.objects.filter(agency=office.agency).update(cut_offs=["06-10", "09-10", "12-10"])
    period = period_of(make_plan(office, 2024).plan, PeriodCode.NINE_MONTHS)
    assert (period.since, period.until, period.due_on) == (date(2023, 12, 11), date(2024, 9, 10), date(2024, 9, 15))


def test_notices_of_a_report_read_as_sentences_and_lapse(office: Office) -> None:
    first = compiled(office)
    sign = present(office, first)
    arrived = Notice.objects.get(kind="report.arrived", to=office["leader"])
    assert registry.still_true([arrived]) == {arrived.pk}
    services.send_back(sign.pk, office.rights("leader"), seen=first.digest, reason="Nêu rõ nguyên nhân")
    returned = Notice.objects.get(kind="report.returned", to=office["reviewer"])
    assert registry.still_true([arrived, returned]) == {returned.pk}
    spoken, said = first.report.period.spoken, registry.say([arrived, returned])
    assert said[arrived.pk].title == f"Báo cáo {spoken} chờ duyệt dự thảo"
    assert said[returned.pk] == (
        f"Báo cáo {spoken} bị trả lại",
        f"Nông Đức Ánh (Phó Giám đốc) đã trả lại báo cáo {spoken}. Lý do: “Nêu rõ nguyên nhân”",
        f"/bao-cao/{first.report_id}/",
    )
    present(office, first)
    assert registry.still_true([returned]) == set()


def test_reminder_of_a_report_leads_to_its_page(office: Office) -> None:
    case = compiled(office).report.case
    assert page_of(case) == f"/bao-cao/{case.pk}/"


DUE = date(2024, 9, 10)


@pytest.mark.parametrize(
    ("work", "bucket"),
    [
        ({"finished": True, "submitted_on": DUE}, Bucket.DONE),
        ({"finished": True, "submitted_on": DUE + timedelta(days=1)}, Bucket.DONE_LATE),
        ({"finished": True, "submitted_on": date(2024, 9, 15)}, Bucket.OVERDUE),
        ({"finished": True, "submitted_on": date(2024, 9, 14), "due_on": date(2024, 9, 14)}, Bucket.DONE),
        ({"waiting": True, "submitted_on": date(2024, 9, 13)}, Bucket.WAITING),
        ({"submitted_on": date(2024, 9, 9)}, Bucket.OVERDUE),
        ({"due_on": date(2024, 9, 14)}, Bucket.OVERDUE),
        ({"due_on": date(2024, 9, 15)}, Bucket.IN_TIME),
        ({"due_on": None, "schedule": "ongoing"}, Bucket.ONGOING),
        ({"due_on": None, "schedule": "undated"}, Bucket.UNDATED),
    ],
)
def test_bucket_at_the_cut_off(work: dict[str, Any], bucket: Bucket) -> None:
    """The cut-off is 14/9, and that day is over."""
    facts = {"unit": "", "period": "", "schedule": "dated", "due_on": DUE, "original_due_on": DUE, "submitted_on": None,
             "finished": False, "waiting": False}  # fmt: skip
    assert bucket_of(Work(**facts | work), date(2024, 9, 14), date(2024, 9, 16)) == bucket


def test_last_day_is_not_late_while_it_lasts() -> None:
    today = date(2024, 9, 14)
    work = Work("", "", "dated", today, today, None, finished=False, waiting=False)
    assert bucket_of(work, today, today) == Bucket.IN_TIME


def test_row_is_complete_when_all_that_is_due_is() -> None:
    def work(due: int, submitted: int | None) -> Work:
        day = date(2024, 9, submitted) if submitted else None
        return Work(
            "", "", "dated", date(2024, 9, due), date(2024, 9, due), day, finished=day is not None, waiting=False
        )

    cut_off, today = date(2024, 9, 14), date(2024, 9, 16)
    assert row_bucket([work(1, 1), work(2, 2), work(30, None)], cut_off, today) == Bucket.DONE
    assert row_bucket([work(1, 1), work(2, 3), work(30, None)], cut_off, today) == Bucket.DONE_LATE
    assert row_bucket([work(1, 1), work(2, None)], cut_off, today) == Bucket.OVERDUE
    assert row_bucket([work(30, None)], cut_off, today) == Bucket.IN_TIME
    assert row_bucket([], cut_off, today) == Bucket.UNDATED
    assert row_bucket([], cut_off, today, dropped=True) == Bucket.DROPPED


@pytest.mark.parametrize(
    ("substitute", "block"),
    [
        ("other_leader", ["KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "Chu Đức Ế"]),
        ("other_head", ["TUQ. GIÁM ĐỐC", "TRƯỞNG ĐƠN VỊ", "Nguyễn Văn Ánh"]),
    ],
)
def test_substitute_approves_in_the_leaders_name_and_both_names_stand(
    client: Client, office: Office, substitute: str, block: list[str]
) -> None:
    """On the page, in the notice, in the letter: who signs it, and for whom."""
    Delegation.objects.create(agency=office.agency, principal=office["leader"], substitute=office[substitute], roles=["leader"],
                              legal_basis="15/UQ", since=localdate(), until=localdate() + timedelta(days=3))  # fmt: skip
    version = compiled(office)
    with version.docx.open("rb") as file:
        letter = Document(file)
    signed = [
        paragraph.text for table in letter.tables for cell in table.rows[-1].cells for paragraph in cell.paragraphs
    ]
    name = office[substitute].full_name
    assert [line for line in signed if line in {*block, "Nông Đức Ánh"}] == block
    assert letter.core_properties.comments.endswith(f"{name} ký thay Nông Đức Ánh theo 15/UQ")
    sign = present(office, version)
    services.approve(sign.pk, office.rights(substitute), seen=version.digest)
    sign.refresh_from_db()
    assert (sign.acted_by, sign.on_behalf_of) == (office[substitute], office["leader"])
    told = Notice.objects.get(kind="report.approved", to=office["reviewer"])
    place = "Phó Giám đốc" if substitute == "other_leader" else "Phòng Kinh tế ngành"
    both = f"{name} ({place}) thay Nông Đức Ánh (Phó Giám đốc)"
    assert registry.say([told])[told.pk].text.startswith(f"{both} đã duyệt dự thảo")
    client.force_login(office["reviewer"])
    page = client.get(f"/bao-cao/{version.report_id}/").content.decode()
    assert both in page
