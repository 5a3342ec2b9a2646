"""Phiếu trình tổng hợp: Văn phòng gathers accepted work for one leader, who approves all and leaves exceptions."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils.timezone import localdate, now
from docx import Document
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say, still_true
from organization.models import Delegation
from tests.office import START, Office, last_digest, make_assignment, open_step, walk
from tests.threads import race
from workflow import engine, services
from workflow.errors import Refused
from workflow.models import Assignment, Case, Sighting, Slip, SlipItem, Suspension
from workflow.slips import verbs
from workflow.slips.reading import waiting

pytestmark = pytest.mark.django_db
ALL = "/phieu-trinh/"


def accepted(office: Office, number: int = 1) -> list[Assignment]:
    made = [make_assignment(office, task=f"Việc đã rà soát {n}") for n in range(number)]
    for one in made:
        walk(office, one, "approve")
    return made


def made(office: Office, *assignments: Assignment, note: str = "") -> Slip:
    steps = [open_step(one).pk for one in assignments]
    return verbs.make(office["leader"].pk, steps, office.rights("reviewer"), note=note)


def shown(*assignments: Assignment) -> dict[int, str]:
    return {open_step(one).pk: last_digest(one) for one in assignments}


def client_of(office: Office, name: str) -> Client:
    client = Client()
    client.force_login(office[name])
    return client


def words(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return unescape(response.content.decode())


def at(slip: Slip) -> str:
    return f"{ALL}{slip.pk}/"


def test_office_makes_a_slip_from_the_page(office: Office) -> None:
    one, other = accepted(office, 2)
    client = client_of(office, "reviewer")
    assert "02 nhiệm vụ đã rà soát" in words(client.get(ALL))
    address = f"{ALL}lap/{office['leader'].pk}/"
    page = words(client.get(address))
    assert re.findall(r'name="viec" value="(\d+)"[^>]*checked', page) == [
        str(open_step(each).pk) for each in (one, other)
    ]
    assert "Sản phẩm:" in page
    answer = client.post(address, {"viec": open_step(one).pk, "note": "Đủ điều kiện trình."})
    slip = Slip.objects.get()
    assert answer.url == at(slip)
    assert (slip.number, slip.dated, slip.by, slip.leader) == (1, localdate(), office["reviewer"], office["leader"])
    assert [(item.step_id, item.digest) for item in slip.items.all()] == [(open_step(one).pk, last_digest(one))]
    assert Entry.objects.filter(verb="slip.made", subject=slip.subject).count() == 1
    notice = Notice.objects.get(kind="slip.arrived")
    assert notice.to == office["leader"]
    said = say([notice])[notice.pk]
    assert said.title == f"Phiếu trình số {slip.name} chờ phê duyệt"
    assert "01 nhiệm vụ" in said.text
    assert still_true([notice]) == {notice.pk}
    assert "01 nhiệm vụ đã rà soát" in words(client.get(ALL))


def test_numbers_follow_each_other_within_the_agency_and_year(office: Office, other_office: Office) -> None:
    one, other = accepted(office, 2)
    assert [made(office, one).number, made(office, other).number] == [1, 2]
    (theirs,) = accepted(other_office)
    assert made(other_office, theirs).number == 1


def test_what_is_not_accepted_is_not_offered(office: Office) -> None:
    """Văn phòng's own work went past review; a pause stands still; another leader's step is another leader's."""
    own = make_assignment(office, lead=office.office)
    walk(office, own, "approve", officer="office_officer", head="chief")
    waits = make_assignment(office)
    walk(office, waits, "review")
    paused, there = accepted(office, 2)
    Suspension.objects.create(case=paused.case, agency=office.agency, since=localdate(), reason="Chờ", by=office["leader"], at=now())  # fmt: skip
    assert list(waiting(office.agency.pk)) == [open_step(there)]
    for one in (own, waits, paused):
        with pytest.raises(Refused, match="Xem lại danh sách"):
            made(office, one)
    with pytest.raises(Refused, match="Xem lại danh sách"):
        verbs.make(office["other_leader"].pk, [open_step(there).pk], office.rights("reviewer"))
    with pytest.raises(Refused, match="Chưa chọn"):
        made(office)
    assert not Slip.objects.exists()


