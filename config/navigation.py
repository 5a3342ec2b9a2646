"""What the shell of every page shows: the agency, the person, where one can go, what waits."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse

from notifications.selectors import unread_count
from organization.enums import LEADERS, Role
from organization.models import Post, Unit, User
from organization.rights import Rights
from workflow.selectors import inbox_count

# How many things wait behind an address, by its name; the bell is "notifications:list".
COUNTS: dict[str, Callable[[HttpRequest], int]] = {
    "notifications:list": lambda request: unread_count(request.user.pk),  # type: ignore[arg-type] # signed in
    "workflow:inbox": lambda request: inbox_count(request.rights),  # type: ignore[attr-defined]
}


@dataclass(frozen=True)
class Place:
    """One line of the side bar; `short` is its word in a phone's tab bar."""

    words: str
    short: str
    name: str
    icon: str
    url: str = ""
    count: int = 0
    current: bool = False


INBOX = Place("Việc cần xử lý", "Cần xử lý", "workflow:inbox", "inbox")
APPROVALS = replace(INBOX, words="Chờ phê duyệt", short="Chờ duyệt", icon="pen")
TASKS = Place("Nhiệm vụ", "Nhiệm vụ", "workflow:tasks", "list")
OWN_TASKS = replace(TASKS, words="Nhiệm vụ của phòng")
ASSIGN = Place("Phân công", "Phân công", "workflow:assign_all", "people")
URGING = Place("Đôn đốc", "Đôn đốc", "workflow:urging", "horn")
PLANS = Place("Kế hoạch", "Kế hoạch", "plans:list", "book")
CONFIRMED = Place("Văn phòng đã xác nhận", "Đã xác nhận", "workflow:confirmed", "patch-check")
SLIPS = Place("Phiếu trình", "Phiếu trình", "workflow:slips", "copy")
REPORTS = Place("Báo cáo", "Báo cáo", "reports:list", "doc")
OVERVIEW = Place("Tổng quan", "Tổng quan", "reports:overview", "chart")
EVIDENCE = Place("Tài liệu kiểm chứng", "Tài liệu", "workflow:documents", "folder")
CRITERIA = Place("Bộ tiêu chí, điểm", "Tiêu chí", "plans:criteria", "target")
SELF_SCORING = Place("Tự chấm điểm", "Tự chấm", "plans:self_scoring", "pen")
FORECAST = Place("Dự báo điểm", "Dự báo", "reports:forecast", "target")
STAKE = Place("Điểm có nguy cơ mất", "Điểm", "workflow:stake", "target")
SIPAS = Place("Khảo sát SIPAS", "SIPAS", "plans:sipas", "smile")
CALENDAR = Place("Lịch làm việc", "Lịch", "organization:calendar", "week")
PEOPLE = Place("Đơn vị, người dùng", "Đơn vị", "organization:people", "people")
NAMES = Place("Tên gọi, nhóm đơn vị", "Tên gọi", "organization:names", "people")
QUALITY = Place("Chất lượng nộp", "Chất lượng", "workflow:quality", "patch-check")
BEYOND = Place("Quá thời gian xử lý", "Quá lâu", "workflow:beyond", "hourglass-split")
SETTINGS = Place("Thời gian xử lý", "Thời gian", "organization:settings", "gear")
FAILED = Place("Thông báo gửi lỗi", "Gửi lỗi", "notifications:failed", "warn")
LEDGER = Place("Nhật ký thao tác", "Nhật ký", "audit:list", "history")


@dataclass(frozen=True)
class Menu:
    roles: frozenset[Role]
    places: tuple[Place, ...]
    settings: tuple[Place, ...] = ()
    tabs: tuple[Place, ...] = ()


ADMINISTRATION = (PEOPLE, CALENDAR, SETTINGS, FAILED, LEDGER)

# The first menu that has one of the person's roles is theirs.
MENUS = (
    Menu(
        LEADERS,
        (
            APPROVALS,
            SLIPS,
            OVERVIEW,
            REPORTS,
            TASKS,
            CONFIRMED,
            BEYOND,
            QUALITY,
            STAKE,
            FORECAST,
            CRITERIA,
            SELF_SCORING,
            SIPAS,
        ),
        (),
        (APPROVALS, OVERVIEW, REPORTS, TASKS),
    ),
    Menu(
        frozenset({Role.REVIEWER}),
        (INBOX, SLIPS, OVERVIEW, TASKS, CONFIRMED, URGING, BEYOND, QUALITY, PLANS, REPORTS, EVIDENCE),
        (CRITERIA, SELF_SCORING, STAKE, FORECAST, SIPAS, NAMES, CALENDAR, SETTINGS),
        (INBOX, OVERVIEW, TASKS, REPORTS),
    ),
    Menu(
        frozenset({Role.CLERK}),
        (replace(INBOX, words="Chờ cấp số", short="Chờ cấp số", icon="hash"), REPORTS, PLANS, EVIDENCE),
    ),
    Menu(
        frozenset({Role.HEAD, Role.DEPUTY}),
        (INBOX, OWN_TASKS, ASSIGN, STAKE, CRITERIA, SELF_SCORING, QUALITY, EVIDENCE, PLANS),
        (),
        (INBOX, OWN_TASKS, EVIDENCE, PLANS),
    ),
    Menu(
        frozenset({Role.OFFICER, Role.FOCAL}),
        (INBOX, OWN_TASKS, EVIDENCE, PLANS, SELF_SCORING),
        (),
        (INBOX, OWN_TASKS, EVIDENCE, PLANS),
    ),
    Menu(frozenset({Role.VIEWER}), (OVERVIEW, TASKS, REPORTS, PLANS, SIPAS), (), (OVERVIEW, TASKS, REPORTS, PLANS)),
    Menu(frozenset({Role.ADMINISTRATOR}), ADMINISTRATION, (), (PEOPLE, CALENDAR, SETTINGS, LEDGER)),
)
NOBODY = Menu(frozenset(), (INBOX,))


