"""A decision names what was on the page: the round, the product, the criteria, the documents and their files."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client

from evidence.models import Use
from plans.models import MeasureCriterion, MeasureText
from tests.office import Office, last_digest, make_assignment, make_document, open_step, walk
from workflow import effects, services
from workflow.errors import ChangedUnder
from workflow.models import Assignment, Case

pytestmark = pytest.mark.django_db


def reworded(assignment: Assignment, product: str) -> None:
    """What an amendment that leaves the round where it is does to the wording."""
    MeasureText.objects.filter(measure=assignment.measure).update(product=product)


def test_unchanged_round_stands_as_it_was_handed_in(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "review")
    assert effects.last_digest(assignment.pk) == last_digest(assignment)


@pytest.mark.parametrize("stage", ["review", "approve"])
def test_decision_is_refused_once_the_product_is_another(office: Office, stage: str) -> None:
    assignment = make_assignment(office)
    step, seen = walk(office, assignment, stage), last_digest(assignment)
    reworded(assignment, "Báo cáo và phụ lục số liệu")
    verb, person = {"review": (services.accept, "reviewer"), "approve": (services.approve, "leader")}[stage]
    with pytest.raises(ChangedUnder):
        verb(step.pk, office.rights(person), seen=seen)
    assert open_step(assignment).pk == step.pk
    verb(step.pk, office.rights(person), seen=effects.last_digest(assignment.pk))
    step.refresh_from_db()
    assert step.digest not in {"", seen}


def test_decision_is_refused_once_a_criterion_is_another(office: Office) -> None:
    assignment = make_assignment(office)
    step, seen = walk(office, assignment, "approve"), last_digest(assignment)
    MeasureCriterion.objects.filter(text__measure=assignment.measure).update(code="3.3.4")
    with pytest.raises(ChangedUnder):
        services.approve(step.pk, office.rights("leader"), seen=seen)


def test_decision_is_refused_once_a_document_has_another_abstract(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "execute")
    document = make_document(office, office["officer"])
    Use.objects.create(
        document=document, agency=office.agency, subject=assignment.case.subject, by=office["officer"], at=document.at
    )
    step, seen = walk(office, assignment, "approve"), last_digest(assignment)
    assert effects.last_digest(assignment.pk) == seen
    type(document).objects.filter(pk=document.pk).update(abstract="Báo cáo khác")
    with pytest.raises(ChangedUnder):
        services.approve(step.pk, office.rights("leader"), seen=seen)


def test_moved_due_date_leaves_the_round_as_it_is(office: Office) -> None:
    assignment = make_assignment(office)
    step, seen = walk(office, assignment, "approve"), last_digest(assignment)
    Case.objects.filter(pk=assignment.pk).update(due_on="2030-01-04")
    services.approve(step.pk, office.rights("leader"), seen=seen)
    step.refresh_from_db()
    assert step.digest == seen


def test_refused_page_shows_what_changed_side_by_side_and_keeps_what_was_typed(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    step, seen = walk(office, assignment, "approve"), last_digest(assignment)
    reworded(assignment, "Báo cáo và phụ lục số liệu")
    client.force_login(office["leader"])
    answer = client.post(
        f"/buoc/{step.pk}/phe-duyet/", {"decision": "approved", "seen": seen, "note": "Đồng ý với kết quả"}
    )
    page = unescape(answer.content.decode())
    assert answer.status_code == 409
    assert "Khi mở trang" in page
    assert "Báo cáo và phụ lục số liệu" in page
    assert "Đồng ý với kết quả" in page
    assert f'name="seen" value="{effects.last_digest(assignment.pk)}"' in page
    assert open_step(assignment).pk == step.pk


def test_page_opened_after_the_change_says_what_changed_since_the_round(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    client.force_login(office["reviewer"])
    assert "Thay đổi sau khi nộp" not in client.get(f"/buoc/{step.pk}/ra-soat/").content.decode()
    reworded(assignment, "Báo cáo và phụ lục số liệu")
    page = unescape(client.get(f"/buoc/{step.pk}/ra-soat/").content.decode())
    assert "Thay đổi sau khi nộp" in page
    client.post(
        f"/buoc/{step.pk}/ra-soat/",
        {"decision": "accepted", "seen": effects.last_digest(assignment.pk)},
    )
    assert open_step(assignment).stage == "approve"


def test_row_of_many_says_what_changed(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    step, seen = walk(office, assignment, "approve"), last_digest(assignment)
    reworded(assignment, "Báo cáo và phụ lục số liệu")
    client.force_login(office["leader"])
    page = unescape(client.get("/viec/nhieu/", {"viec": [step.pk]}).content.decode())
    assert "Đã đổi sau khi nộp." in page
    assert f"{step.pk}:{effects.last_digest(assignment.pk)}" in page
    client.post("/viec/nhieu/", {"muc": [f"{step.pk}:{seen}"]})
    assert open_step(assignment).pk == step.pk
