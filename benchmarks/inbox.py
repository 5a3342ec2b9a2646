"""The inbox page of a head, an officer and Văn phòng, with a given number of assignments in the database."""

import statistics

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.lifecycle import timed
from organization.enums import Role
from organization.models import Post, Unit, User
from workflow.load import seed_load

WATCHED = {"officer": Role.OFFICER, "head": Role.HEAD, "office": Role.REVIEWER, "leader": Role.DIRECTOR}


def measure(assignments: int, requests: int = 15) -> dict[str, object]:
    """Median milliseconds and statements of the page, by kind of person, beside the seeding's seconds."""
    agency_before = set(Unit.objects.filter(agency=None).values_list("pk", flat=True))
    seeding = timed(lambda: seed_load(assignments)) / 1000
    agency = Unit.objects.filter(agency=None).exclude(pk__in=agency_before).get()
    pages = {name: _page(_somebody(agency, role), requests) for name, role in WATCHED.items()}
    return {"ms": pages["head"]["ms"], "queries": max(page["queries"] for page in pages.values()), "pages": pages,
            "seed_s": round(seeding, 1)}  # fmt: skip


def _somebody(agency: Unit, role: Role) -> User:
    return Post.objects.filter(agency=agency, role=role).order_by("pk")[0].user


def _page(user: User, requests: int) -> dict[str, float]:
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(user)
    address = reverse("workflow:inbox")
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    queries = len(captured)  # the next request clears the log
    times = [timed(lambda: client.get(address)) for _ in range(requests)]
    return {"ms": round(statistics.median(times), 1), "queries": queries, "status": response.status_code}
