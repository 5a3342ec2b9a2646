"""A decision given on a signed paper: it counts as the signer's, names who recorded it, and the recorder judged nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from audit.models import Entry
from evidence.models import Document
from evidence.services import store_document
from notifications.models import Notice
from organization.enums import Role
from organization.models import Delegation
from tests.office import Office, last_digest, make_assignment, make_person, open_step, walk
from tests.threads import race
from workflow import services
from workflow.errors import ChangedUnder, Refused, StaleStep
from workflow.models import Assignment, Case, Step

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def signed(
    office: Office, by: str = "clerk", *, number: str = "12/TB-SKHĐT", dated: object = ..., files: int = 1
) -> Callable[[], Document]:
    """What takes the scan in."""
    uploads = [SimpleUploadedFile("quyet-dinh.pdf", PDF, "application/pdf") for _ in range(files)]

    def paper() -> Document:
        return store_document(
            agency_id=office.agency.pk, by=office[by], number=number, dated=localdate() if dated is ... else dated,
            issuer="Sở", abstract="Ý kiến phê duyệt", files=uploads,
        )  # fmt: skip

    return paper


@pytest.fixture
def assignment(office: Office) -> Assignment:
    return make_assignment(office)


def record(
    office: Office, assignment: Assignment, by: str = "clerk", principal: str = "leader", **more: object
) -> Step:
    given = {"paper": signed(office, by), "seen": last_digest(assignment)} | more
    return services.decide_on_paper(open_step(assignment).pk, "approved", office[principal], office.rights(by), **given)


def test_it_counts_as_the_leaders_and_names_who_recorded_it(office: Office, assignment: Assignment) -> None:
    step = walk(office, assignment, "approve")
    assert record(office, assignment).finished
    step.refresh_from_db()
    assert (step.acted_by, step.recorded_by, step.outcome) == (office["leader"], office["clerk"], "approved")
    assert step.paper.number == "12/TB-SKHĐT"
    assert step.digest == last_digest(assignment)
    assert Case.objects.get(pk=assignment.pk).status == "DONE"


def test_ledger_and_notice_say_it(office: Office, assignment: Assignment) -> None:
    walk(office, assignment, "approve")
    record(office, assignment)
    line = Entry.objects.get(verb="approve.approved")
    assert line.actor == office["leader"].pk
    assert f'"recorded_by":{office["clerk"].pk}' in line.text
    assert '"paper_number":"12/TB-SKHĐT"' in line.text
    told = Notice.objects.get(kind="step.on_paper")
    assert told.to == office["leader"]
    assert told.params["by"] == office["clerk"].pk


def test_head_assigns_and_submits_on_paper(office: Office, assignment: Assignment) -> None:
    step = open_step(assignment)
    following = services.decide_on_paper(
        step.pk, "assigned", office["head"], office.rights("clerk"), paper=signed(office), officer=office["officer"]
    )
    assert following.owner == office["officer"]
    step = services.finish(following.pk, office.rights("officer"), statement="Đã xong")
    following = services.decide_on_paper(
        step.pk, "submitted", office["head"], office.rights("clerk"), paper=signed(office), statement="Đã xong"
    )
    assert following.stage == "review"
    assert assignment.submissions.get().by == office["head"]


@pytest.mark.parametrize("by", ["reviewer", "officer_who_reviews"])
def test_whoever_reviewed_or_took_part_may_not_record(office: Office, assignment: Assignment, by: str) -> None:
    office.people["officer_who_reviews"] = make_person(office.division, "Vi Thị Ba", Role.OFFICER, Role.REVIEWER)
    walk(office, assignment, "approve", officer="officer_who_reviews")
    with pytest.raises(Refused, match="rà soát hoặc tham gia"):
        record(office, assignment, by)
    assert not Document.objects.filter(number="12/TB-SKHĐT").exists()


def test_reviewer_of_a_former_round_may_not_record(office: Office, assignment: Assignment) -> None:
    step = walk(office, assignment, "review")
    services.return_work(step.pk, office.rights("chief"), seen=last_digest(assignment), reason="Thiếu")
    walk(office, assignment, "approve")
    with pytest.raises(Refused, match="rà soát hoặc tham gia"):
        record(office, assignment, "chief")


def test_officer_named_who_did_nothing_yet_may_not_record(office: Office, assignment: Assignment) -> None:
    walk(office, assignment, "approve")
    Assignment.objects.filter(pk=assignment.pk).update(officer=office["clerk"])
    with pytest.raises(Refused, match="rà soát hoặc tham gia"):
        record(office, assignment)


def test_whoever_recorded_does_not_review_afterwards(office: Office, assignment: Assignment) -> None:
    step = walk(office, assignment, "submit")
    step = services.decide_on_paper(
        step.pk,
        "submitted",
        office["head"],
        office.rights("reviewer"),
        paper=signed(office, "reviewer"),
        statement="Xong",
    )
    assert not Step.objects.inbox(office.rights("reviewer")).filter(pk=step.pk).exists()
    assert Step.objects.inbox(office.rights("chief")).filter(pk=step.pk).exists()
    with pytest.raises(PermissionDenied):
        services.accept(step.pk, office.rights("reviewer"), seen=last_digest(assignment))


@pytest.mark.parametrize("by", ["head", "leader", "viewer", "administrator", "officer"])
def test_nobody_else_records(office: Office, assignment: Assignment, by: str) -> None:
    walk(office, assignment, "approve")
    with pytest.raises(PermissionDenied):
        record(office, assignment, by, principal="leader")


def test_clerk_of_another_agency_records_nothing(office: Office, other_office: Office, assignment: Assignment) -> None:
    step = walk(office, assignment, "approve")
    with pytest.raises(PermissionDenied):
        services.decide_on_paper(
            step.pk, "approved", office["leader"], other_office.rights("clerk"), paper=signed(other_office),
            seen=last_digest(assignment),
        )  # fmt: skip


@pytest.mark.parametrize("principal", ["other_leader", "head", "clerk"])
def test_the_signer_must_be_allowed_to_decide(office: Office, assignment: Assignment, principal: str) -> None:
    walk(office, assignment, "approve")
    with pytest.raises(Refused):
        record(office, assignment, principal=principal)


def test_a_substitute_signs_in_the_leaders_name(office: Office, assignment: Assignment) -> None:
    step = walk(office, assignment, "approve")
    Delegation.objects.create(
        agency=office.agency, principal=office["leader"], substitute=office["other_leader"], since=localdate(),
        until=localdate() + timedelta(days=3), roles=[],
    )  # fmt: skip
    record(office, assignment, principal="other_leader")
    step.refresh_from_db()
    assert (step.acted_by, step.on_behalf_of) == (office["other_leader"], office["leader"])
    assert set(Notice.objects.filter(kind="step.on_paper").values_list("to", flat=True)) == {
        office["leader"].pk,
        office["other_leader"].pk,
    }


def test_content_is_pinned_as_in_any_decision(office: Office, assignment: Assignment) -> None:
    walk(office, assignment, "approve")
    with pytest.raises(ChangedUnder):
        record(office, assignment, seen="0" * 64)


@pytest.mark.parametrize("lacking", [{"number": ""}, {"dated": None}, {"files": 0}])
def test_a_paper_has_number_date_and_scan(office: Office, assignment: Assignment, lacking: dict[str, object]) -> None:
    walk(office, assignment, "approve")
    with pytest.raises(Refused, match="số, ngày"):
        record(office, assignment, paper=signed(office, **lacking))


@pytest.mark.parametrize("stage", ["execute", "review"])
def test_only_heads_and_leaders_decide_on_paper(office: Office, assignment: Assignment, stage: str) -> None:
    step = walk(office, assignment, stage)
    outcome, principal = ("done", "officer") if stage == "execute" else ("accepted", "chief")
    with pytest.raises(Refused, match="không nhận quyết định trên giấy"):
        services.decide_on_paper(step.pk, outcome, office[principal], office.rights("clerk"), paper=signed(office))


def test_too_late_is_stale(office: Office, assignment: Assignment) -> None:
    step = walk(office, assignment, "approve")
    walk(office, assignment, "end")
    with pytest.raises(StaleStep):
        services.decide_on_paper(
            step.pk, "approved", office["leader"], office.rights("clerk"), paper=signed(office), seen=step.digest
        )


def test_recorder_and_paper_come_together(office: Office, assignment: Assignment) -> None:
    step = walk(office, assignment, "approve")
    record(office, assignment)
    with pytest.raises(IntegrityError), transaction.atomic():
        Step.objects.filter(pk=step.pk).update(paper=None)


@pytest.mark.django_db(transaction=True)
def test_paper_against_the_leaders_own_press(office: Office, assignment: Assignment) -> None:
    step = walk(office, assignment, "approve")
    seen = last_digest(assignment)
    took = race(
        [
            lambda: services.approve(step.pk, office.rights("leader"), seen=seen),
            lambda: record(office, assignment, seen=seen),
        ]
    )
    assert sorted(type(one).__name__ for one in took) == ["StaleStep", "Step"], took
    # the scan of a decision that lost is not kept
    step.refresh_from_db()
    assert Document.objects.filter(number="12/TB-SKHĐT").exists() == (step.recorded_by is not None)
