"""Every address against every role, and against a stranger from another agency who has every role there.

Keys are made to differ between tables first, so that a key of one kind of thing never opens another kind by chance.
"""

from __future__ import annotations

import itertools
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.db import connection, models
from django.test import Client
from django.utils.timezone import localdate, now

from audit.models import Entry, Stream
from evidence.models import DocumentFile
from organization.enums import Role
from organization.models import Delegation, Post, User
from plans.amendments import amend_by_hand
from plans.models import Plan, PlanVersion
from plans.selfscoring.models import ScoringShare
from tests.architecture.test_public_views import PUBLIC, VIEWS
from tests.journeys.house import make_house
from tests.office import START, Office, make_office
from workflow.models import Step, Transfer

ROOMS = ("organization", "notifications", "evidence", "plans", "workflow", "reports")
INT_VIEWS = {
    name: address
    for name, _, address in VIEWS
    if name not in PUBLIC and address.count("<int:") >= 1 and address.count("<") == address.count("<int:")
}
PLAIN_VIEWS = {name: address for name, _, address in VIEWS if name not in PUBLIC and "<" not in address}
ANSWERS = {200, 204, 302, 400, 403, 404, 405, 409, 410, 429}
pytestmark = pytest.mark.django_db


@pytest.fixture
def apart(db: None) -> None:
    """Each table counts from a place of its own."""
    with connection.cursor() as cursor:
        for place, model in enumerate(room_models(), 1):
            key = model._meta.pk
            if isinstance(key, models.AutoField):
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
                    [model._meta.db_table, key.column, 1_000_000 * place],
                )


def room_models() -> list[Any]:
    return [model for room in ROOMS for model in apps.get_app_config(room).get_models()]


@pytest.fixture
def world(apart: None) -> Office:
    """An office in which something of everything is under way, and what is lent and handed over there besides."""
    here = make_house()
    today = localdate()
    Delegation.objects.create(
        agency=here.agency, principal=here["leader"], substitute=here["other_leader"], legal_basis="12/UQ",
        since=today, until=today + timedelta(days=5),
    )  # fmt: skip
    Transfer.objects.create(
        agency=here.agency, unit=here.other_division, on=today, basis="12/QĐ", by=here["chief"], at=now()
    )
    signed = DocumentFile.objects.latest("pk").document_id
    Plan.objects.exclude(number="").update(signed_document=signed)
    PlanVersion.objects.update(signed_document=signed)
    amend_by_hand(Plan.objects.exclude(number="").earliest("pk"), here.rights("chief"))
    return here


def some_of_each(here: Office) -> list[int]:
    """Keys of each kind of thing in the agency, the newest first, and of each step that is open with its case."""
    keys = [model._base_manager.order_by("-pk").values_list("pk", flat=True)[:2] for model in room_models()]
    steps = Step.objects.filter(finished=None).order_by("-pk").values_list("pk", "process_id")
    shared_out = ScoringShare.objects.values_list("criterion_id", flat=True)[:1]
    every = dict.fromkeys(itertools.chain(*keys, *steps, shared_out))
    return [here.agency.pk, *(key for key in every if isinstance(key, int))]


def everything(unit_of: Office, name: str) -> User:
    """A person of that agency with every role there."""
    person = User.objects.create(code=f"TAT{name}", agency=unit_of.agency, full_name="Người Có Mọi Vai")
    homes = {Role.REVIEWER: unit_of.office, Role.CLERK: unit_of.office, Role.DIRECTOR: unit_of.leadership,
             Role.LEADER: unit_of.leadership, Role.HEAD: unit_of.division, Role.OFFICER: unit_of.division}  # fmt: skip
    for role in (*homes, Role.ADMINISTRATOR):
        Post.objects.create(agency=unit_of.agency, user=person, unit=homes.get(role, unit_of.leadership), role=role,
                            title=role.label, since=START)  # fmt: skip
    return person


def filled(address: str, *keys: int) -> str:
    for key in keys:
        start, end = address.index("<int:"), address.index(">")
        address = f"{address[:start]}{key}{address[end + 1 :]}"
    return f"/{address}"


