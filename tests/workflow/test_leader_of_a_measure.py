"""Lãnh đạo phụ trách, overridden for one measure."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.office import Office, make_assignment, open_step, walk

pytestmark = pytest.mark.django_db


def post(client: Client, office: Office, who: str, case: int, leader: str) -> int:
    client.force_login(office[who])
    chosen = office[leader].pk if leader else ""
    return client.post(reverse("workflow:name_leader", args=[case]), {"leader": chosen}).status_code


def test_named_leader_approves_instead_of_the_one_in_charge(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    assert post(client, office, "reviewer", assignment.pk, "other_leader") == 302
    walk(office, assignment, "approve")
    assert open_step(assignment).owner == office["other_leader"]


def test_measure_goes_back_to_the_leader_in_charge(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    post(client, office, "reviewer", assignment.pk, "other_leader")
    post(client, office, "reviewer", assignment.pk, "")
    walk(office, assignment, "approve")
    assert open_step(assignment).owner == office["leader"]


def test_somebody_who_is_no_leader_is_not_offered(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    assert post(client, office, "reviewer", assignment.pk, "head") == 200
    assignment.measure.refresh_from_db()
    assert assignment.measure.leader is None


def test_only_the_office_names_a_leader_and_only_in_its_agency(
    client: Client, office: Office, other_office: Office
) -> None:
    assignment = make_assignment(office)
    assert post(client, office, "head", assignment.pk, "leader") == 403
    assert post(client, other_office, "reviewer", assignment.pk, "leader") == 404
