"""What is done with a đợt tự chấm. One door for its moves; every verb locks the round first.

Verbs raise ScoringRound.DoesNotExist, PermissionDenied and PlanRefused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.timezone import now

from audit import services as audit
from organization.models import Unit
from organization.rights import Rights
from organization.vietnamese import clean, clock, counted, short_date
from plans.criteria.models import CriteriaSet, Criterion
from plans.errors import PlanRefused
from plans.selfscoring import notices, selectors
from plans.selfscoring.checks import CHECKS, digest_of, named, unscored
from plans.selfscoring.gate import STANDS, held_by_unit
from plans.selfscoring.models import ScoringMove, ScoringRound, ScoringShare
from plans.selfscoring.states import MOVES, Move, ShareState, State, may
from plans.services import need_office

NOT_YOURS = "Bạn không có quyền thực hiện thao tác này."
WHY_MISSING = "Chưa ghi lý do. Ghi rõ lý do rồi làm lại."
SHARING = (State.PREPARING, State.OPEN, State.CHECKING)


@dataclass(frozen=True, slots=True)
class Dates:
    opens_on: date
    score_until: date
    close_by: date
    explain_until: date | None = None

    def check(self) -> None:
        if self.score_until < self.opens_on:
            raise PlanRefused("Ngày đơn vị chấm xong phải từ ngày bắt đầu trở đi. Ghi lại ngày.")
        if self.close_by < self.score_until:
            raise PlanRefused("Ngày chốt phải từ ngày đơn vị chấm xong trở đi. Ghi lại ngày.")


def begin(set_id: int, dates: Dates, rights: Rights) -> ScoringRound:
    """Lập đợt tự chấm: dates, and each criterion shared out to the unit that leads the plan's work for it."""
    need_office(rights)
    dates.check()
    with audit.transaction():
        found = CriteriaSet.objects.select_for_update().get(pk=set_id, agency_id=rights.agency_id)
        if found.kept_at is None or found.retired_at:
            raise PlanRefused("Bộ tiêu chí này chưa được lưu hoặc đã ngừng áp dụng nên không lập đợt tự chấm được.")
        there = ScoringRound.objects.filter(criteria_set=found).first()
        if there:
            raise PlanRefused("Bộ tiêu chí này đã có đợt tự chấm. Mở đợt đó.")
        at = now()
        made = ScoringRound.objects.create(
            agency_id=rights.agency_id, criteria_set=found, by_id=rights.user_id, moved_at=at, **asdict(dates)
        )
        shares = [ScoringShare(round=made, criterion_id=key, unit_id=unit, by_id=rights.user_id, at=at)
                  for key, unit in selectors.proposed(found).items()]  # fmt: skip
        ScoringShare.objects.bulk_create(shares)
        audit.record("scoring.begun", made.subject, agency=made.agency_id, actor=rights.user_id, criteria_set=found.pk,
                     shared=len(shares), dates=_written(dates))  # fmt: skip
    return made


def _written(dates: Dates) -> dict[str, str | None]:
    return {name: day.isoformat() if day else None for name, day in asdict(dates).items()}


def locked(round_id: int, rights: Rights) -> ScoringRound:
    rounds = ScoringRound.objects.select_for_update(of=("self",)).select_related("criteria_set")
    return rounds.get(pk=round_id, agency_id=rights.agency_id)


