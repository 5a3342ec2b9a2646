"""What pages offer, and what opening something anywhere means."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate

from audit import services as audit
from audit.models import Entry, Stream
from evidence.models import Use
from evidence.services import store_document
from organization.models import Post
from tests.evidence.files import upload
from tests.office import Office, last_digest, make_assignment, make_document, open_step, walk
from tests.workflow.test_confirming import confirm, periodic
from tests.workflow.test_on_paper import record
from workflow import engine, progress, reviewing, services, stopping
from workflow.errors import Busy, Refused
from workflow.inputs import asking
from workflow.models import Assignment, Sighting, Step
from workflow.progress import Said
from workflow.requests import asking as requests

pytestmark = pytest.mark.django_db


def page(office: Office, name: str, address: str, status: int = 200) -> str:
    client = Client()
    client.force_login(office[name])
    answer = client.get(address)
    assert answer.status_code == status
    return unescape(answer.content.decode())


def task(office: Office, name: str, work: Assignment) -> str:
    return page(office, name, f"/nhiem-vu/{work.pk}/")


def test_menu_offers_nothing_that_a_pause_refuses(office: Office) -> None:
    work = make_assignment(office)
    walk(office, work, "execute")
    verbs = ("progress", "change_officer", "ask_extension", "ask_lead_change", "ask_input")
    links = [reverse(f"workflow:{verb}", args=[work.pk]) for verb in verbs]
    assert all(link in task(office, "head", work) for link in links)
    stopping.suspend(work.pk, office.rights("chief"), reason="Chờ hướng dẫn")
    paused = task(office, "head", work)
    assert [link for link in links if link in paused] == []


def test_leadership_finds_what_was_confirmed_in_the_menu(office: Office) -> None:
    first, last = periodic(office)
    confirm(office, first)
    link = reverse("workflow:look_again", args=[first.pk])
    assert link in task(office, "leader", first)
    assert link not in task(office, "chief", first)
    assert reverse("workflow:look_again", args=[last.pk]) not in task(office, "leader", last)
    done = make_assignment(office)
    walk(office, done, "end")
    assert reverse("workflow:look_again", args=[done.pk]) not in task(office, "leader", done)


def test_head_is_offered_to_hand_over_what_the_unit_holds(office: Office) -> None:
    """The officer left: the step waits for the head, who may give it to somebody."""
    work = make_assignment(office)
    walk(office, work, "submit")
    Post.objects.filter(user=office["officer"]).update(until=localdate() - timedelta(days=1))
    step = services.send_back(open_step(work).pk, office.rights("head"), reason="Bổ sung")
    assert step.owner is None
    link = reverse("workflow:hand_over", args=[work.pk])
    assert link in task(office, "head", work)
    assert link not in task(office, "colleague", work)
    assert page(office, "head", link)


def test_page_of_a_request_leads_to_its_hand_over(office: Office) -> None:
    work = make_assignment(office)
    walk(office, work, "execute")
    (asked,) = asking.ask(work.pk, office.rights("officer"), units=[office.other_division],
                          due_on=localdate() + timedelta(days=9), question="Số liệu")  # fmt: skip
    step = Step.objects.get(process_id=asked.pk, finished=None)
    asking.name_helper(step.pk, office["other_officer"], office.rights("other_head"))
    link = reverse("workflow:hand_over", args=[asked.pk])
    assert link in page(office, "other_head", f"/phoi-hop/{asked.pk}/")
    assert link not in page(office, "head", f"/phoi-hop/{asked.pk}/")
    assert page(office, "other_head", link)


def test_those_who_helped_or_lent_their_name_are_no_candidates_for_cross_review(office: Office) -> None:
    work = make_assignment(office, lead=office.office)
    walk(office, work, "execute", officer="office_officer", head="chief")
    everybody = set(reviewing.candidates(work.case, office.rights("leader")))
    assert {office["other_head"], office["other_officer"]} <= everybody
    document = make_document(office, office["other_officer"])
    Use.objects.create(
        agency=office.agency, document=document, subject=f"case:{work.pk}", by=office["other_officer"], at=document.at
    )
    assert everybody - set(reviewing.candidates(work.case, office.rights("leader"))) == {office["other_officer"]}


def test_leader_asks_the_person_named_to_review_what_the_office_leads(office: Office) -> None:
    work = make_assignment(office, lead=office.office)
    step = walk(office, work, "approve", officer="office_officer", head="chief")
    address = f"/buoc/{step.pk}/phe-duyet/"
    assert 'value="clarify"' not in page(office, "leader", address)
    reviewing.name_reviewer(work.pk, office["other_head"], office.rights("leader"))
    assert 'value="clarify"' in page(office, "leader", address)
    services.ask_the_office(step.pk, office.rights("leader"), seen=last_digest(work), question="Số liệu nào?")
    assert open_step(work).owner == office["other_head"]


def test_who_helped_may_not_record_a_decision_and_who_recorded_may_again(office: Office) -> None:
    work = make_assignment(office)
    walk(office, work, "approve")
    document = make_document(office, office["clerk"])
    Use.objects.create(
        agency=office.agency, document=document, subject=f"case:{work.pk}", by=office["clerk"], at=document.at
    )
    with pytest.raises(Refused, match="rà soát hoặc tham gia"):
        record(office, work)


def test_row_that_somebody_holds_too_long_is_busy_and_stops_nothing_else(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = make_assignment(office), make_assignment(office)
    shown = [(walk(office, work, "approve"), last_digest(work)) for work in (one, other)]
    act = engine.act

    def busy(step_id: int, *given: Any, **named: Any) -> Step:
        if step_id == shown[0][0].pk:
            raise Busy
        return act(step_id, *given, **named)

    monkeypatch.setattr(engine, "act", busy)
    first, second = services.approve_many(shown, office.rights("leader"))
    assert first.refusal.startswith("Hồ sơ đang được người khác xử lý.")
    assert not first.stale
    assert not second.refusal


# --- opened anywhere is opened


def recallable(office: Office) -> Assignment:
    work = make_assignment(office)
    walk(office, work, "execute")
    with audit.transaction():
        store_document(agency_id=office.agency.pk, by=office["officer"], number="12/BC", dated=localdate(), issuer="Sở",
                       abstract="Báo cáo", files=[upload(name="Báo cáo.pdf")], subject=f"case:{work.pk}")  # fmt: skip
    walk(office, work, "review")
    return work


def test_a_file_that_the_next_person_took_stops_the_recall(office: Office) -> None:
    work = recallable(office)
    step, file = open_step(work), Use.objects.get(subject=f"case:{work.pk}").document.files.get()
    page_of_it = reverse("workflow:download", args=[file.pk])
    for name in ("officer", "viewer"):
        client = Client()
        client.force_login(office[name])
        assert client.get(page_of_it).status_code == 200
    assert not Sighting.objects.exists()
    client = Client()
    client.force_login(office["reviewer"])
    client.get(page_of_it)
    client.get(page_of_it)
    assert [(seen.step_id, seen.user) for seen in Sighting.objects.all()] == [(step.pk, office["reviewer"])]
    with pytest.raises(Refused, match="đã mở xem"):
        services.recall(step.pk, office.rights("head"))


@pytest.mark.parametrize("address", ["/nhiem-vu/{case}/", "/nhiem-vu/{case}/qua-trinh/"])
def test_pages_of_the_task_say_that_they_were_opened(office: Office, address: str) -> None:
    work = recallable(office)
    beacon = f'hx-post="/buoc/{open_step(work).pk}/da-xem/"'
    where = address.format(case=work.pk)
    assert beacon in page(office, "reviewer", where)
    assert beacon not in page(office, "officer", where)


def test_bulk_page_says_that_its_steps_were_opened(office: Office) -> None:
    work = recallable(office)
    step = open_step(work)
    assert f'name="buoc" value="{step.pk}"' in page(office, "reviewer", f"/viec/nhieu/?viec={step.pk}")
    client = Client()
    client.force_login(office["reviewer"])
    client.post("/buoc/da-xem/", {"buoc": [step.pk, "x", 0]})
    with pytest.raises(Refused, match="đã mở xem"):
        services.recall(step.pk, office.rights("head"))


# --- the printed history


def test_printed_history_has_every_line_of_progress_and_the_papers(office: Office) -> None:
    work = make_assignment(office)
    walk(office, work, "execute")
    for number in range(12):
        progress.update(work.pk, Said(f"Đợt số {number:02d}"), office.rights("officer"))
    walk(office, work, "approve")
    record(office, work)
    history = page(office, "head", f"/nhiem-vu/{work.pk}/qua-trinh/")
    assert all(f"Đợt số {number:02d}" in history for number in range(12))
    assert "Đợt số 01" not in task(office, "head", work)
    paper = work.case.task_set.get(outcome="approved").paper.files.get()
    assert reverse("workflow:download", args=[paper.pk]) in history


def test_export_of_a_plan_is_written_down(office: Office) -> None:
    plan = make_assignment(office).measure.plan
    for kind in ("word", "excel"):
        page_of_it = reverse(f"plans:export_{kind}", args=[plan.pk])
        client = Client()
        client.force_login(office["head"])
        assert client.get(page_of_it).status_code == 200
    lines = Entry.objects.filter(verb="plan.exported", subject=f"plan:{plan.pk}", stream=Stream.ACCESS)
    assert lines.count() == 2


# --- what a row and a check say of dates and words


def test_third_extension_is_named_in_the_inbox(office: Office) -> None:
    work = make_assignment(office, due=localdate() + timedelta(days=20))
    walk(office, work, "execute")
    for number in (1, 2, 3):
        later = localdate() + timedelta(days=20 + 10 * number)
        asked = requests.ask_extension(work.pk, office.rights("head"), due_on=later, reason="Chờ hướng dẫn")
        step = Step.objects.get(process_id=asked.pk, finished=None)
        assert ("gia hạn nhiều lần" in page(office, "reviewer", "/viec/")) == (number == 3)
        requests.advise(step.pk, office.rights("reviewer"), agrees=True)
        step = Step.objects.get(process_id=asked.pk, finished=None)
        assert ("gia hạn nhiều lần" in page(office, "leader", "/viec/")) == (number == 3)
        requests.grant_extension(step.pk, office.rights("leader"))


def test_words_of_the_last_period_are_flagged_on_the_pages_of_the_steps(office: Office) -> None:
    first, later = make_assignment(office), make_assignment(office)
    Assignment.objects.filter(pk=later.pk).update(measure=first.measure, period=2)
    walk(office, first, "review", statement="Đã xong đợt này")
    walk(office, later, "submit", statement="đã xong  đợt này")
    words = "Nội dung giống hệt lần nộp của kỳ trước"
    assert words in page(office, "head", f"/buoc/{open_step(later).pk}/nop-ket-qua/")
    assert words not in page(office, "reviewer", f"/buoc/{open_step(first).pk}/ra-soat/")
    walk(office, later, "review", statement="đã xong  đợt này")
    assert words in page(office, "reviewer", f"/buoc/{open_step(later).pk}/ra-soat/")
