"""The pages of reports: who sees them, who acts, and what happens when it is too late."""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry, Stream
from reports import services, tasks
from reports.enums import PeriodCode
from reports.models import Compilation, Period, Report
from tests.office import Office, make_plan
from tests.reports.conftest import compiled, open_step, present
from workflow.models import Case

pytestmark = pytest.mark.django_db
LIST = "/bao-cao/"
ROLES = {
    "director": 200, "leader": 200, "chief": 200, "reviewer": 200, "clerk": 200, "viewer": 200,
    "office_officer": 403, "head": 403, "officer": 403, "administrator": 403,
}  # fmt: skip


@pytest.fixture(autouse=True)
def called(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """No worker runs here; what it would have been told is kept."""
    told: list[int] = []
    monkeypatch.setattr(tasks.compile_report, "apply_async", lambda args, **options: told.append(*args))
    return told


def signed_in(office: Office, name: str) -> Client:
    client = Client()
    client.force_login(office[name])
    return client


def page(office: Office, name: str, url: str, status: int = 200) -> str:
    answer = signed_in(office, name).get(url)
    assert answer.status_code == status, (name, url)
    return answer.content.decode()


def address(name: str, *args: object) -> str:
    return reverse(f"reports:{name}", args=args)


@pytest.mark.parametrize(("name", "status"), ROLES.items())
def test_list_is_for_those_who_oversee(office: Office, name: str, status: int) -> None:
    compiled(office)
    text = page(office, name, LIST, status)
    assert ("Tổng hợp báo cáo" in text) == (name in {"chief", "reviewer"})


@pytest.mark.parametrize(
    ("name", "status"), {**ROLES, "head": 404, "officer": 404, "administrator": 404, "office_officer": 403}.items()
)
def test_report_and_files_are_for_those_who_oversee(office: Office, name: str, status: int) -> None:
    version = compiled(office)
    page(office, name, address("report", version.report_id), status)
    client = signed_in(office, name)
    assert client.get(address("download", version.pk, "docx")).status_code == status
    assert client.get(address("progress", version.report_id)).status_code == (403 if status == 404 else status)


def test_other_agency_sees_nothing(office: Office, other_office: Office) -> None:
    version = compiled(office)
    sign = present(office, version)
    for name in ("director", "reviewer"):
        client = signed_in(other_office, name)
        assert office.agency.name not in client.get(LIST).content.decode()
        assert str(version.report) not in client.get(LIST).content.decode()
        for url in (
            address("report", version.report_id), address("progress", version.report_id), address("sign", sign.pk),
            address("download", version.pk, "docx"),
        ):  # fmt: skip
            assert client.get(url).status_code == 404, url
        for verb in ("again", "stop", "period"):
            assert client.post(address(verb, version.report_id)).status_code == 404, verb
        assert (
            client.post(address("sign", sign.pk), {"decision": "approved", "seen": version.digest}).status_code == 404
        )


@pytest.mark.parametrize("reports", [1, 3])
def test_list_costs_the_same_whatever_its_length(
    office: Office, other_office: Office, django_assert_num_queries: DjangoAssertNumQueries, reports: int
) -> None:
    compiled(other_office)
    plan = compiled(office).report.plan
    for code in list(PeriodCode)[: reports - 1]:
        services.request_report(plan, code, office["leader"], office.rights("reviewer"))
    client = signed_in(office, "reviewer")
    with django_assert_num_queries(12):
        text = client.get(LIST).content.decode()
    assert text.count('scope="row"') == reports


def test_asking_makes_a_version_and_calls_a_worker(office: Office, called: list[int]) -> None:
    plan = make_plan(office).plan
    client = signed_in(office, "reviewer")
    assert f'<option value="{office["leader"].pk}" selected>' in client.get(LIST).content.decode()
    answer = client.post(LIST, {"plan": plan.pk, "period": "9-thang", "signer": office["leader"].pk})
    report = Report.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, address("report", report.pk))
    assert called == [report.compilations.get().pk]
    text = client.get(answer["Location"]).content.decode()
    assert "Đang tổng hợp phiên bản 1" in text
    assert 'hx-trigger="every 1s"' in text


def test_second_press_makes_no_second_version(office: Office, called: list[int]) -> None:
    plan = make_plan(office).plan
    client = signed_in(office, "reviewer")
    asked = {"plan": plan.pk, "period": "9-thang", "signer": office["leader"].pk}
    client.post(LIST, asked)
    again = client.post(LIST, asked)
    assert again.status_code == 409
    assert services.BEING_COMPILED in again.content.decode()
    assert (Compilation.objects.count(), len(called)) == (1, 1)