def test_a_row_is_on_one_open_slip_at_a_time(office: Office) -> None:
    (one,) = accepted(office)
    slip = made(office, one)
    with pytest.raises(Refused, match="vào phiếu khác"):
        made(office, one)
    with pytest.raises(IntegrityError, match="step_on_one_open_slip"), transaction.atomic():
        SlipItem.objects.create(slip=slip, step=open_step(one), position=9, digest="x")
    verbs.withdraw(slip.pk, office.rights("chief"))
    assert made(office, one).number == 2


@pytest.mark.parametrize("name", ["leader", "head", "officer", "clerk", "viewer", "administrator"])
def test_only_the_office_makes_and_withdraws(office: Office, name: str) -> None:
    one, other = accepted(office, 2)
    slip = made(office, one)
    client = client_of(office, name)
    assert client.get(f"{ALL}lap/{office['leader'].pk}/").status_code == 403
    assert client.post(f"{ALL}lap/{office['leader'].pk}/", {"viec": open_step(other).pk}).status_code == 403
    assert client.post(f"{at(slip)}rut/").status_code == 403
    with pytest.raises(PermissionDenied):
        verbs.make(office["leader"].pk, [open_step(other).pk], office.rights(name))
    assert Slip.objects.get().closed_at is None


@pytest.mark.parametrize("name", ["head", "officer", "administrator"])
def test_units_see_no_slip(office: Office, name: str) -> None:
    slip = made(office, *accepted(office))
    client = client_of(office, name)
    for address in (ALL, at(slip), f"{at(slip)}tep/"):
        assert client.get(address).status_code == 403


def test_another_agency_finds_nothing(office: Office, other_office: Office) -> None:
    (one,) = accepted(office)
    slip = made(office, one)
    for name in ("leader", "reviewer"):
        client = client_of(other_office, name)
        assert client.get(at(slip)).status_code == 404
        assert client.get(f"{at(slip)}tep/").status_code == 404
        assert client.post(at(slip), {"muc": f"{open_step(one).pk}:{last_digest(one)}"}).status_code == 404
        assert client.post(f"{at(slip)}rut/").status_code == 404
        assert client.get(f"{ALL}lap/{office['leader'].pk}/").status_code == 404
        assert one.case.code not in words(client.get(ALL))
    with pytest.raises(Slip.DoesNotExist):
        verbs.decide(slip.pk, shown(one), {}, other_office.rights("leader"))


def test_leader_finds_everything_ticked_and_leaves_one(office: Office) -> None:
    one, other = accepted(office, 2)
    slip = made(office, one, other, note="Đủ điều kiện.")
    client = client_of(office, "leader")
    assert f"Phiếu trình số {slip.name}" in words(client.get("/viec/"))
    page = words(client.get(at(slip)))
    assert len(re.findall(r'name="muc" value="\d+:[0-9a-f]{64}"[^>]*checked', page)) == 2
    assert "Đã xong" in page
    step = open_step(other)
    answer = client.post(
        at(slip), {"muc": f"{open_step(one).pk}:{last_digest(one)}", f"de-lai-{step.pk}": "Chờ số liệu quý IV."}
    )
    assert answer.url == at(slip)
    approved = one.case.task_set.get(outcome="approved")
    assert (approved.slip, approved.acted_by) == (slip, office["leader"])
    assert Case.objects.get(pk=one.pk).status == Case.DONE
    assert open_step(other).pk == step.pk
    page = words(client.get(at(slip)))
    assert "01 được phê duyệt, 01 để lại" in page
    assert "Chờ số liệu quý IV." in page
    line = Entry.objects.get(verb="approve.approved", subject=one.case.subject)
    assert f'"slip":"{slip.name}"' in line.text
    told = Notice.objects.filter(kind="case.approved", subject=one.case.subject)
    assert {say([each])[each.pk].text.endswith(f"theo phiếu trình số {slip.name}.") for each in told} == {True}
    decided = Notice.objects.get(kind="slip.decided")
    assert decided.to == office["reviewer"]
    assert "01 được phê duyệt, 01 để lại" in say([decided])[decided.pk].text


def test_what_was_left_says_so_and_may_go_on_another_slip(office: Office) -> None:
    (one,) = accepted(office)
    slip = made(office, one)
    step = open_step(one)
    verbs.decide(slip.pk, {}, {step.pk: "Xem thêm"}, office.rights("leader"))
    client = client_of(office, "leader")
    page = words(client.get(f"/buoc/{step.pk}/phe-duyet/"))
    assert "đã để lại khi quyết định" in page
    assert "Xem thêm" in page
    for address in (f"/nhiem-vu/{one.pk}/", f"/nhiem-vu/{one.pk}/qua-trinh/"):
        page = words(client_of(office, "officer").get(address))
        assert f"để lại khi quyết định phiếu trình số {slip.name}" in page
        assert f"đưa vào phiếu trình số {slip.name}" in page
    assert made(office, one).number == 2
    services.approve(step.pk, office.rights("leader"), seen=last_digest(one))
    assert "Xử lý riêng" in words(client.get(f"{ALL}{Slip.objects.get(number=2).pk}/"))


