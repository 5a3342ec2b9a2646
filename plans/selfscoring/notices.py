"""Who is told of a đợt tự chấm, how it reads, and whether it still stands. Called inside the verb's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import localdate, now

from notifications.models import Notice
from notifications.registry import Said, register
from organization.enums import LEADERS, Role
from organization.models import Delegation, Post, Unit, User
from organization.rights import Rights
from organization.vietnamese import acting, counted, short_date
from plans.criteria.models import Criterion
from plans.selfscoring.checks import lost, share_of
from plans.selfscoring.models import ScoringMove, ScoringRound, ScoringShare
from plans.selfscoring.states import MOVES, ShareState, State

HEADS = (Role.HEAD, Role.DEPUTY)
OF_OFFICE = frozenset({Role.REVIEWER})
MOVED, DATES, SHARED, HANDED_IN, RETURNED, REMINDER = (
    "scoring.moved", "scoring.dates", "scoring.shared", "scoring.handed-in", "scoring.returned", "scoring.reminder",
)  # fmt: skip
GONE = Said("Đợt tự chấm không còn", "Đợt tự chấm của thông báo này không còn trong chương trình.", "")
# whom each move concerns: the units that have criteria, Văn phòng, leadership
TOLD = {
    "open": "units", "assemble": "units", "present": "leaders", "give-back": "office", "close": "units office",
    "explain": "lost", "finish": "units office leaders", "reopen": "units office", "reopen-final": "units office",
}  # fmt: skip


def moved(found: ScoringRound, made: ScoringMove, criteria: Collection[Criterion], rights: Rights) -> None:
    told = TOLD[made.verb].split()
    posts = Q(pk=None)
    if "units" in told:
        posts |= of_units(share.unit_id for one in criteria if (share := share_of(one)))
    if "lost" in told:
        posts |= of_units(share.unit_id for one in criteria if lost(one) and (share := share_of(one)))
    if "office" in told:
        posts |= Q(role__in=OF_OFFICE)
    if "leaders" in told:
        posts |= Q(role__in=LEADERS)
    _owe(MOVED, found, posts, rights, mark=str(made.pk), verb=made.verb, target=made.target, note=made.note)


def dates_changed(found: ScoringRound, rights: Rights) -> None:
    """Units hear of it while a date of theirs runs."""
    if found.state in {State.OPEN, State.CHECKING, State.EXPLAINING}:
        units = found.shares.order_by("unit").values_list("unit", flat=True).distinct()
        _owe(DATES, found, of_units(units), rights, due=found.due_on.isoformat() if found.due_on else "")


def shared(
    found: ScoringRound, before: Mapping[int, int | None], after: Mapping[int, int | None], rights: Rights
) -> None:
    """Once the round is open: each unit that gained or lost criteria."""
    if found.state == State.PREPARING:
        return
    for unit in sorted({unit for unit in (*before.values(), *after.values()) if unit}):
        gained = sum(after[key] == unit for key in after)
        gone = sum(before[key] == unit for key in before)
        _owe(SHARED, found, of_units([unit]), rights, gained=gained, gone=gone, unit=unit)


def handed_in(found: ScoringRound, unit: Unit, number: int, rights: Rights) -> None:
    _owe(HANDED_IN, found, Q(role__in=OF_OFFICE), rights, unit=unit.name, number=number)


def sent_back(found: ScoringRound, share: ScoringShare, rights: Rights) -> None:
    one = share.criterion
    _owe(RETURNED, found, of_units([share.unit_id]), rights, criterion=one.pk, code=one.code, name=one.name, note=share.reason,
         until=share.until.isoformat() if share.until else "")  # fmt: skip


def of_units(units: Iterable[int]) -> Q:
    heads = Q(role__in=(Role.HEAD, Role.FOCAL)) | Q(role=Role.DEPUTY, authorised=True)
    return heads & Q(unit__in=set(units))


def reminded(found: ScoringRound, posts: Q, due: date, rung: int, number: int, on: date) -> int:
    """A rung of the ladder, once to each person. How many are new."""
    mark = f"{found.state}:{due.isoformat()}:{rung}"
    return _tell(
        REMINDER,
        found,
        _readers(found, posts, on),
        mark,
        {"due": due.isoformat(), "state": found.state, "number": number},
    )


def _owe(kind: str, found: ScoringRound, posts: Q, rights: Rights, mark: str = "", **params: Any) -> None:
    """Each once, and whoever stands in for them with such a role; not the one who did it. Three queries."""
    readers = _readers(found, posts, rights.on)
    readers.pop(rights.user_id, None)
    said = params | {"by": rights.user_id, "behalf": rights.name_for(*OF_OFFICE, *LEADERS, *HEADS)}
    _tell(kind, found, readers, f"{mark or round(now().timestamp() * 1000)}:{params.get('unit', '')}", said)


def _readers(found: ScoringRound, posts: Q, on: date) -> dict[int, int | None]:
    """Who holds those posts, and who stands in for them: person → for whom. Two queries."""
    held = Post.objects.on(on).filter(posts, agency=found.agency_id, user__is_active=True)
    roles: dict[int, set[str]] = {}
    for person, role in held.order_by("pk").values_list("user", "role"):
        roles.setdefault(person, set()).add(role)
    readers: dict[int, int | None] = dict.fromkeys(roles)
    lent = Delegation.objects.on(on).filter(agency=found.agency_id, principal__in=roles, substitute__is_active=True)
    for row in lent.order_by("pk"):
        if not row.roles or roles[row.principal_id] & set(row.roles):
            readers.setdefault(row.substitute_id, row.principal_id)
    return readers


def _tell(kind: str, found: ScoringRound, readers: dict[int, int | None], mark: str, params: dict[str, Any]) -> int:
    """One statement; what was told already under this mark is not told again."""
    before = {f"{kind}:{found.pk}:{mark}:{person}": person for person in sorted(readers)}
    told = (
        set(Notice.objects.filter(key__in=before).order_by().values_list("key", flat=True))
        if kind == REMINDER
        else set()
    )
    new = {key: person for key, person in before.items() if key not in told}
    Notice.objects.bulk_create(
        [
            Notice(agency_id=found.agency_id, to_id=person, kind=kind, subject=found.subject, at=now(), key=key,
                   params=params | ({"instead_of": principal} if (principal := readers[person]) else {}))
            for key, person in new.items()
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return len(new)


def _key(notice: Notice) -> int:
    return int(notice.subject.removeprefix("scoring-round:"))


def _rounds(notices: Sequence[Notice]) -> dict[int, ScoringRound]:
    return ScoringRound.objects.select_related("criteria_set").in_bulk({_key(notice) for notice in notices})


def _names(notices: Sequence[Notice]) -> dict[int, str]:
    """Names, each followed by a unit: two people may share one name."""
    keys = {notice.params.get(name) for notice in notices for name in ("by", "behalf", "instead_of")} - {None}
    names = dict(User.objects.filter(pk__in=keys).order_by("pk").values_list("pk", "full_name"))
    posts = Post.objects.on(localdate()).filter(user__in=names).order_by("user", "-unit")
    units = dict(posts.values_list("user", "unit__name"))
    return {key: f"{name} ({units[key]})" if key in units else name for key, name in names.items()}


def render(notices: Sequence[Notice]) -> list[Said]:
    """Three queries, however many notices."""
    rounds, names = _rounds(notices), _names(notices)
    return [_said(notice, rounds.get(_key(notice)), names) for notice in notices]


def _said(notice: Notice, found: ScoringRound | None, names: dict[int, str]) -> Said:
    if found is None or found.agency_id != notice.agency_id:
        return GONE
    params = notice.params
    by = acting(names.get(params.get("by") or 0, ""), names.get(params.get("behalf") or 0, ""))
    title, text = WORDINGS[notice.kind](params, by, _lower(str(found)), found)
    note = f" Lý do: “{params['note']}”" if params.get("note") else ""
    absent = names.get(params.get("instead_of") or 0)
    stand_in = f" Được báo vì đang thay {absent}." if absent else ""
    return Said(title, f"{text}{note}{stand_in}", _address(notice, found))


def _address(notice: Notice, found: ScoringRound) -> str:
    if "criterion" in notice.params:
        return reverse("plans:criterion", args=[notice.params["criterion"]])
    return reverse("plans:scoring_round", args=[found.pk])


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]


def _until(found: ScoringRound) -> str:
    return f" Thời hạn: {short_date(found.due_on)}." if found.due_on else ""


def _say_moved(params: dict[str, Any], by: str, named: str, found: ScoringRound) -> tuple[str, str]:
    target = State(params["target"])
    until = _until(found) if found.state == target else ""
    return f"Tự chấm điểm: {_lower(target.label)}", f"{by}: {_lower(MOVES[params['verb']].done)}, {named}.{until}"


def _say_dates(params: dict[str, Any], by: str, named: str, found: ScoringRound) -> tuple[str, str]:  # noqa: ARG001
    return "Tự chấm điểm: thời hạn thay đổi", f"{by} đã sửa ngày của {named}.{_until(found)}"


def _say_shared(params: dict[str, Any], by: str, named: str, found: ScoringRound) -> tuple[str, str]:
    parts = [f"thêm {counted(params['gained'])} tiêu chí"] if params["gained"] else []
    parts += [f"bớt {counted(params['gone'])} tiêu chí"] if params["gone"] else []
    return "Tự chấm điểm: tiêu chí của đơn vị thay đổi", f"{by} đã chia lại {named}: {', '.join(parts)}.{_until(found)}"


def _say_handed_in(params: dict[str, Any], by: str, named: str, found: ScoringRound) -> tuple[str, str]:  # noqa: ARG001
    text = f"{by} đã gửi điểm tự chấm của {counted(params['number'])} tiêu chí, {named}."
    return f"Tự chấm điểm: {params['unit']} đã gửi Văn phòng", text


def _say_returned(params: dict[str, Any], by: str, named: str, found: ScoringRound) -> tuple[str, str]:  # noqa: ARG001
    until = short_date(date.fromisoformat(params["until"]))
    text = f"{by} đã trả lại tiêu chí {params['code']} “{params['name']}”, {named}. Chấm lại đến hết ngày {until}."
    return f"Tự chấm điểm: tiêu chí {params['code']} bị trả lại", text


def _say_reminder(params: dict[str, Any], by: str, named: str, found: ScoringRound) -> tuple[str, str]:  # noqa: ARG001
    due = short_date(date.fromisoformat(params["due"]))
    if params["state"] == State.PRESENTED:
        return (
            f"Tự chấm điểm: chờ chốt, hạn {due}",
            f"Điểm tự chấm, {named}, đang chờ lãnh đạo chốt, chậm nhất ngày {due}.",
        )
    what = "giải trình" if params["state"] == State.EXPLAINING else "chấm và gửi Văn phòng"
    return (
        f"Tự chấm điểm: hạn {due}",
        f"Đơn vị còn {counted(params['number'])} tiêu chí phải {what} đến hết ngày {due}, {named}.",
    )


WORDINGS = {
    MOVED: _say_moved,
    DATES: _say_dates,
    SHARED: _say_shared,
    HANDED_IN: _say_handed_in,
    RETURNED: _say_returned,
    REMINDER: _say_reminder,
}


def still_true(notices: Sequence[Notice]) -> set[int]:
    """A move stands while the round is where it led, a criterion sent back until it is handed in again; the rest while it is scored."""
    rounds = _rounds(notices)
    criteria = {notice.params["criterion"] for notice in notices if "criterion" in notice.params}
    back = ScoringShare.objects.filter(criterion__in=criteria, state=ShareState.RETURNED).order_by("pk")
    out = set(back.values_list("criterion", flat=True)) if criteria else set()
    return {notice.pk for notice in notices if (found := rounds.get(_key(notice))) and _stands(notice, found, out)}


def _stands(notice: Notice, found: ScoringRound, out: set[int]) -> bool:
    if notice.kind == MOVED:
        return bool(found.state == notice.params["target"])
    if notice.kind == REMINDER:
        return bool(found.state == notice.params["state"]) and notice.params["due"] >= localdate().isoformat()
    if notice.kind == RETURNED:
        return notice.params["criterion"] in out
    if notice.kind == DATES:
        return found.state != State.FINAL
    return found.state in {State.OPEN, State.CHECKING}


def register_kinds() -> None:
    for kind in WORDINGS:
        register(kind, render, still_true)