def move(
    round_id: int, verb: str, rights: Rights, *, seen: str, note: str = "", explain_until: date | None = None
) -> ScoringRound:
    """The one way in which a round goes on. `seen`: the stamp of the round as it stood on the page."""
    step, note = MOVES[verb], clean(note)
    if not may(step, rights):
        raise PermissionDenied(NOT_YOURS)
    if step.why and not note:
        raise PlanRefused(WHY_MISSING)
    with audit.transaction():
        found = locked(round_id, rights)
        _must_stand(found, step, seen)
        criteria = selectors.scored_criteria(found)
        if verb == "explain":
            found.explain_until = _explaining_until(explain_until, rights.on)
        if verb in CHECKS:
            CHECKS[verb](found, criteria, rights.on)
        if verb == "reopen":
            found.explain_until = None
        source, found.state, found.moved_at = found.state, step.target, now()
        found.save(update_fields=("state", "moved_at", "explain_until"))
        behalf = rights.name_for(*sorted(step.roles))
        made = ScoringMove.objects.create(round=found, verb=verb, source=source, target=step.target, note=note, by_id=rights.user_id,
                                          on_behalf_of_id=behalf, at=found.moved_at)  # fmt: skip
        notices.moved(found, made, criteria, rights)
        audit.record(f"scoring.{verb}", found.subject, agency=found.agency_id, actor=rights.user_id, on_behalf_of=behalf, note=note,
                     before=source, after=found.state, digest=digest_of(criteria),
                     explain_until=found.explain_until.isoformat() if found.explain_until else None)  # fmt: skip
    return found


def _must_stand(found: ScoringRound, step: Move, seen: str) -> None:
    if found.stamp == seen and found.state in step.sources:
        return
    last = found.moves.select_related("by").first()
    if last:
        raise PlanRefused(
            f"{last.by.full_name} {_lower(str(last))} lúc {clock(last.at)}. Đợt đang ở bước “{found.get_state_display()}”; thao tác vừa chọn chưa được ghi. Xem lại rồi làm tiếp."
        )
    raise PlanRefused(f"Đợt đang ở bước “{found.get_state_display()}” nên không làm được thao tác này. Tải lại trang.")


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]


def _explaining_until(day: date | None, on: date) -> date:
    if day is None or day < on:
        raise PlanRefused(f"Chưa ghi hạn giải trình, hoặc hạn đã qua. Ghi một ngày từ {short_date(on)} trở đi.")
    return day


def set_dates(round_id: int, dates: Dates, rights: Rights) -> ScoringRound:
    """Sửa ngày của đợt: also the way in which units get more time."""
    need_office(rights)
    dates.check()
    with audit.transaction():
        found = locked(round_id, rights)
        if found.state == State.FINAL:
            raise PlanRefused(STANDS[State.FINAL])
        if found.state == State.EXPLAINING and dates.explain_until is None:
            raise PlanRefused("Đơn vị đang giải trình nên phải có hạn giải trình. Ghi hạn.")
        before = Dates(found.opens_on, found.score_until, found.close_by, found.explain_until)
        if before == dates:
            return found
        for name, day in asdict(dates).items():
            setattr(found, name, day)
        found.save(update_fields=tuple(asdict(dates)))
        notices.dates_changed(found, rights)
        audit.record("scoring.dates_set", found.subject, agency=found.agency_id, actor=rights.user_id, before=_written(before),
                     after=_written(dates))  # fmt: skip
    return found


def share_out(round_id: int, units: Mapping[int, int | None], rights: Rights) -> int:
    """Chia tiêu chí: for criteria (keys) the unit that scores each, or None for Văn phòng. Says how many changed.

    What goes to another unit begins anew there; what was scored stays.
    """
    need_office(rights)
    with audit.transaction():
        found = locked(round_id, rights)
        if found.state not in SHARING:
            raise PlanRefused(STANDS[State(found.state)])
        _must_be_known(found, units)
        there = {share.criterion_id: share for share in found.shares.all()}
        changes = {key: unit for key, unit in units.items() if (there[key].unit_id if key in there else None) != unit}
        before = {key: there[key].unit_id if key in there else None for key in changes}
        ScoringShare.objects.filter(round=found, criterion__in=changes).delete()
        ScoringShare.objects.bulk_create(
            ScoringShare(round=found, criterion_id=key, unit_id=unit, by_id=rights.user_id, at=now())
            for key, unit in changes.items() if unit is not None
        )  # fmt: skip
        if changes:
            notices.shared(found, before, changes, rights)
            audit.record(
                "scoring.shared",
                found.subject,
                agency=found.agency_id,
                actor=rights.user_id,
                before=before,
                after=changes,
            )
    return len(changes)