def menu_for(roles: Iterable[Role]) -> Menu:
    held = frozenset(roles)
    menu = next((menu for menu in MENUS if menu.roles & held), NOBODY)
    if Role.ADMINISTRATOR in held and menu.places != ADMINISTRATION:
        settings = menu.settings + tuple(place for place in ADMINISTRATION if place not in menu.settings)
        menu = replace(menu, settings=settings)
    return menu


class Shell:
    """Asked for by templates piece by piece, so that a fragment without the shell costs no query."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def user(self) -> User | None:
        user: User | AnonymousUser = self.request.user
        return None if isinstance(user, AnonymousUser) else user

    @cached_property
    def rights(self) -> Rights | None:
        return self.request.rights  # type: ignore[attr-defined]

    @cached_property
    def posts(self) -> tuple[Post, ...]:
        return self.rights.posts if self.rights else ()

    @cached_property
    def agency(self) -> str:
        """The person's agency; before sign-in, the only one there is."""
        if self.posts:
            return self.posts[0].agency.name
        if self.rights:
            return self.rights.agency.name
        names = Unit.objects.filter(agency=None, until=None).values_list("name", flat=True)[:2]
        return names[0] if len(names) == 1 else ""

    @cached_property
    def person(self) -> dict[str, str]:
        """Name and post: «Trưởng phòng, Thanh tra»."""
        return {"name": self.user.full_name if self.user else "", "post": _post_words(self.posts)}

    @cached_property
    def menu(self) -> Menu:
        return menu_for(self.rights.roles if self.rights else ())

    @cached_property
    def places(self) -> list[Place]:
        return self._open(self.menu.places)

    @cached_property
    def settings(self) -> list[Place]:
        return self._open(self.menu.settings)

    @cached_property
    def tabs(self) -> list[Place]:
        return self._open(self.menu.tabs or self.menu.places)[:4]

    @cached_property
    def more(self) -> list[Place]:
        """What the tab bar has no room for."""
        shown = {place.url for place in self.tabs}
        return [place for place in (*self.places, *self.settings) if place.url not in shown]

    @cached_property
    def search_url(self) -> str:
        return address("workflow:tasks")

    @cached_property
    def notices_url(self) -> str:
        return address("notifications:list")

    @cached_property
    def unread(self) -> int:
        return self._count("notifications:list")

    @cached_property
    def here(self) -> str:
        """The address of the place that this page belongs to: the longest that its path begins with."""
        every = (address(place.name) for place in (*self.menu.places, *self.menu.settings))
        return max((url for url in every if url and self.request.path.startswith(url)), key=len, default="")

    @cached_property
    def _counted(self) -> dict[str, int]:
        """Begins with what the view has counted already for its own page."""
        return dict(getattr(self.request, "counted", {}))

    def _count(self, name: str) -> int:
        if name not in self._counted:
            count = COUNTS.get(name)
            self._counted[name] = count(self.request) if count and self.rights else 0
        return self._counted[name]

    def _open(self, places: Iterable[Place]) -> list[Place]:
        return list(self._those_that_exist(places))

    def _those_that_exist(self, places: Iterable[Place]) -> Iterator[Place]:
        for place in places:
            if url := address(place.name):
                yield replace(place, url=url, count=self._count(place.name), current=url == self.here)


def _post_words(posts: tuple[Post, ...]) -> str:
    if not posts:
        return ""
    post = posts[0]
    title = post.title or post.get_role_display()
    return title if post.role in LEADERS else f"{title}, {post.unit.name}"


def address(name: str) -> str:
    """The address of that name, or nothing where no room has brought it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"shell": Shell(request)}


def home(request: HttpRequest) -> HttpResponseRedirect:
    """The first place of the person's menu: what waits for them, or what they came to see."""
    return HttpResponseRedirect(address(Shell(request).menu.places[0].name))
