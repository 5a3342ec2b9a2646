"""Điểm có nguy cơ mất: by unit, field, criterion and task of a plan; what if until a day, what if these were done."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from organization.enums import Role
from organization.requests import SignedInRequest
from workflow import facets
from workflow.filters import StakeWanted
from workflow.paging import page_of
from workflow.querysets import CaseQuerySet
from workflow.selectors import soon_until
from workflow.stake import ESTIMATE, Piece, Stake, World, stake_of, tasks_of, under, working_for, world_of


@require_safe
def stake(request: SignedInRequest) -> HttpResponse:
    rights, wanted = request.rights, StakeWanted.read(request.GET)
    if not rights.roles - {Role.ADMINISTRATOR}:
        raise PermissionDenied("Điểm có nguy cơ mất do người có công việc trong cơ quan mở.")
    world = world_of(rights.agency_id)
    if not world.newest:
        return render(request, "workflow/stake.html", {"plan": None, "estimate": ESTIMATE})
    plan_id = plan_of(world, wanted)
    until = wanted.ngay or soon_until(rights)
    everything = stake_of(world.scales, rights, until=until, asked=wanted.bo)
    here = everything.narrowed(lambda piece: piece.plan_id == plan_id)
    shown = narrowed(here, wanted)
    tasks = tasks_of(world, rights, plan_id, until=until, asked=wanted.bo)
    tasks = of_list(tasks, world, plan_id, wanted)
    after = None
    if wanted.xong:
        later = stake_of(world.scales, rights, until=until, done=wanted.xong, asked=wanted.bo)
        after = narrowed(later.narrowed(lambda piece: piece.plan_id == plan_id), wanted)
    scale = world.scale_of(plan_id, wanted.bo)
    sets = [(str(one.criteria_set.pk), f"{one.criteria_set.name}, phiên bản {one.criteria_set.version}")
            for one in world.scales if one.fits(plan_id, world.years[plan_id])]  # fmt: skip
    return render(request, "workflow/stake.html", {
        "plan": world.names[plan_id], "plan_id": plan_id, "until": until, "estimate": ESTIMATE, "wanted": wanted,
        "here": here, "shown": shown, "after": after, "won": shown.total - after.total if after else None,
        "plans": facets.options(((str(key), name) for key, name in world.names.items()), str(plan_id)),
        "by_plan": [(key, world.names[key], points) for key, points in everything.by(lambda piece: piece.plan_id)],
        "everything": everything, "scale": scale,
        "sets": facets.options(sets, str(scale.criteria_set.pk) if scale else ""),
        "page": page_of(tasks, tasks.count(), wanted.page), "narrowed": words_of(here, wanted), "today": rights.on,
    })  # fmt: skip


def plan_of(world: World, wanted: StakeWanted) -> int:
    """The plan that was asked for, else the newest."""
    if wanted.ke_hoach is None:
        return max(world.newest, key=lambda key: (world.years[key], key))
    if wanted.ke_hoach not in world.newest:
        raise Http404("Không có kế hoạch đó.")
    return wanted.ke_hoach


def narrowed(found: Stake, wanted: StakeWanted) -> Stake:
    def keep(piece: Piece) -> bool:
        return (
            wanted.don_vi in {None, piece.unit_id}
            and wanted.linh_vuc in {"", piece.field}
            and wanted.tieu_chi in {"", piece.code}
        )

    return found.narrowed(keep)


def of_list(tasks: CaseQuerySet, world: World, plan_id: int, wanted: StakeWanted) -> CaseQuerySet:
    if wanted.don_vi is not None:
        tasks = tasks.filter(unit_id=wanted.don_vi)
    if wanted.linh_vuc:
        tasks = under(tasks, world, plan_id, wanted.linh_vuc)
    return working_for(tasks, world, plan_id, wanted.tieu_chi, wanted.bo) if wanted.tieu_chi else tasks


def words_of(here: Stake, wanted: StakeWanted) -> list[str]:
    """The conditions in force, as people read them."""
    units = {piece.unit_id: piece.unit for piece in here.pieces}
    names = {piece.code: f"{piece.code} {piece.name}".strip() for piece in here.pieces}
    words = [units.get(wanted.don_vi, "đơn vị đã chọn")] if wanted.don_vi is not None else []
    words += [wanted.linh_vuc] if wanted.linh_vuc else []
    return words + ([names.get(wanted.tieu_chi, wanted.tieu_chi)] if wanted.tieu_chi else [])