def test_broker_that_is_down_loses_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*args: Any, **options: Any) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(tasks.compile_report, "apply_async", unreachable)
    plan = make_plan(office).plan
    asked = {"plan": plan.pk, "period": "9-thang", "signer": office["leader"].pk}
    answer = signed_in(office, "reviewer").post(LIST, asked, follow=True)
    assert "Máy tổng hợp chưa trả lời nên sẽ chạy chậm hơn thường lệ; không cần yêu cầu lại." in answer.content.decode()
    assert services.unfinished() == [Compilation.objects.get().pk]


@pytest.mark.parametrize(
    "wrong", [{"plan": "0"}, {"plan": ""}, {"period": "quy-5"}, {"signer": "0"}, {"signer": "x" * 40}], ids=str
)
def test_wrong_words_are_refused_with_a_sentence(office: Office, wrong: dict[str, str]) -> None:
    asked = {"plan": make_plan(office).plan.pk, "period": "nam", "signer": office["leader"].pk} | wrong
    answer = signed_in(office, "reviewer").post(LIST, asked)
    assert answer.status_code == 200
    assert 'class="errors' in answer.content.decode()
    assert not Compilation.objects.exists()


def test_plan_of_another_agency_cannot_be_asked_for(office: Office, other_office: Office) -> None:
    asked = {"plan": make_plan(other_office).plan.pk, "period": "nam", "signer": office["leader"].pk}
    signed_in(office, "reviewer").post(LIST, asked)
    assert not Report.objects.exists()


def test_only_the_office_asks_stops_and_changes(office: Office) -> None:
    version = compiled(office)
    for name in ("leader", "clerk", "viewer"):
        client = signed_in(office, name)
        assert client.post(LIST, {}).status_code == 403
        for verb in ("again", "stop", "period"):
            assert client.post(address(verb, version.report_id)).status_code == 403, (name, verb)


def test_progress_says_how_far_and_then_asks_for_the_page(office: Office) -> None:
    version = compiled(office)
    client = signed_in(office, "reviewer")
    url = address("progress", version.report_id)
    assert client.get(url)["HX-Refresh"] == "true"
    second = services.request_report(version.report.plan, PeriodCode.YEAR, office["leader"], office.rights("reviewer"))
    assert "Đã ghi nhận yêu cầu, chờ máy tổng hợp" in client.get(url).content.decode()
    said: list[str] = []
    services.compile_version(second.pk, lambda percent, doing: said.append(client.get(url).content.decode()))
    assert ["40%" in text and "Đang lập văn bản Word" in text for text in said] == [False, True, False, False]


def test_figures_open_their_rows_and_name_the_formula(office: Office) -> None:
    version = compiled(office)
    text = page(office, "viewer", address("report", version.report_id))
    for bucket in ("done", "overdue"):
        assert f'href="#nhom-{bucket}"' in text
        assert f'id="nhom-{bucket}"' in text
    assert "50,00%" in text
    assert "Tỷ lệ = hoàn thành / (hoàn thành + quá hạn chưa hoàn thành)" in text


def test_no_press_is_called_signing(office: Office) -> None:
    version = compiled(office)
    sign = present(office, version)
    texts = (
        page(office, "leader", address("sign", sign.pk)),
        page(office, "leader", address("report", version.report_id)),
    )
    for text in texts:
        for words in re.findall(
            r"<(?:button|legend|h2|label)[^>]*>(.*?)</(?:button|legend|h2|label)>", text, re.DOTALL
        ):
            assert not re.search(r"\bký\b", words, re.IGNORECASE) or "kỳ" in words, words


def test_files_come_with_vietnamese_names_and_are_written_down(office: Office) -> None:
    version = compiled(office, PeriodCode.NINE_MONTHS)
    year = version.report.plan.year
    answer = signed_in(office, "clerk").get(address("download", version.pk, "docx"))
    assert unquote(answer["Content-Disposition"]).endswith(f"Báo cáo 9 tháng năm {year}, phiên bản 1.docx")
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    content = b"".join(answer.streaming_content)
    assert hashlib.sha256(content).digest() == hashlib.sha256(version.docx.read()).digest()
    assert Entry.objects.filter(stream=Stream.ACCESS, verb="report.downloaded", actor=office["clerk"].pk).count() == 1


