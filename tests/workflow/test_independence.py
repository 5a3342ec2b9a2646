"""Nobody judges their own work, however they took part; where Văn phòng's only reviewer did, leadership gets it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils.timezone import localdate

from evidence.models import Use
from organization.enums import Role
from organization.models import Delegation, Post, User
from organization.rights import rights_of
from tests.office import START, Office, last_digest, make_assignment, make_document, make_person, open_step, walk
from tests.workflow.test_transferring import wish
from workflow import engine, reviewing, services, transferring
from workflow.errors import Refused
from workflow.holding import CROSS_REVIEW, NOBODY_TO_REVIEW
from workflow.models import Assignment, Case, Step

pytestmark = pytest.mark.django_db


@pytest.fixture
def only(office: Office) -> User:
    """The one reviewer of the agency, for some time an authorised deputy of the division."""
    Post.objects.filter(role=Role.REVIEWER).delete()
    person = make_person(office.office, "Trần Văn Bình", Role.REVIEWER)
    Post.objects.create(agency=office.agency, user=person, unit=office.division, role=Role.DEPUTY, since=START, authorised=True)  # fmt: skip
    return person


def leaves(only: User) -> None:
    Post.objects.filter(user=only, role=Role.DEPUTY).update(until=localdate() - timedelta(days=1))


def assigned(office: Office, only: User, work: Assignment) -> None:
    services.assign(open_step(work).pk, office["officer"], rights_of(only))


def executed(office: Office, only: User, work: Assignment) -> None:
    services.assign(open_step(work).pk, only, office.rights("head"))
    services.finish(open_step(work).pk, rights_of(only), statement="Đã xong")


def held(office: Office, only: User, work: Assignment) -> None:
    services.assign(open_step(work).pk, only, office.rights("head"))
    engine.hand_over(open_step(work).pk, office["officer"], office.rights("head"), note="Chuyển công tác")


def handed_on(office: Office, only: User, work: Assignment) -> None:
    services.assign(open_step(work).pk, office["officer"], office.rights("head"))
    engine.hand_over(open_step(work).pk, office["colleague"], rights_of(only), note="Nghỉ phép")
    engine.hand_over(open_step(work).pk, office["officer"], office.rights("head"), note="Đi làm lại")


def helped(office: Office, only: User, work: Assignment) -> None:
    document = make_document(office, only)
    Use.objects.create(agency=office.agency, document=document, subject=f"case:{work.pk}", by=only, at=document.at)


def lent(office: Office, only: User, work: Assignment) -> None:
    """Another assigned in their name."""
    Delegation.objects.create(agency=office.agency, principal=only, substitute=office["other_officer"], roles=["deputy"],
                              legal_basis="15/UQ", since=START, until=date(2099, 1, 1))  # fmt: skip
    services.assign(open_step(work).pk, office["officer"], office.rights("other_officer"))
    Delegation.objects.all().delete()


def submitted_before(office: Office, only: User, work: Assignment) -> None:
    """In a round before, which leadership returned."""
    step = services.submit(walk(office, work, "submit").pk, rights_of(only), statement="Lần một")
    services.return_work(step.pk, office.rights("leader"), seen=last_digest(work), reason="Bổ sung")


WAYS = (assigned, executed, held, handed_on, helped, lent, submitted_before)


@pytest.mark.parametrize("way", WAYS)
def test_only_reviewer_who_took_part_is_gone_past(
    office: Office, only: User, way: Callable[[Office, User, Assignment], None]
) -> None:
    work = make_assignment(office)
    way(office, only, work)
    leaves(only)
    step = walk(office, work, "approve")
    assert (step.owner, step.remark) == (office["leader"], NOBODY_TO_REVIEW)


def test_only_reviewer_who_took_no_part_reviews(office: Office, only: User) -> None:
    leaves(only)
    step = walk(office, make_assignment(office), "review")
    assert Step.objects.actionable(rights_of(only)).filter(pk=step.pk).exists()


def test_only_reviewer_who_submits_for_the_head_does_not_review(office: Office, only: User) -> None:
    leaves(only)
    Delegation.objects.create(agency=office.agency, principal=office["head"], substitute=only, roles=["head"],
                              legal_basis="15/UQ", since=START, until=date(2099, 1, 1))  # fmt: skip
    step = walk(office, make_assignment(office), "submit")
    step = services.submit(step.pk, rights_of(only), statement="Đã xong")
    assert (step.stage, step.remark) == ("approve", NOBODY_TO_REVIEW)


def test_leadership_names_somebody_where_the_only_reviewer_took_part(office: Office, only: User) -> None:
    work = make_assignment(office)
    assigned(office, only, work)
    leaves(only)
    reviewing.name_reviewer(work.pk, office["other_head"], office.rights("leader"))
    step = walk(office, work, "review")
    assert (step.owner, step.remark) == (office["other_head"], CROSS_REVIEW)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.CLERK])
def test_who_only_reviews_in_the_office_sits_in_it(office: Office, role: Role) -> None:
    """Work that Văn phòng leads is reviewed by nobody of it, whatever their post."""
    person = make_person(office.office, "Trần Văn Bình", role)
    work = make_assignment(office, lead=office.office)
    with pytest.raises(Refused):
        reviewing.name_reviewer(work.pk, person, office.rights("leader"))
    Assignment.objects.update(reviewer=office["other_head"])
    step = walk(office, work, "review", officer="office_officer", head="chief")
    Step.objects.filter(pk=step.pk).update(owner=person)
    assert not Step.objects.actionable(rights_of(person)).filter(pk=step.pk).exists()
    with pytest.raises(PermissionDenied):
        services.accept(step.pk, rights_of(person), seen=last_digest(work))


def test_what_waits_for_review_does_not_become_the_office_s_own(office: Office) -> None:
    """A division merged into Văn phòng: what Văn phòng reviews now would be its own then."""
    work = make_assignment(office)
    walk(office, work, "review")
    with pytest.raises(Refused, match="chờ Văn phòng rà soát"):
        transferring.transfer(office.division, wish(office.division, office.office), office.rights("leader"))
    services.return_work(open_step(work).pk, office.rights("reviewer"), seen=last_digest(work), reason="Bàn giao")
    transferring.transfer(office.division, wish(office.division, office.office), office.rights("leader"))
    assert Case.objects.get().unit == office.office
