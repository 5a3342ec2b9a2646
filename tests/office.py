"""A small office for tests: units, people, a calendar, plans and assignments."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.utils.timezone import localdate, now

from audit import services as audit
from evidence.models import Document
from organization.enums import Role, UnitKind
from organization.models import AgencySettings, Calendar, LeaderInCharge, Letterhead, Post, Unit, User, WorkingDay
from organization.rights import Rights, rights_of
from plans.enums import OwnerKind, Part
from plans.models import Measure, MeasureCriterion, MeasureText, MeasureUnit, Occurrence, Plan, PlanVersion
from workflow import engine
from workflow.flows import AssignmentFlow
from workflow.models import Assignment, Case, Schedule, Step

START = date(2020, 1, 1)
PASSWORD = "mat-khau-rat-dai-2024"
numbers = itertools.count(1)


@dataclass
class Office:
    agency: Unit
    leadership: Unit
    office: Unit
    division: Unit
    other_division: Unit
    people: dict[str, User] = field(default_factory=dict)

    def __getitem__(self, name: str) -> User:
        return self.people[name]

    def rights(self, name: str) -> Rights:
        return rights_of(self.people[name])


@functools.cache
def hashed_password() -> str:
    """Argon2 is slow on purpose; people in tests share one hash."""
    return make_password(PASSWORD)


def make_person(unit: Unit, full_name: str, *roles: Role, authorised: bool = False, until: date | None = None) -> User:
    agency = unit.agency or unit
    number = next(numbers)
    user = User.objects.create(code=f"CC{number:05d}", password=hashed_password(), agency=agency, full_name=full_name,
                               email=f"cc{number}@vidu.example")  # fmt: skip
    for role in roles:
        ends = until or (date(2099, 12, 31) if role == Role.VIEWER else None)
        Post.objects.create(agency=agency, user=user, unit=unit, role=role, title=role.label, since=START, until=ends,
                            authorised=authorised and role == Role.DEPUTY)  # fmt: skip
    return user


def make_office(code: str) -> Office:
    agency = Unit.objects.create(kind=UnitKind.AGENCY, code=code, name=f"Sở {code}")
    calendar, made = Calendar.objects.get_or_create(name="Việt Nam")
    if made:
        fill_calendar(calendar)
    AgencySettings.objects.create(agency=agency, calendar=calendar)
    Letterhead.objects.create(
        agency=agency, superior="UBND tỉnh Lạng Sơn", name=agency.name, symbol=code, place="Lạng Sơn"
    )

    def unit(kind: UnitKind, short: str, name: str) -> Unit:
        return Unit.objects.create(agency=agency, parent=agency, kind=kind, code=short, name=name)

    here = Office(
        agency,
        unit(UnitKind.LEADERSHIP, "LĐ", "Lãnh đạo Sở"),
        unit(UnitKind.OFFICE, "VP", "Văn phòng"),
        unit(UnitKind.DIVISION, "ĐKKD", "Phòng Đăng ký kinh doanh"),
        unit(UnitKind.DIVISION, "KTN", "Phòng Kinh tế ngành"),
    )
    here.people = {
        "director": make_person(here.leadership, "Chu Đức Ưng", Role.DIRECTOR),
        "leader": make_person(here.leadership, "Nông Đức Ánh", Role.LEADER),
        "other_leader": make_person(here.leadership, "Chu Đức Ế", Role.LEADER),
        "chief": make_person(here.office, "Hoàng Thu Nam", Role.HEAD, Role.REVIEWER),
        "reviewer": make_person(here.office, "Nguyễn Đức Hạnh", Role.FOCAL, Role.REVIEWER),
        "office_officer": make_person(here.office, "Lương Thu Quyên", Role.OFFICER),
        "clerk": make_person(here.office, "Nguyễn Thị Lan", Role.CLERK),
        "head": make_person(here.division, "Lương Thu Hạnh", Role.HEAD),
        "deputy": make_person(here.division, "Lý Minh Hạnh", Role.DEPUTY, authorised=True),
        "officer": make_person(here.division, "Nguyễn Văn Hùng", Role.OFFICER),
        "colleague": make_person(here.division, "Nông Thị Thuỳ", Role.OFFICER),
        "other_head": make_person(here.other_division, "Nguyễn Văn Ánh", Role.HEAD),
        "other_officer": make_person(here.other_division, "Nguyễn Văn Hùng", Role.OFFICER),
        "viewer": make_person(here.leadership, "Lý Thị Ế", Role.VIEWER),
        "administrator": make_person(here.leadership, "Vi Thị Sơn", Role.ADMINISTRATOR),
    }
    for division in (here.division, here.other_division, here.office):
        LeaderInCharge.objects.create(agency=agency, leader=here["leader"], unit=division, since=START)
    return here


def fill_calendar(calendar: Calendar, since: date = date(2023, 1, 1), until: date = date(2029, 12, 31)) -> None:
    """Weekdays work, week-ends do not."""
    ordinal, days, day = 0, [], since
    while day <= until:
        works = day.isoweekday() < 6
        ordinal += works
        days.append(WorkingDay(calendar=calendar, day=day, works=works, ordinal=ordinal))
        day += timedelta(days=1)
    WorkingDay.objects.bulk_create(days, batch_size=2000)


def make_plan(office: Office, year: int | None = None) -> PlanVersion:
    year = year or localdate().year
    number = next(numbers)
    plan = Plan.objects.create(agency=office.agency, year=year, title=f"Kế hoạch năm {year}", number=f"{number}/KH", issued_on=date(year, 1, 5),
                               by=office["chief"], at=now(), issued_by=office["chief"], issued_at=now())  # fmt: skip
    return PlanVersion.objects.create(plan=plan, at=now())


def make_measure(
    office: Office, version: PlanVersion, *, lead: Unit, task: str = "Số hóa hồ sơ", due: date | None = None
) -> Measure:
    position = next(numbers)
    measure = Measure.objects.create(agency=office.agency, plan=version.plan)
    text = MeasureText.objects.create(measure=measure, version=version, position=position, appendix="I", order=str(position), field="I. CHỈ ĐẠO",
                                      task=task, product="Báo cáo", deadline_kind="date", points=Decimal("1.50"))  # fmt: skip
    MeasureUnit.objects.create(text=text, part=Part.LEAD, position=1, written=lead.name, kind=OwnerKind.UNIT, unit=lead)
    MeasureCriterion.objects.create(text=text, position=1, code="3.3.3", name="Tỷ lệ số hóa", points=Decimal("1.50"))
    if due:
        Occurrence.objects.create(text=text, number=1, begins_on=START, due_on=due)
    return measure


def make_assignment(
    office: Office, *, lead: Unit | None = None, due: date | None = None, opens_on: date | None = None,
    version: PlanVersion | None = None, task: str = "Số hóa hồ sơ", undated: bool = False,
) -> Assignment:  # fmt: skip
    """One assignment at its first step, begun through the engine."""
    lead = lead or office.division
    due = None if undated else due or localdate() + timedelta(days=30)
    version = version or make_plan(office)
    measure = make_measure(office, version, lead=lead, task=task, due=due)
    case = Case(
        agency=office.agency, unit=lead, plan=version.plan, code=f"I.{next(numbers)}", title=task, points=Decimal("1.50"),
        schedule=Schedule.UNDATED if undated else Schedule.DATED, original_due_on=due, due_on=due, opens_on=opens_on or START,
    )  # fmt: skip
    assignment = Assignment(agency=office.agency, measure=measure, unit=lead)
    with audit.transaction():
        engine.start(case, assignment, AssignmentFlow.start, office.rights("chief"))
    return assignment


def open_step(assignment: Assignment) -> Step:
    return Step.objects.get(process_id=assignment.pk, finished=None)


def make_document(office: Office, by: User, abstract: str = "Báo cáo kết quả", number: str = "") -> Document:
    return Document.objects.create(agency=office.agency, number=number or f"{next(numbers)}/BC-SKHĐT", dated=localdate(), issuer="Sở", abstract=abstract,
                                   by=by, at=now())  # fmt: skip


def walk(
    office: Office,
    assignment: Assignment,
    until: str,
    officer: str = "officer",
    head: str = "head",
    statement: str = "Đã xong",
) -> Step:
    """Move an assignment forward by the front door until its open step is `until` ("end" for the whole way)."""
    from workflow import services

    step = open_step(assignment)
    while step.finished is None and step.stage != until:
        match step.stage:
            case "assign":
                step = services.assign(step.pk, office[officer], office.rights(head))
            case "execute":
                step = services.finish(step.pk, office.rights(officer), statement=statement)
            case "submit":
                step = services.submit(step.pk, office.rights(head), statement=statement)
            case "review":
                step = services.accept(step.pk, office.rights("reviewer"), seen=last_digest(assignment))
            case "approve":
                step = services.approve(step.pk, rights_of(step.owner), seen=last_digest(assignment))
    return step


def last_digest(assignment: Assignment) -> str:
    return assignment.submissions.order_by("-number").values_list("digest", flat=True)[0]