def _must_be_known(found: ScoringRound, units: Mapping[int, int | None]) -> None:
    wanted = {unit for unit in units.values() if unit is not None}
    criteria = Criterion.objects.filter(criteria_set=found.criteria_set_id, leaf=True, pk__in=set(units))
    if criteria.count() != len(units) or Unit.objects.filter(pk__in=wanted, agency=found.agency_id).count() != len(
        wanted
    ):
        raise PlanRefused("Có tiêu chí hoặc đơn vị không còn. Tải lại trang rồi chia lại.")


def hand_in(round_id: int, unit_id: int, rights: Rights) -> list[str]:
    """Gửi Văn phòng: what the unit has in hand and has scored, by its head. Returns the codes."""
    if not rights.heads(unit_id):
        raise PermissionDenied(NOT_YOURS)
    with audit.transaction():
        found = locked(round_id, rights)
        mine = found.shares.filter(unit=unit_id).select_related("criterion__score", "unit")
        shares = [share for share in mine if held_by_unit(found, share, rights.on)]
        if not shares:
            raise PlanRefused("Đơn vị không còn tiêu chí nào chờ gửi, hoặc đã hết thời gian tự chấm. Tải lại trang.")
        missing = unscored(share.criterion for share in shares)
        shares = [share for share in shares if share.criterion not in missing]
        if not shares:
            raise PlanRefused(f"Còn {counted(len(missing))} tiêu chí chưa chấm: {named(missing)}. Chấm xong rồi gửi.")
        _restate(shares, ShareState.HANDED_IN, rights)
        codes = [share.criterion.code for share in shares]
        behalf = rights.name_for(*notices.HEADS)
        notices.handed_in(found, shares[0].unit, len(codes), rights)
        audit.record("scoring.handed_in", found.subject, agency=found.agency_id, actor=rights.user_id, on_behalf_of=behalf, unit=unit_id,
                     codes=codes, digest=digest_of([share.criterion for share in shares]))  # fmt: skip
    return codes


def _restate(shares: Collection[ScoringShare], state: ShareState, rights: Rights) -> None:
    for share in shares:
        share.state, share.reason, share.until, share.by_id, share.at = state, "", None, rights.user_id, now()
    ScoringShare.objects.bulk_update(shares, ("state", "reason", "until", "by", "at"))


def send_back(criterion_id: int, reason: str, until: date, rights: Rights) -> ScoringShare:
    """Trả lại một tiêu chí: with a reason, and a day of its own."""
    need_office(rights)
    reason = clean(reason)
    if not reason:
        raise PlanRefused(WHY_MISSING)
    if until < rights.on:
        raise PlanRefused(f"Ngày chấm lại đã qua. Ghi một ngày từ {short_date(rights.on)} trở đi.")
    with audit.transaction():
        found = locked(ScoringShare.objects.values_list("round", flat=True).get(criterion=criterion_id), rights)
        share = ScoringShare.objects.select_related("criterion", "unit").get(criterion=criterion_id)
        if found.state not in {State.OPEN, State.CHECKING}:
            raise PlanRefused(STANDS[State(found.state)])
        if held_by_unit(found, share, rights.on):
            raise PlanRefused(f"{share.unit.name} đang chấm tiêu chí này. Chờ đơn vị gửi.")
        before: dict[str, Any] = {"state": share.state}
        share.state, share.reason, share.until, share.by_id, share.at = (
            ShareState.RETURNED,
            reason,
            until,
            rights.user_id,
            now(),
        )
        share.save(update_fields=("state", "reason", "until", "by", "at"))
        notices.sent_back(found, share, rights)
        audit.record("scoring.sent_back", share.criterion.subject, agency=found.agency_id, actor=rights.user_id, code=share.criterion.code,
                     unit=share.unit_id, before=before, after={"state": share.state, "until": until.isoformat()}, note=reason)  # fmt: skip
    return share