def test_file_of_another_kind_or_of_an_unfinished_version_does_not_exist(office: Office) -> None:
    version = compiled(office)
    second = services.request_report(version.report.plan, PeriodCode.YEAR, office["leader"], office.rights("reviewer"))
    client = signed_in(office, "reviewer")
    assert client.get(address("download", version.pk, "pdf")).status_code == 404
    assert client.get(address("download", second.pk, "docx")).status_code == 404


def test_office_presents_and_leadership_approves(office: Office) -> None:
    version = compiled(office)
    step = open_step(version)
    text = page(office, "reviewer", address("present", step.pk))
    assert f'name="seen" value="{version.digest}"' in text
    answer = signed_in(office, "reviewer").post(
        address("present", step.pk), {"seen": version.digest, "note": "Đã rà số liệu"}, follow=True
    )
    assert f"Đã trình {office['leader'].full_name} báo cáo năm" in answer.content.decode()
    sign = open_step(version)
    text = page(office, "leader", address("sign", sign.pk))
    assert "Đã rà số liệu" in text
    assert f'name="seen" value="{version.digest}"' in text
    answer = signed_in(office, "leader").post(
        address("sign", sign.pk), {"decision": "approved", "seen": version.digest}, follow=True
    )
    assert "Đã duyệt dự thảo báo cáo năm" in answer.content.decode()
    assert Case.objects.get(pk=version.report_id).finished is not None
    assert "Tổng hợp lại" not in page(office, "reviewer", address("report", version.report_id))


def test_return_needs_a_reason_and_keeps_what_was_typed(office: Office) -> None:
    version = compiled(office)
    sign = present(office, version)
    client = signed_in(office, "leader")
    wrong = client.post(
        address("sign", sign.pk), {"decision": "returned", "seen": version.digest, "note": "Xem mục II"}
    )
    assert wrong.status_code == 200
    assert "Chưa ghi lý do trả lại." in wrong.content.decode()
    assert "Xem mục II" in wrong.content.decode()
    client.post(
        address("sign", sign.pk), {"decision": "returned", "seen": version.digest, "reason": "Nêu rõ nguyên nhân"}
    )
    text = page(office, "reviewer", address("present", open_step(version).pk))
    assert "Nêu rõ nguyên nhân" in text
    assert "Nông Đức Ánh (Phó Giám đốc) đã trả lại" in text


@pytest.mark.parametrize("name", ["director", "reviewer", "viewer", "clerk"])
def test_another_person_is_refused_at_leaderships_step(office: Office, name: str) -> None:
    version = compiled(office)
    sign = present(office, version)
    client = signed_in(office, name)
    assert client.get(address("sign", sign.pk)).status_code == 403
    assert client.post(address("sign", sign.pk), {"decision": "approved", "seen": version.digest}).status_code == 403
    assert open_step(version).pk == sign.pk


def test_leader_is_refused_at_the_offices_step(office: Office) -> None:
    version = compiled(office)
    assert signed_in(office, "leader").get(address("present", open_step(version).pk)).status_code == 403


def test_version_that_was_not_seen_is_said_to_have_changed(office: Office) -> None:
    version = compiled(office)
    sign = present(office, version)
    answer = signed_in(office, "leader").post(
        address("sign", sign.pk), {"decision": "approved", "seen": "0" * 64, "note": "Đồng ý"}
    )
    assert answer.status_code == 409
    assert "Báo cáo đã có phiên bản khác" in answer.content.decode()
    assert "Đồng ý" in answer.content.decode()
    assert open_step(version).pk == sign.pk


def test_late_press_says_who_was_first_and_keeps_what_was_typed(office: Office) -> None:
    version = compiled(office)
    sign = present(office, version)
    services.send_back(sign.pk, office.rights("leader"), seen=version.digest, reason="Thiếu mục III")
    answer = signed_in(office, "leader").post(
        address("sign", sign.pk), {"decision": "approved", "seen": version.digest, "note": "Nội dung tốt"}
    )
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Nông Đức Ánh (Phó Giám đốc) đã trả lại báo cáo năm" in text
    assert "Nội dung tốt" in text
    assert page(office, "leader", address("sign", sign.pk))


def test_step_opened_at_the_wrong_address_goes_to_its_own(office: Office) -> None:
    version = compiled(office)
    step = open_step(version)
    answer = signed_in(office, "reviewer").get(address("sign", step.pk))
    assert (answer.status_code, answer["Location"]) == (302, address("present", step.pk))


def test_compiling_again_may_name_another_leader(office: Office, called: list[int]) -> None:
    version = compiled(office)
    client = signed_in(office, "reviewer")
    client.post(address("again", version.report_id), {"signer": office["director"].pk})
    services.compile_version(called[-1])
    second = Compilation.objects.get(number=2)
    client.post(address("present", open_step(version).pk), {"seen": second.digest})
    assert open_step(version).owner == office["director"]