def test_history_says_by_which_slip_it_was_approved(office: Office) -> None:
    (one,) = accepted(office)
    slip = made(office, one)
    verbs.decide(slip.pk, shown(one), {}, office.rights("leader"))
    page = words(client_of(office, "officer").get(f"/nhiem-vu/{one.pk}/qua-trinh/"))
    assert f"đã phê duyệt (lần nộp thứ 1), theo phiếu trình số {slip.name}" in page


def test_exception_without_a_word_is_refused_and_what_was_typed_stays(office: Office) -> None:
    one, other, third = accepted(office, 3)
    slip = made(office, one, other, third)
    client = client_of(office, "leader")
    keys = [open_step(each).pk for each in (one, other, third)]
    page = words(client.post(at(slip), {"muc": f"{keys[0]}:{last_digest(one)}", f"de-lai-{keys[1]}": "Đợi"}), 409)
    assert f"Chưa ghi ý kiến cho nhiệm vụ để lại: {third.case.code}." in page
    assert 'value="Đợi"' in page
    assert len(re.findall(r'name="muc"[^>]*checked', page)) == 1
    assert open_step(one).stage == "approve"
    assert Slip.objects.get().closed_at is None


def test_stale_rows_are_listed_and_stop_nothing_else(office: Office) -> None:
    done, changed, gone = accepted(office, 3)
    slip = made(office, done, changed, gone)
    given = shown(done, changed, gone)
    given[open_step(changed).pk] = "0" * 64
    walk(office, gone, "end")
    results = verbs.decide(slip.pk, given, {}, office.rights("leader"))
    assert sorted(result.refusal[:12] for result in results) == ["", "Hồ sơ đã có ", "Đã có người "]
    page = words(client_of(office, "leader").get(at(slip)))
    assert "01 được phê duyệt, 01 chưa ghi được, 01 xử lý riêng" in page
    assert "Hồ sơ đã có lần nộp khác" in page
    assert open_step(changed).stage == "approve"
    assert Entry.objects.filter(verb="slip.refused", subject=slip.subject).count() == 1
    assert made(office, changed).number == 2


def test_a_slip_can_do_nothing_a_single_press_could_not(office: Office) -> None:
    """The step went to another leader meanwhile: the slip's leader approves it no more."""
    (one,) = accepted(office)
    slip = made(office, one)
    step = open_step(one)
    engine.hand_over(step.pk, office["other_leader"], office.rights("leader"), note="Bận")
    (result,) = verbs.decide(slip.pk, {step.pk: last_digest(one)}, {}, office.rights("leader"))
    assert result.refusal == services.NOT_YOURS
    assert open_step(one).pk == step.pk


@pytest.mark.parametrize("name", ["reviewer", "other_leader", "director", "clerk"])
def test_only_its_leader_decides(office: Office, name: str) -> None:
    (one,) = accepted(office)
    slip = made(office, one)
    client = client_of(office, name)
    assert 'name="muc"' not in words(client.get(at(slip)))
    assert client.post(at(slip), {"muc": f"{open_step(one).pk}:{last_digest(one)}"}).status_code == 403
    assert Slip.objects.get().closed_at is None
    assert open_step(one).stage == "approve"


def test_substitute_decides_in_both_names(office: Office) -> None:
    (one,) = accepted(office)
    Delegation.objects.create(
        agency=office.agency, principal=office["leader"], substitute=office["other_leader"], legal_basis="12/UQ",
        since=START, until=localdate() + timedelta(days=9),
    )  # fmt: skip
    slip = made(office, one)
    assert set(Notice.objects.filter(kind="slip.arrived").values_list("to", flat=True)) == {
        office["leader"].pk, office["other_leader"].pk,
    }  # fmt: skip
    verbs.decide(slip.pk, shown(one), {}, office.rights("other_leader"))
    slip.refresh_from_db()
    assert slip.who_closed == "Chu Đức Ế thay Nông Đức Ánh"
    assert one.case.task_set.get(outcome="approved").on_behalf_of == office["leader"]