@pytest.fixture
def doors(world: Office) -> dict[str, str]:
    """Each view with an address at which somebody with every role finds something."""
    keys = some_of_each(world)
    client = Client(raise_request_exception=False)
    client.force_login(everything(world, "A"))
    found: dict[str, list[int]] = {}  # what stands behind the same words before the key is mostly the same thing

    def first_open(address: str) -> str:
        kind, many = address.partition("<")[0], address.count("<int:")
        first = [*found.get(kind, []), *keys]
        # a row within a thing: the thing is one that opened by itself
        tries = itertools.product(found.get(kind, []), [0, 1, *keys]) if many == 2 else ((key,) for key in first)
        for tried in tries:
            url = filled(address, *tried)
            if client.get(url).status_code != 404:
                found.setdefault(kind, []).insert(0, tried[0])
                return url
        return ""

    # shorter ones first: a thing before its rows
    opened = {
        name: first_open(INT_VIEWS[name]) for name in sorted(INT_VIEWS, key=lambda name: INT_VIEWS[name].count("<"))
    }
    assert [name for name, url in opened.items() if not url] == []
    return opened


def test_every_door(world: Office, doors: dict[str, str], subtests: pytest.Subtests) -> None:
    """One house for all of it: to find the doors is what takes long. Last comes who may change something."""
    with subtests.test("stranger"):
        a_stranger_with_every_role_elsewhere_finds_nothing(doors)
    with subtests.test("administrator"):
        what_is_not_theirs_stays_closed(world["administrator"], doors, ("workflow:", "plans:", "reports:"))
    with subtests.test("viewer"):
        closed = ("organization:person", "organization:upload", "plans:upload", "workflow:assign_all")
        what_is_not_theirs_stays_closed(world["viewer"], doors, closed)
    with subtests.test("everybody"):
        no_address_breaks_for_any_role(world, doors)


def a_stranger_with_every_role_elsewhere_finds_nothing(doors: dict[str, str]) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(everything(make_office("SNV"), "B"))
    lines = Entry.objects.filter(stream=Stream.WORK).count()
    answers = {
        (method, name, url): getattr(client, method)(url).status_code
        for (name, url), method in itertools.product(doors.items(), ("get", "post"))
    }
    assert {door: status for door, status in answers.items() if status not in {403, 404, 405}} == {}
    assert Entry.objects.filter(stream=Stream.WORK).count() == lines


def no_address_breaks_for_any_role(world: Office, doors: dict[str, str]) -> None:
    """Nothing that a role asks for, or that somebody with every role sends empty, is an error of ours."""
    every = doors | {name: f"/{address}" for name, address in PLAIN_VIEWS.items() if name != "account_logout"}
    client = Client(raise_request_exception=False)
    master = User.objects.get(code="TATA")
    wrong = []
    for person in (*world.people.values(), master):
        client.force_login(person)
        for (name, url), method in itertools.product(every.items(), ("get", "post") if person == master else ("get",)):
            status = getattr(client, method)(url).status_code
            if status not in ANSWERS:
                wrong.append((method, name, url, person.full_name, status))
    assert wrong == []


def what_is_not_theirs_stays_closed(person: User, doors: dict[str, str], closed: tuple[str, ...]) -> None:
    """The administrator sees no content; the viewer sees it and touches nothing."""
    client = Client(raise_request_exception=False)
    client.force_login(person)
    lines = Entry.objects.filter(stream=Stream.WORK).count()
    every = doors | {name: f"/{address}" for name, address in PLAIN_VIEWS.items()}
    for (name, url), method in itertools.product(every.items(), ("get", "post")):
        if not name.startswith(closed):
            continue
        answer = getattr(client, method)(url)
        # 204: the beacon of a step's page says nothing, whoever sends it; 4xx: nothing came of it
        allowed = (
            {204, 302, 400, 403, 404, 405, 409} if answer.status_code != 200 else {200} if empty(answer) else set()
        )
        assert answer.status_code in allowed, (method, name, url)
    assert Entry.objects.filter(stream=Stream.WORK).count() == lines


def empty(answer: Any) -> bool:
    """A list may open to somebody who has nothing in it: a page, or a workbook of it."""
    content = answer.content
    if content.startswith(b"PK"):
        with ZipFile(BytesIO(content)) as workbook:
            content = b"".join(workbook.read(name) for name in workbook.namelist())
    return "Số hóa hồ sơ".encode() not in content