def test_stopped_version_is_left_out_of_what_is_presented(office: Office, called: list[int]) -> None:
    version = compiled(office)
    client = signed_in(office, "reviewer")
    client.post(address("again", version.report_id), {"signer": office["director"].pk})
    client.post(address("stop", version.report_id))
    services.compile_version(called[-1])
    assert Compilation.objects.get(number=2).digest == ""
    client.post(address("present", open_step(version).pk), {"seen": version.digest})
    assert (open_step(version).stage, open_step(version).owner) == ("sign", office["leader"])


def test_worker_that_finishes_after_the_stop_keeps_nothing(office: Office) -> None:
    version = compiled(office)
    rights = office.rights("reviewer")
    second = services.request_report(version.report.plan, PeriodCode.YEAR, office["leader"], rights)

    def stop_midway(percent: int, doing: str) -> None:
        if percent == 75:
            services.stop(version.report, rights)

    services.compile_version(second.pk, stop_midway)
    second.refresh_from_db()
    assert (second.digest, second.docx.name, second.doing) == ("", "", "Đã dừng")


def test_failing_compilation_says_so_and_rests_before_the_next_try(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = services.request_report(
        make_plan(office).plan, PeriodCode.YEAR, office["leader"], office.rights("reviewer")
    )
    monkeypatch.setattr(services, "docx_of", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.compile_version(asked.pk)
    assert services.FAILED in page(office, "reviewer", address("progress", asked.report_id))
    assert services.unfinished() == []
    monkeypatch.undo()
    with time_machine.travel(asked.at + services.LEASE * 2):
        assert services.unfinished() == [asked.pk]
        services.compile_version(asked.pk)
    asked.refresh_from_db()
    assert (asked.error, asked.percent) == ("", 100)


def test_days_of_the_period_are_changed_while_the_office_has_it(office: Office) -> None:
    version = compiled(office)
    year = version.report.plan.year
    days = {"since": f"15/12/{year - 1}", "until": f"30/11/{year}", "due_on": f"05/12/{year}"}
    client = signed_in(office, "reviewer")
    assert client.post(address("period", version.report_id), days).status_code == 302
    period = Period.objects.get()
    assert (period.until, period.due_on) == (date(year, 11, 30), date(year, 12, 5))
    case = Case.objects.get(pk=version.report_id)
    assert (case.due_on, case.original_due_on) == (date(year, 12, 5), date(year, 12, 19))
    assert "Ngày của kỳ báo cáo đã sửa" in page(office, "reviewer", address("present", open_step(version).pk))
    present(office, version)
    refused = client.post(address("period", version.report_id), days)
    assert refused.status_code == 409
    assert services.WITH_LEADERSHIP in refused.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"until": "31/02/2024"}, {"until": "01/01/2000"}, {"due_on": "01/01/2001"}, {"since": ""}], ids=str
)
def test_wrong_days_are_refused_and_kept_as_typed(office: Office, wrong: dict[str, str]) -> None:
    version = compiled(office)
    year = version.report.plan.year
    days = {"since": f"15/12/{year - 1}", "until": f"30/11/{year}", "due_on": f"05/12/{year}"} | wrong
    answer = signed_in(office, "reviewer").post(address("period", version.report_id), days)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'class="errors' in text
    assert all(f'value="{day}"' in text for day in days.values() if day)
    assert Period.objects.get().until == date(year, 12, 14)


def test_person_who_presented_does_not_approve(office: Office) -> None:
    from organization.enums import Role
    from organization.models import Post
    from workflow.errors import Refused

    Post.objects.create(agency=office.agency, user=office["leader"], unit=office.office, role=Role.REVIEWER, title="", since=date(2020, 1, 1))  # fmt: skip
    version = compiled(office)
    with pytest.raises(Refused, match="đã tham gia lập báo cáo"):
        services.present(open_step(version).pk, office.rights("leader"), seen=version.digest)
    assert open_step(version).stage == "present"


def test_leader_who_left_is_not_presented_to(office: Office) -> None:
    from organization.models import Post
    from workflow.errors import Refused

    version = compiled(office)
    yesterday = office.rights("leader").on - timedelta(days=1)
    Post.objects.filter(user=office["leader"]).update(until=yesterday)
    with pytest.raises(Refused):
        services.present(open_step(version).pk, office.rights("reviewer"), seen=version.digest)