def test_slip_is_decided_once_and_not_after_it_was_withdrawn(office: Office) -> None:
    one, other = accepted(office, 2)
    first, second = made(office, one), made(office, other)
    given = shown(other)
    verbs.withdraw(second.pk, office.rights("reviewer"))
    notice = Notice.objects.get(kind="slip.withdrawn")
    assert "đã được rút" in say([notice])[notice.pk].title
    with pytest.raises(Refused, match="đã rút phiếu trình"):
        verbs.decide(second.pk, given, {}, office.rights("leader"))
    verbs.decide(first.pk, shown(one), {}, office.rights("leader"))
    with pytest.raises(Refused, match="đã được quyết định"):
        verbs.decide(first.pk, {}, {}, office.rights("leader"))
    with pytest.raises(Refused, match="đã được quyết định"):
        verbs.withdraw(first.pk, office.rights("reviewer"))
    assert open_step(other).stage == "approve"


def test_opening_a_slip_is_seen(office: Office) -> None:
    (one,) = accepted(office)
    slip = made(office, one)
    client = client_of(office, "leader")
    page = words(client.get(at(slip)))
    assert f'name="buoc" value="{open_step(one).pk}"' in page
    assert client.post("/buoc/da-xem/", {"buoc": open_step(one).pk}).status_code == 204
    assert client_of(office, "clerk").post("/buoc/da-xem/", {"buoc": open_step(one).pk}).status_code == 204
    assert list(Sighting.objects.values_list("user", flat=True)) == [office["leader"].pk]


def test_paper_names_what_is_on_it_and_its_download_is_written_down(office: Office) -> None:
    one, other = accepted(office, 2)
    slip = made(office, one, other, note="Đề nghị phê duyệt trong tuần.")
    answer = client_of(office, "reviewer").get(f"{at(slip)}tep/")
    letter = Document(BytesIO(answer.content))
    text = "\n".join(paragraph.text for paragraph in letter.paragraphs)
    assert "Kính trình: Nông Đức Ánh" in text
    assert "trình 02 nhiệm vụ" in text
    assert "Đề nghị phê duyệt trong tuần." in text
    cells = [cell.text for row in letter.tables[1].rows for cell in row.cells]
    assert f"{one.case.code} {one.case.title}\nSản phẩm: Báo cáo" in cells
    assert "Đạt yêu cầu\n(Nguyễn Đức Hạnh)" in cells
    assert Entry.objects.filter(verb="slip.downloaded", subject=slip.subject).count() == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_cost_the_same_for_any_number(
    office: Office, other_office: Office, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    slip = made(office, *accepted(office, rows))
    made(other_office, *accepted(other_office))
    client = client_of(office, "leader")
    with django_assert_num_queries(13):
        assert client.get(at(slip)).status_code == 200
    with django_assert_num_queries(8):
        assert client.get(ALL).status_code == 200
    accepted(office, rows)
    office_client = client_of(office, "reviewer")
    with django_assert_num_queries(13):
        assert office_client.get(f"{ALL}lap/{office['leader'].pk}/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_presses_on_one_slip_decide_it_once(office: Office) -> None:
    made_of = accepted(office, 3)
    slip, given, rights = made(office, *made_of), shown(*made_of), office.rights("leader")
    took = race([
        lambda: verbs.decide(slip.pk, given, {}, rights),
        lambda: verbs.decide(slip.pk, given, {}, rights),
        lambda: services.approve(open_step(made_of[1]).pk, rights, seen=last_digest(made_of[1])),
        lambda: verbs.withdraw(slip.pk, office.rights("reviewer")),
    ])  # fmt: skip
    assert sum(isinstance(one, (list, Slip)) for one in took) == 1
    assert Slip.objects.get().closed_at is not None
    assert not SlipItem.objects.filter(open=True).exists()
    assert Entry.objects.filter(verb="approve.approved").count() == Case.objects.filter(status=Case.DONE).count()


@pytest.mark.django_db(transaction=True)
def test_two_who_make_a_slip_of_the_same_rows(office: Office) -> None:
    rows = accepted(office, 2)
    keys, leader = [open_step(one).pk for one in rows], office["leader"].pk
    took = race([lambda: verbs.make(leader, keys, office.rights("reviewer"))] * 3)
    assert sum(isinstance(one, Slip) for one in took) == 1
    assert SlipItem.objects.filter(open=True).count() == 2
