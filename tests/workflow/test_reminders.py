"""The ladder of reminders: one notice per person and rung, whatever day the job last ran."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import localdate

from audit.models import Entry
from notifications.models import Notice
from organization.enums import Role
from organization.models import Calendar, Delegation, Post, User, WorkingDay
from tests.office import START, Office, fill_calendar, last_digest, make_assignment, make_person, open_step, walk
from tests.threads import race
from workflow import services
from workflow.models import Assignment, Case, Reminder
from workflow.reminders import remind

pytestmark = pytest.mark.django_db

# 2024: Monday 04/11 … Friday 15/11; the tests' calendar knows week-ends only unless a test says more
DUE = date(2024, 11, 15)


def working(days: int, from_day: date = DUE) -> date:
    """The day that many working days after `from_day`."""
    ordinal = WorkingDay.objects.filter(day=from_day).values_list("ordinal", flat=True)[0]
    return WorkingDay.objects.filter(ordinal=ordinal + days, works=True).values_list("day", flat=True)[0]


def in_hand(office: Office, due: date = DUE, **kwargs: Any) -> Assignment:
    assignment = make_assignment(office, due=due, **kwargs)
    walk(office, assignment, "execute")
    Notice.objects.all().delete()
    return assignment


def rungs(assignment: Assignment) -> list[tuple[int, int]]:
    return list(Reminder.objects.filter(case=assignment.pk).order_by("id").values_list("rung", "to"))


def days_off(*days: date) -> None:
    """Mark these days as off and number the calendar again."""
    change(works=False, days=days)


def change(*, works: bool, days: tuple[date, ...]) -> None:
    WorkingDay.objects.filter(day__in=days).update(works=works)
    ordinal, rows = 0, list(WorkingDay.objects.order_by("calendar", "day"))
    for row in rows:
        ordinal += row.works
        WorkingDay.objects.filter(calendar=row.calendar_id, day=row.day).update(ordinal=ordinal)


@pytest.mark.parametrize(
    ("after", "rung"),
    [(-8, None), (-7, -7), (-4, -7), (-3, -3), (-2, -3), (-1, -1), (0, 0), (1, 1), (5, 1), (6, 6), (10, 6), (11, 11), (60, 56)],
)  # fmt: skip
def test_only_the_rung_in_force_is_made(office: Office, after: int, rung: int | None) -> None:
    assignment = in_hand(office)
    reminded = remind(working(after))
    expected = [] if rung is None else [(rung, office["officer"].pk)]
    assert rungs(assignment) == expected
    assert (reminded.scanned, reminded.created, reminded.already) == (1, len(expected), 0)


def test_each_rung_is_told_once_when_the_job_runs_every_day(office: Office) -> None:
    assignment = in_hand(office)
    for number in range(40):
        remind(date(2024, 10, 28) + timedelta(days=number))
    told = [rung for rung, _ in rungs(assignment)]
    assert told == [-7, -3, -1, 0, 1, 6, 11]
    assert Notice.objects.filter(kind="reminder").count() == 7


def test_running_twice_makes_nothing_twice(office: Office) -> None:
    in_hand(office)
    first, second = remind(working(-3)), remind(working(-3))
    assert (first.created, first.already, second.created, second.already) == (1, 0, 0, 1)
    assert Notice.objects.count() == 1


def test_rungs_missed_together_are_one_notice(office: Office) -> None:
    assignment = in_hand(office)
    remind(working(-7))
    remind(working(2))
    assert [rung for rung, _ in rungs(assignment)] == [-7, 1]


def test_day_off_makes_nothing_and_the_next_working_day_makes_up(office: Office) -> None:
    in_hand(office)
    saturday = date(2024, 11, 16)
    assert (remind(saturday).created, remind(saturday).scanned) == (0, 0)
    assert remind(date(2024, 11, 18)).created == 1


def test_saturday_made_a_working_day_counts(office: Office) -> None:
    assignment = in_hand(office, due=date(2024, 11, 18))
    change(works=True, days=(date(2024, 11, 16),))
    remind(date(2024, 11, 15))
    remind(date(2024, 11, 16))
    assert [rung for rung, _ in rungs(assignment)] == [-3, -1]


def test_ladder_stands_still_over_tet(office: Office) -> None:
    tet = tuple(date(2026, 2, 14) + timedelta(days=n) for n in range(9))
    days_off(*tet)
    assignment = in_hand(office, due=date(2026, 2, 13))
    for number in range(14):
        remind(date(2026, 2, 12) + timedelta(days=number))
    days = list(Reminder.objects.filter(case=assignment.pk).order_by("id").values_list("rung", "on"))
    assert days == [(-1, date(2026, 2, 12)), (0, date(2026, 2, 13)), (1, date(2026, 2, 23))]


def test_due_date_on_a_day_off_is_told_on_the_last_working_day_before(office: Office) -> None:
    assignment = in_hand(office, due=date(2024, 11, 17))
    remind(date(2024, 11, 15))
    remind(date(2024, 11, 18))
    assert [rung for rung, _ in rungs(assignment)] == [0, 1]


def test_moved_due_date_starts_its_own_ladder(office: Office) -> None:
    assignment = in_hand(office)
    remind(working(0))
    Case.objects.filter(pk=assignment.pk).update(due_on=working(3))
    assert remind(working(0)).created == 1
    assert [rung for rung, _ in rungs(assignment)] == [0, -3]


def test_unassigned_work_reminds_the_head_and_the_authorised_deputy(office: Office) -> None:
    assignment = make_assignment(office, due=DUE)
    remind(working(-1))
    assert {person for _, person in rungs(assignment)} == {office["head"].pk, office["deputy"].pk}


def test_deputy_without_authority_is_not_told(office: Office) -> None:
    Post.objects.filter(user=office["deputy"]).update(authorised=False)
    assignment = make_assignment(office, due=DUE)
    remind(working(-1))
    assert rungs(assignment) == [(-1, office["head"].pk)]


def test_person_with_two_posts_is_told_once(office: Office) -> None:
    Post.objects.create(agency=office.agency, user=office["head"], unit=office.division, role=Role.DEPUTY, authorised=True, since=START)  # fmt: skip
    make_assignment(office, due=DUE)
    remind(working(-1))
    assert Notice.objects.filter(kind="reminder", to=office["head"]).count() == 1


def test_two_people_of_one_name_are_two_people(office: Office) -> None:
    namesake = office["other_officer"]
    assert namesake.full_name == office["officer"].full_name
    mine = in_hand(office)
    theirs = make_assignment(office, due=DUE, lead=office.other_division)
    walk(office, theirs, "execute", officer="other_officer", head="other_head")
    remind(working(0))
    assert (rungs(mine), rungs(theirs)) == ([(0, office["officer"].pk)], [(0, namesake.pk)])


def delegate(office: Office, principal: str, substitute: str, roles: list[str], until: date = DUE) -> None:
    Delegation.objects.create(agency=office.agency, principal=office[principal], substitute=office[substitute], roles=roles,
                              legal_basis="Quyết định", since=START, until=until)  # fmt: skip


@pytest.mark.parametrize(
    ("roles", "until", "told"), [([], DUE, True), (["officer"], DUE, True), (["head"], DUE, False), ([], START, False)]
)
def test_substitute_of_the_officer_is_told_while_the_delegation_holds(
    office: Office, roles: list[str], until: date, told: bool
) -> None:
    delegate(office, "officer", "colleague", roles, until)
    assignment = in_hand(office)
    remind(working(0))
    people = {person for _, person in rungs(assignment)}
    assert people == {office["officer"].pk} | ({office["colleague"].pk} if told else set())


@pytest.mark.parametrize(("roles", "told"), [([], True), (["head"], True), (["officer"], False)])
def test_substitute_of_the_head_is_told_what_the_role_holds(office: Office, roles: list[str], told: bool) -> None:
    delegate(office, "head", "colleague", roles)
    assignment = make_assignment(office, due=DUE)
    remind(working(0))
    assert (office["colleague"].pk in {person for _, person in rungs(assignment)}) is told


def test_work_of_a_person_who_left_reminds_the_head(office: Office) -> None:
    assignment = in_hand(office)
    User.objects.filter(pk=office["officer"].pk).update(is_active=False)
    remind(working(0))
    assert {person for _, person in rungs(assignment)} == {office["head"].pk, office["deputy"].pk}


def test_submitted_work_is_not_reminded_and_returned_work_is_again(office: Office) -> None:
    assignment = make_assignment(office, due=DUE)
    review = walk(office, assignment, "review")
    assert (remind(working(2)).scanned, Reminder.objects.count()) == (0, 0)
    services.return_work(review.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Thiếu số liệu")
    remind(working(2))
    assert rungs(assignment) == [(1, office["officer"].pk)]


def test_work_that_has_not_opened_or_has_no_date_or_has_ended_is_not_reminded(office: Office) -> None:
    make_assignment(office, due=DUE, opens_on=DUE + timedelta(days=1))
    make_assignment(office, undated=True)
    walk(office, make_assignment(office, due=DUE), "end")
    assert remind(DUE).created == 0


def test_two_agencies_are_told_of_their_own_work_only(office: Office, other_office: Office) -> None:
    mine, theirs = in_hand(office), in_hand(other_office)
    reminded = remind(working(0))
    assert (rungs(mine), rungs(theirs)) == ([(0, office["officer"].pk)], [(0, other_office["officer"].pk)])
    assert reminded.created == 2
    lines = Entry.objects.filter(verb="reminders.owed").values_list("agency", flat=True)
    assert set(lines) == {office.agency.pk, other_office.agency.pk}


def test_agency_whose_calendar_rests_today_is_left_alone(office: Office, other_office: Office) -> None:
    resting = Calendar.objects.create(name="Nghỉ riêng")
    fill_calendar(resting)
    WorkingDay.objects.filter(calendar=resting, day=DUE).update(works=False)
    other_office.agency.settings.calendar = resting
    other_office.agency.settings.save()
    mine, theirs = in_hand(office), in_hand(other_office)
    remind(DUE)
    assert (len(rungs(mine)), len(rungs(theirs))) == (1, 0)


def test_due_date_beyond_the_calendar_is_named_and_the_others_are_still_told(office: Office) -> None:
    WorkingDay.objects.filter(day__gte=date(2029, 1, 1)).delete()
    in_hand(office, due=date(2029, 1, 2))
    near = in_hand(office, due=date(2028, 12, 28))
    reminded = remind(date(2028, 12, 28))
    assert reminded.missing == [
        f"Lịch làm việc của {office.agency.name} chưa có đủ năm 2029. Quản trị nhập lịch năm 2029, rồi chạy lại."
    ]
    assert [rung for rung, _ in rungs(near)] == [0]


def test_many_cases_cost_the_same_queries(office: Office, django_assert_num_queries: Any) -> None:
    for _ in range(5):
        make_assignment(office, due=DUE)
    with django_assert_num_queries(8):
        assert remind(DUE).created == 10


def test_command_prints_one_json_object(office: Office, capsys: Any) -> None:
    in_hand(office)
    call_command("remind", "--on", DUE.isoformat(), "--json")
    assert json.loads(capsys.readouterr().out) == {"on": "2024-11-15", "scanned": 1, "created": 1, "already": 0}


def test_command_refuses_what_is_no_date(capsys: Any) -> None:
    with pytest.raises(CommandError, match="31/02") as refusal:
        call_command("remind", "--on", "31/02/2024", "--json")
    assert (refusal.value.returncode, capsys.readouterr().out) == (2, "")


def test_command_fails_when_the_calendar_ends_and_still_prints_its_object(office: Office, capsys: Any) -> None:
    in_hand(office)
    WorkingDay.objects.filter(day__gt=DUE).delete()
    with pytest.raises(CommandError, match="năm 2030"):
        call_command("remind", "--on", "2030-01-02", "--json")
    assert json.loads(capsys.readouterr().out)["created"] == 0


def test_task_reminds_of_today(office: Office) -> None:
    from workflow.tasks import remind as task

    today = localdate()
    WorkingDay.objects.filter(day=today).update(works=True)
    assignment = in_hand(office, due=today)
    task()
    assert len(rungs(assignment)) == 1
    assert open_step(assignment).owner_id == office["officer"].pk


@pytest.mark.django_db(transaction=True)
def test_eight_jobs_at_once_make_nothing_twice(office: Office) -> None:
    for _ in range(20):
        make_assignment(office, due=DUE)
    make_person(office.division, "Thêm một người", Role.OFFICER)
    results = race([lambda: remind(DUE)] * 8)
    assert sorted(result.created for result in results) == [0] * 7 + [40]
    assert (Reminder.objects.count(), Notice.objects.filter(kind="reminder").count()) == (40, 40)
