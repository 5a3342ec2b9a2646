"""Makes the demo, from an empty database to a plan half-way through its year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.timezone import localdate, now

from audit import services as audit
from evidence.models import Document
from evidence.services import store_document
from organization.agencies import NewAgency
from organization.calendar import load_calendar
from organization.enums import Role, UnitKind
from organization.models import AgencySettings, DemoMark, LeaderInCharge, Post, Unit, User
from organization.people_file import read_people_file
from organization.people_import import import_people
from organization.rights import rights_of
from plans.enums import BeforeIssue
from plans.intake import read_file, sha256_of
from plans.models import MeasureText, Plan
from plans.services import save_draft
from plans.surveys.services import keep_survey, put_aside, read_survey
from reports import services as reports
from reports.demo.clock import at, office_hour
from reports.demo.papers import paper
from reports.demo.story import Fate, Play, Stage, fates
from reports.demo.this_year import PEOPLE, SURVEY, plan_file
from reports.enums import PeriodCode
from workflow.duedates import set_due
from workflow.issuing import decide_past, issue_plan, name_lead
from workflow.models import Case, Schedule
from workflow.planned import undecided
from workflow.reminders import remind

PASSWORD = "par-plan-trinh-dien"  # noqa: S105 - printed by the command, good for this show alone
AGENCY = NewAgency("SKHĐT", "Sở Kế hoạch và Đầu tư tỉnh Lạng Sơn", "UBND tỉnh Lạng Sơn", "Lạng Sơn")
NUMBER = "45/KH-SKHĐT"
# rows of the sample whose lead the plan does not name, and who turned out to lead them
LEADS = {"I.5": "ĐKKD"}
REMINDED_DAYS = 12
# the division whose head, officer and leader in charge are offered to sign in as
SHOWN = "ĐKKD"

Say = Callable[[str], None]


class NotEmpty(RuntimeError):
    """There are people in this database already."""


@dataclass(frozen=True)
class Account:
    """Somebody to sign in as."""

    kind: str
    user: User
    post: str


def demo_year(today: date) -> int:
    """This year, or the last one while this year's plan would be too young to show anything."""
    return today.year if today >= date(today.year, 9, 1) else today.year - 1


def issue_date(year: int) -> date:
    return date(year, 6, 18)


def build(year: int, say: Say) -> list[Account]:
    """Import people and the plan, issue it, walk its work up to now. Raises NotEmpty."""
    if DemoMark.objects.filter(finished=False).exists():
        say("Lần tạo trước bị ngắt giữa chừng, làm lại từ đầu")
        _start_over()
    if User.objects.exists():
        raise NotEmpty
    mark = DemoMark.objects.create(at=now())
    began = issue_date(year)
    with at(office_hour(began - timedelta(days=9), 8)):
        say("Nhập đơn vị, người dùng và lịch làm việc")
        agency = _people(year)
    chief = Post.objects.filter(agency=agency, role=Role.HEAD, unit__kind=UnitKind.OFFICE)[0].user
    with at(office_hour(began - timedelta(days=2), 9)):
        say("Nhập kế hoạch từ tệp Word")
        reading = read_file(BytesIO(plan_file(year)), agency, year)
        plan = save_draft(reading, agency, chief, source_name=f"ke-hoach-{year}.docx")
    with at(office_hour(began, 8, 30)):
        say("Đưa kế hoạch vào theo dõi")
        _issue(plan, chief, began)
        plan.refresh_from_db()
    with at(office_hour(began, 14)):
        say("Nhập khảo sát SIPAS mẫu")
        _survey(agency, chief)
    say("Thực hiện, nộp, rà soát, phê duyệt theo thời gian")
    play = Play()
    for fate in (*fates(Stage.of(agency, localdate()), plan.pk, began), _report(plan, year), _urging()):
        play.add(fate)
    say(f"Đã diễn {play.run()} lượt xử lý")
    mark.finished = True
    mark.save()
    return _accounts(agency)


