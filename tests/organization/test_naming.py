"""Tên gọi khác, nhóm đơn vị: given from a day on, ended, taken over; who may; what is written down."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry
from organization.models import Alias, Unit
from organization.naming import end_name, give_name, set_procedures
from organization.refusals import Refused
from tests.office import Office

pytestmark = pytest.mark.django_db
NAMES = "organization:names"


def alias_of(office: Office, text: str = "P. Công thương", since: date = date(2020, 1, 1)) -> Alias:
    return Alias.objects.create(agency=office.agency, unit=office.division, text=text, since=since)


def test_name_holds_from_its_day_and_is_in_the_ledger(office: Office) -> None:
    since = localdate() + timedelta(days=3)
    alias = give_name(office.rights("reviewer"), office.division, " P.  ĐK ", since)
    assert (alias.text, alias.folded, alias.since, alias.until) == ("P. ĐK", "p. dk", since, None)
    assert not Alias.objects.on(localdate()).exists()
    assert Entry.objects.filter(verb="unit.name_given", subject=f"unit:{office.division.pk}").count() == 1


def test_name_given_to_another_unit_leaves_the_first_the_day_before(office: Office) -> None:
    first = alias_of(office)
    give_name(office.rights("administrator"), office.other_division, "p. công thương", localdate())
    first.refresh_from_db()
    assert first.until == localdate() - timedelta(days=1)
    assert [a.unit for a in Alias.objects.on(localdate())] == [office.other_division]


def test_name_that_a_unit_has_is_refused(office: Office) -> None:
    alias_of(office)
    with pytest.raises(Refused, match="đã có tên gọi"):
        give_name(office.rights("reviewer"), office.division, "P. CÔNG THƯƠNG", localdate())


def test_name_is_ended_once_and_may_be_given_again(office: Office) -> None:
    alias = alias_of(office)
    end_name(office.rights("reviewer"), alias.pk)
    with pytest.raises(Refused, match="đã thôi dùng"):
        end_name(office.rights("reviewer"), alias.pk)
    give_name(office.rights("reviewer"), office.division, alias.text, localdate())
    assert Alias.objects.count() == 2


def test_name_of_today_that_is_ended_never_was(office: Office) -> None:
    alias = give_name(office.rights("reviewer"), office.division, "P. ĐK", localdate())
    end_name(office.rights("reviewer"), alias.pk)
    assert not Alias.objects.exists()
    assert Entry.objects.filter(verb="unit.name_ended").count() == 1


def test_dates_of_a_name_are_kept_in_order_by_the_database(office: Office) -> None:
    alias = alias_of(office)
    with pytest.raises(IntegrityError, match="alias_dates"), transaction.atomic():
        Alias.objects.filter(pk=alias.pk).update(until=date(2019, 1, 1))


@pytest.mark.parametrize("who", ["head", "officer", "director", "clerk", "viewer"])
def test_others_give_and_end_no_name(office: Office, client: Client, who: str) -> None:
    alias = alias_of(office)
    for verb in (
        lambda: give_name(office.rights(who), office.division, "X", localdate()),
        lambda: end_name(office.rights(who), alias.pk),
        lambda: set_procedures(office.rights(who), []),
    ):
        with pytest.raises(PermissionDenied):
            verb()
    client.force_login(office[who])
    assert client.get(reverse(NAMES)).status_code == 403
    assert client.post(reverse("organization:end_name", args=[alias.pk])).status_code == 403
    assert client.post(reverse("organization:groups")).status_code == 403


@pytest.mark.parametrize("who", ["reviewer", "administrator"])
def test_page_shows_names_and_takes_new_ones(office: Office, client: Client, who: str) -> None:
    alias_of(office)
    client.force_login(office[who])
    page = client.get(reverse(NAMES)).content.decode()
    assert "P. Công thương" in page
    assert "từ 01/01/2020" in page
    answer = client.post(reverse(NAMES), {"unit": office.office.pk, "text": "VPS", "since": "03/6/2024"})
    assert answer.status_code == 302
    assert Alias.objects.get(text="VPS").since == date(2024, 6, 3)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"text": "P. Công thương"}, "đã có tên gọi"),
        ({"text": ""}, "Chưa ghi tên gọi"),
        ({"text": "x" * 201}, "Tên gọi dài quá 200 ký tự"),
        ({"unit": "0"}, "Đơn vị này không có trong danh sách"),
        ({"unit": ""}, "Chưa chọn đơn vị"),
    ],
)
def test_name_that_cannot_be_is_refused_on_the_page(
    office: Office, client: Client, given: dict[str, str], sentence: str
) -> None:
    alias_of(office)
    client.force_login(office["reviewer"])
    answer = client.post(reverse(NAMES), {"unit": office.division.pk, "text": "X", "since": "03/6/2024"} | given)
    assert sentence in answer.content.decode()
    assert Alias.objects.count() == 1


def test_group_with_procedures_is_edited(office: Office, client: Client) -> None:
    client.force_login(office["reviewer"])
    client.post(reverse("organization:groups"), {"don_vi": [office.division.pk, "x"]})
    assert [u.pk for u in Unit.objects.filter(has_procedures=True)] == [office.division.pk]
    client.post(reverse("organization:groups"), {"don_vi": [office.other_division.pk]})
    assert [u.pk for u in Unit.objects.filter(has_procedures=True)] == [office.other_division.pk]
    assert Entry.objects.filter(verb="unit.procedures_set").count() == 3


def test_names_of_another_agency_are_out_of_reach(office: Office, other_office: Office, client: Client) -> None:
    theirs = Alias.objects.create(agency=other_office.agency, unit=other_office.division, text="P. Của người")
    client.force_login(office["reviewer"])
    assert client.post(reverse("organization:end_name", args=[theirs.pk])).status_code == 404
    assert "P. Của người" not in client.get(reverse(NAMES)).content.decode()
    client.post(reverse("organization:groups"), {"don_vi": [other_office.division.pk]})
    assert not Unit.objects.filter(has_procedures=True).exists()
    give_name(office.rights("reviewer"), office.division, "P. Của người", localdate())
    theirs.refresh_from_db()
    assert theirs.until is None


def test_page_costs_the_same_with_many_names(
    office: Office, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(office["reviewer"])
    for number in (1, 3):
        for n in range(number):
            alias_of(office, f"Tên {number}.{n}")
        with django_assert_num_queries(9):
            client.get(reverse(NAMES))
