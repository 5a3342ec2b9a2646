"""Puts a read file of units and people into an agency. Again is an update: nothing is ever there twice.

Whoever is not in the file stays as they are. Whoever changes post or unit in the file leaves the earlier one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import models
from django.db.transaction import set_rollback
from django.utils.timezone import localdate

from audit import services as audit
from audit.models import Stream
from organization.agencies import NewAgency, ensure_agency
from organization.enums import LEADERS, UNIT_ROLES, Role, UnitKind
from organization.models import Alias, LeaderInCharge, Post, Unit, User
from organization.people import name_leader
from organization.people_file import PeopleFile, PersonRow, Problem, UnitRow, problem_of
from organization.vietnamese import fold

OFFICE_NAMES = frozenset({"van phong", "van phong so"})
FROM_TITLES = UNIT_ROLES | LEADERS | {Role.CLERK}

# The first pattern that fits the folded chức vụ decides. A director of a unit is its head.
TITLES: tuple[tuple[re.Pattern[str], tuple[Role, ...]], ...] = tuple(
    (re.compile(pattern), roles)
    for pattern, roles in (
        (r"dau moi", (Role.FOCAL, Role.OFFICER)),
        (r"^pho giam doc", (Role.LEADER,)),
        (r"^(quyen )?giam doc", (Role.DIRECTOR,)),
        (r"^pho\b", (Role.DEPUTY,)),
        (r"^(quyen )?(chanh|truong)\b", (Role.HEAD,)),
        (r"^van thu", (Role.CLERK,)),
        (r"^(chuyen vien|thanh tra vien|can su|nhan vien)", (Role.OFFICER,)),
    )
)
REVIEWING = frozenset({Role.HEAD, Role.DEPUTY, Role.FOCAL})
IN_A_UNIT = {Role.DIRECTOR: Role.HEAD, Role.LEADER: Role.DEPUTY}


@dataclass
class Result:
    agency: Unit
    units: int = 0
    people: int = 0
    added: int = 0
    problems: list[Problem] = field(default_factory=list)


class NothingImported(Exception):
    """No row of the file could be used; nothing was kept."""

    def __init__(self, result: Result) -> None:
        self.result = result
        super().__init__("Không có dòng nào nhập được. Sửa các lỗi đã nêu rồi nhập lại.")


def roles_of(title: str, unit: Unit) -> tuple[Role, ...]:
    """What a chức vụ lets its holder do in this unit; nothing where the words are not known."""
    plain = fold(title)
    roles = next((roles for pattern, roles in TITLES if pattern.search(plain)), ())
    if unit.kind != UnitKind.LEADERSHIP:
        roles = tuple(IN_A_UNIT.get(role, role) for role in roles)
    if unit.kind == UnitKind.OFFICE and REVIEWING & set(roles):
        roles += (Role.REVIEWER,)
    return roles


def import_people(read: PeopleFile, agency: Unit | NewAgency, actor: int | None) -> Result:
    """One transaction: all the rows without problems. Raises NothingImported where there is none such."""
    with audit.transaction():
        found = ensure_agency(agency) if isinstance(agency, NewAgency) else agency
        result = Import(found, read).run()
        if not result.people:
            raise NothingImported(result)
        audit.record(
            "people.imported", f"unit:{found.pk}", agency=found.pk, actor=actor, stream=Stream.ACCESS,
            units=result.units, people=result.people, problems=len(result.problems),
        )  # fmt: skip
    return result


def rehearse(read: PeopleFile, agency: Unit) -> Result:
    """What `import_people` would do, with nothing kept."""
    with audit.transaction():
        result = Import(agency, read).run()
        set_rollback(True)
    return result


class Import:
    def __init__(self, agency: Unit, read: PeopleFile) -> None:
        self.agency, self.read, self.today = agency, read, localdate()
        self.result = Result(agency, problems=list(read.problems))
        self.units: dict[str, Unit] = {}
        self.by_code: dict[str, Unit] = {}
        self.people: dict[str, User] = {}
        self.posts: dict[int, list[Post]] = {}

    def run(self) -> Result:
        Unit.objects.select_for_update().get(pk=self.agency.pk)  # two imports at once: one after the other
        self._know_units()
        for number, unit_row in enumerate(self.read.units, 1):
            self._save_unit(unit_row, number)
        self._know_people()
        for person_row in self.read.people:
            self._save_person(person_row)
        for unit_row in self.read.units:
            self._put_in_charge(unit_row)
        self.result.problems.sort(key=lambda problem: (problem.row or 0, problem.message))
        return self.result

    # --- units
    def _know_units(self) -> None:
        for unit in Unit.objects.filter(agency=self.agency).prefetch_related("aliases"):
            self._know(unit, [alias.folded for alias in unit.aliases.all()])

    def _know(self, unit: Unit, aliases: Iterable[str]) -> None:
        self.by_code[unit.code.upper()] = unit
        for name in (*aliases, fold(unit.code), fold(unit.name)):
            self.units[name] = unit

    def _save_unit(self, row: UnitRow, position: int) -> None:
        unit = self.by_code.get(row.code.upper()) or Unit(agency=self.agency, parent=self.agency, code=row.code)
        unit.name, unit.position, unit.has_procedures = row.name, position, row.has_procedures
        if not unit.pk:
            names = {fold(name) for name in (row.name, *row.aliases)}
            unit.kind = UnitKind.OFFICE if names & OFFICE_NAMES else UnitKind.DIVISION
        unit.save()
        for text in row.aliases:
            if not unit.aliases.filter(folded=fold(text)).exists():
                Alias.objects.create(unit=unit, agency=self.agency, text=text)
        self._know(unit, map(fold, row.aliases))
        self.result.units += 1

    def _put_in_charge(self, row: UnitRow) -> None:
        if not row.leader:
            return
        leader = self.people.get(row.leader.upper())
        posts = self.posts.get(leader.pk, []) if leader and leader.agency_id == self.agency.pk else []
        leading = [post for post in posts if post.role in LEADERS and (not post.until or post.until >= self.today)]
        if not leader or not leading:
            self._problem(
                row, row.leader_column,
                f"mã {row.leader} không phải một lãnh đạo. Đơn vị {row.name} được nhập mà chưa có lãnh đạo phụ trách.",
            )  # fmt: skip
            return
        unit = self.by_code[row.code.upper()]
        current = LeaderInCharge.objects.on(self.today).filter(unit=unit).order_by("-since").first()
        if current is None or current.leader_id != leader.pk:
            since = self.today if current else min(leading[0].since, self.today)
            name_leader(self.agency.pk, unit, leader, since)

    # --- people
    def _know_people(self) -> None:
        codes = {row.code.upper() for row in self.read.people} | {row.leader.upper() for row in self.read.units}
        known = User.objects.alias(upper=models.functions.Upper("code")).filter(upper__in=codes)
        self.people = {user.code.upper(): user for user in known}
        for post in Post.objects.filter(user__in=self.people.values()).order_by("since", "pk"):
            self.posts.setdefault(post.user_id, []).append(post)

    def _save_person(self, row: PersonRow) -> None:
        unit = self.units.get(fold(row.unit))
        if unit is None:
            self._problem(row, row.unit_column, f"“{row.unit}” không phải tên một đơn vị. Sửa theo tên ở bảng đơn vị.")
            return
        wanted = self._wanted(row, unit)
        if wanted is None:
            return
        user = self.people.get(row.code.upper())
        if user and user.agency_id != self.agency.pk:
            self._problem(row, row.code_column, f"mã {row.code} đã thuộc một cơ quan khác. Kiểm tra lại mã.")
            return
        user = self._save_user(user, row)
        self._save_posts(user, unit, wanted, row)
        self.result.people += 1

    def _wanted(self, row: PersonRow, unit: Unit) -> dict[Role, str] | None:
        """Each role with the chức vụ that gives it."""
        wanted: dict[Role, str] = {}
        for title in row.titles:
            roles = roles_of(title, unit)
            if not roles:
                self._problem(
                    row, row.title_column,
                    f"chưa biết chức vụ “{title}”. Dùng một trong các chức vụ: Giám đốc, Phó Giám đốc, Trưởng phòng, "
                    "Phó Trưởng phòng, Chánh, Phó Chánh, Đầu mối CCHC, Chuyên viên, Văn thư.",
                )  # fmt: skip
                return None
            wanted |= {role: title for role in roles if role not in wanted}
        return wanted

    def _save_user(self, user: User | None, row: PersonRow) -> User:
        if user is None:
            user = User(agency=self.agency, code=row.code)
            user.set_unusable_password()
            self.result.added += 1
        user.full_name = row.name
        user.email, user.phone = row.email or user.email, row.phone or user.phone
        user.save()
        self.people[row.code.upper()] = user
        return user

    def _save_posts(self, user: User, unit: Unit, wanted: dict[Role, str], row: PersonRow) -> None:
        since = row.since or self.today
        held = self.posts.setdefault(user.pk, [])
        self._end_left_posts(held, unit, wanted, since)
        for role, title in wanted.items():
            post = _same_post(held, unit, role, since, self.today)
            if post is None:
                post = Post(agency=self.agency, user=user, unit=unit, role=role, since=since)
                held.append(post)
            elif row.since:
                post.since = row.since
            post.title, post.until = title[:100], row.until
            post.save()

    def _end_left_posts(self, held: list[Post], unit: Unit, wanted: dict[Role, str], since: date) -> None:
        """A reviewer's post given by hand stays for as long as the chức vụ stays."""
        current = [post for post in held if post.until is None or post.until >= self.today]
        left = [
            post
            for post in current
            if post.role in FROM_TITLES and not (post.unit_id == unit.pk and post.role in wanted)
        ]
        if left:
            left += [
                post
                for post in current
                if post.role == Role.REVIEWER and not (post.unit_id == unit.pk and Role.REVIEWER in wanted)
            ]
        for post in left:
            post.until = max(post.since, min(since, self.today) - timedelta(days=1))
            post.save()

    def _problem(self, row: UnitRow | PersonRow, column: str, message: str) -> None:
        self.result.problems.append(problem_of(row.sheet, row.row, column, message))


def _same_post(held: list[Post], unit: Unit, role: Role, since: date, today: date) -> Post | None:
    same = [post for post in held if post.unit_id == unit.pk and post.role == role]
    return next((post for post in same if post.since == since), None) or next(
        (post for post in same if post.until is None or post.until >= today), None
    )