def _start_over() -> None:
    """An unfinished demo is thrown away whole; the ledger refuses to be emptied row by row."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    call_command("migrate", verbosity=0)


def _people(year: int) -> Unit:
    with PEOPLE.open("rb") as stream:
        import_people(read_people_file(stream, settings.IMPORT_MAX_BYTES), AGENCY, None)
    agency = Unit.objects.get(kind=UnitKind.AGENCY, code=AGENCY.code)
    load_calendar(AgencySettings.objects.get(agency=agency).calendar, range(year - 1, year + 3))
    leadership = Unit.objects.get(agency=agency, kind=UnitKind.LEADERSHIP)
    for code, name, role, title in (
        ("QT0001", "Triệu Minh Quân", Role.ADMINISTRATOR, "Quản trị hệ thống"),
        ("XEM001", "Hà Thị Thu", Role.VIEWER, "Sở Nội vụ, người xem"),
    ):
        user = User.objects.create_user(code, None, agency=agency, full_name=name)
        until = date(year + 1, 12, 31) if role == Role.VIEWER else None
        Post.objects.create(
            agency=agency, user=user, unit=leadership, role=role, title=title, since=localdate(), until=until
        )
    Post.objects.filter(agency=agency, role=Role.DEPUTY, unit__code="ĐKKD").update(authorised=True)
    hashed = _hashed()
    User.objects.filter(agency=agency).update(password=hashed)
    return agency


def _hashed() -> str:
    """One slow hash for everybody: these accounts are for show."""
    user = User()
    user.set_password(PASSWORD)
    return user.password


def _survey(agency: Unit, chief: User) -> None:
    """The sample survey as it is, of 2024."""
    with SURVEY.open("rb") as stream:
        digest = sha256_of(stream)
        read = read_survey(stream, agency.pk)
    survey = put_aside(read, agency_id=agency.pk, by_id=chief.pk, filename=SURVEY.name, sha256=digest)
    keep_survey(survey.pk, survey.name, survey.year, agency_id=agency.pk, by_id=chief.pk)


def _issue(plan: Plan, chief: User, began: date) -> None:
    rights = rights_of(chief)
    signed = _paper(plan, chief, NUMBER, began, plan.title, "Kế hoạch ban hành kèm theo Phụ lục I, Phụ lục II.")
    past = {row.pk: row for row in undecided(plan, began)}
    recorded = [pk for pk, row in past.items() if row.text.code in {"I.1", "I.3"}]
    moved = [pk for pk, row in past.items() if row.text.code == "I.10"]
    dropped = [pk for pk in past if pk not in {*recorded, *moved}]
    result = _paper(
        plan,
        chief,
        f"12/KH-SKHĐT-{began.year}",
        date(began.year, 1, 15),
        "Kế hoạch CCHC năm của Sở",
        "Kế hoạch CCHC năm.",
    )
    decide_past(plan.pk, recorded, BeforeIssue.RECORDED, rights, result=result)
    decide_past(plan.pk, moved, BeforeIssue.MOVED, rights, new_due_on=began + timedelta(days=30))
    decide_past(plan.pk, dropped, BeforeIssue.DROPPED, rights)
    issue_plan(plan.pk, rights, number=NUMBER, issued_on=began, signed_document=signed)
    for code, unit in LEADS.items():
        appendix, order = code.split(".")
        text = MeasureText.objects.get(version__plan=plan, appendix=appendix, order=order)
        name_lead(text.pk, [Unit.objects.get(agency_id=plan.agency_id, code=unit)], rights)
    waiting = Case.objects.filter(plan=plan, schedule=Schedule.UNDATED).order_by("pk").first()
    if waiting:
        set_due(
            waiting.pk,
            date(began.year, 11, 10),
            rights,
            note="Theo kế hoạch của Sở Nội vụ",
            document_text="Công văn 215/SNV-CCHC",
        )


def _paper(plan: Plan, by: User, number: str, dated: date, abstract: str, statement: str) -> Document:
    file = paper(
        agency=plan.agency.name,
        unit=plan.agency.name,
        number=number,
        dated=dated,
        abstract=abstract,
        statement=statement,
    )
    with audit.transaction():
        return store_document(agency_id=plan.agency_id, by=by, number=number, dated=dated, issuer=plan.agency.name, abstract=abstract,
                              files=[file])  # fmt: skip


def _report(plan: Plan, year: int) -> Fate:
    """The report of nine months: compiled, returned once, compiled again, approved."""
    reviewer = Post.objects.filter(agency_id=plan.agency_id, role=Role.REVIEWER).order_by("-user__code")[0].user
    signer = Post.objects.filter(agency_id=plan.agency_id, role=Role.LEADER).order_by("user__code")[0].user
    day = date(year, 9, 15)

    def compiled() -> str:
        asked = reports.request_report(plan, PeriodCode.NINE_MONTHS, signer, rights_of(reviewer))
        reports.compile_version(asked.pk)
        asked.refresh_from_db()
        return asked.digest

    def step() -> int:
        return Case.objects.get(report__plan=plan, finished=None).task_set.get(finished=None).pk

    yield office_hour(day, 9)
    digest = compiled()
    reports.present(step(), rights_of(reviewer), seen=digest)
    yield office_hour(day + timedelta(days=1), 9)
    reports.send_back(
        step(), rights_of(signer), seen=digest, reason="Nêu rõ nguyên nhân các nhiệm vụ quá hạn tại mục II."
    )
    yield office_hour(day + timedelta(days=1), 15)
    digest = compiled()
    reports.present(step(), rights_of(reviewer), seen=digest)
    yield office_hour(day + timedelta(days=2), 8)
    reports.approve(step(), rights_of(signer), seen=digest)


def _urging() -> Fate:
    """The morning job of the last days."""
    day = localdate() - timedelta(days=REMINDED_DAYS)
    while day <= localdate():
        moment = datetime.combine(day, datetime.min.time()).replace(
            hour=7, minute=30, tzinfo=office_hour(day, 8).tzinfo
        )
        yield moment
        remind(day)
        day += timedelta(days=1)


def _accounts(agency: Unit) -> list[Account]:
    """One for each kind of person, those with something waiting first."""
    posts = Post.objects.on(localdate()).filter(agency=agency).select_related("user", "unit").order_by("user__code")

    shown = LeaderInCharge.objects.on(localdate()).filter(agency=agency, unit__code=SHOWN).order_by("-since")[0].leader

    def one(kind: str, role: Role, **where: str) -> Account:
        post = posts.filter(role=role, **where)[0]
        return Account(kind, post.user, f"{post.title}, {post.unit.name}")

    return [
        one("Văn phòng rà soát", Role.REVIEWER, title="Đầu mối CCHC"),
        one("Chánh Văn phòng", Role.HEAD, unit__kind=UnitKind.OFFICE),
        one("Lãnh đạo phụ trách", Role.LEADER, user__code=shown.code),
        one("Giám đốc", Role.DIRECTOR),
        one("Trưởng phòng", Role.HEAD, unit__code=SHOWN),
        one("Chuyên viên", Role.OFFICER, unit__code=SHOWN),
        one("Văn thư", Role.CLERK),
        one("Người xem", Role.VIEWER),
        one("Quản trị hệ thống", Role.ADMINISTRATOR),
    ]
