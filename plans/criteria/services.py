"""What Văn phòng does with a bộ tiêu chí: look over a file, keep it, correct how it is scored, map it to an older one.

Verbs refuse with PlanRefused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import IO, Any

from django.conf import settings
from django.db.models import Max
from django.utils.timezone import localdate, now

from audit import services as audit
from organization.models import Unit
from organization.rights import Rights
from organization.vietnamese import clock
from plans.criteria.bands import OF_DEPARTMENTS, OF_PROVINCES, Band, stored
from plans.criteria.models import CriteriaSet, Criterion, CriterionLink, Level
from plans.criteria.reading import CriteriaFile, Line, read_criteria_file
from plans.criteria.rules import Rule, propose
from plans.errors import PlanRefused
from plans.selfscoring import gate
from plans.services import need_office

ALREADY_KEPT = "Bộ tiêu chí này đã được lưu. Mở bộ tiêu chí để xem."
BANDS = {Level.PROVINCE: OF_PROVINCES, Level.DEPARTMENT: OF_DEPARTMENTS}


@dataclass(frozen=True, slots=True)
class Title:
    """What a set is called and of what it is a version."""

    name: str
    level: Level
    year: int
    legal_ref: str = ""
    note: str = ""
    checked: bool = False


def read_criteria(source: IO[bytes]) -> CriteriaFile:
    """Raises UnreadableError."""
    return read_criteria_file(source, settings.IMPORT_MAX_BYTES)


def put_aside(
    read: CriteriaFile, *, agency_id: int, by_id: int | None, filename: str, sha256: str,
    level: Level = Level.PROVINCE, year: int | None = None, name: str = "",
) -> CriteriaSet:  # fmt: skip
    """A file that was read, to be looked over; nothing of it is kept yet."""
    year = year or read.year or localdate().year
    with audit.transaction():
        found = CriteriaSet.objects.create(
            agency_id=agency_id, by_id=by_id, at=now(), level=level, year=year,
            name=(name or f"Bộ tiêu chí {Level(level).label.lower()} năm {year}")[:200],
            bands=stored(BANDS[Level(level)]), problems=[asdict(problem) for problem in read.problems],
            problem_count=read.problem_count, source_name=filename[-255:], source_sha256=sha256,
        )  # fmt: skip
        _write(found, read.lines)
    return found


def _write(found: CriteriaSet, lines: Sequence[Line]) -> None:
    """One INSERT for each depth of the tree."""
    parents = {line.parent for line in lines}
    depths: list[int] = []
    for line in lines:
        depths.append(0 if line.parent is None else depths[line.parent] + 1)
    made: dict[int, Criterion] = {}
    for depth in range(max(depths, default=0) + 1):
        level = [
            (place, Criterion(
                criteria_set=found, parent=None if line.parent is None else made[line.parent], depth=depth,
                leaf=place not in parents, code=line.code, name=line.name, max_points=line.maximum, method=line.method,
                evidence=line.evidence, rule=line.rule, scoring=propose(line.rule, line.maximum).body(), position=place + 1,
            ))
            for place, line in enumerate(lines) if depths[place] == depth
        ]  # fmt: skip
        Criterion.objects.bulk_create([criterion for _, criterion in level])
        made.update(level)


def keep_set(set_id: int, title: Title, *, agency_id: int, by_id: int | None) -> CriteriaSet:
    """Lưu bộ tiêu chí: the next version of its year and level; the versions before stay."""
    with audit.transaction():
        # two files kept at once are numbered one after the other
        Unit.objects.select_for_update().get(pk=agency_id)
        found = _locked(set_id, agency_id)
        if found.kept_at:
            raise PlanRefused(ALREADY_KEPT)
        like = CriteriaSet.objects.kept().filter(agency_id=agency_id, level=title.level, year=title.year)
        twin = like.filter(source_sha256=found.source_sha256).order_by("pk").first()
        if twin:
            raise PlanRefused(f"Tệp này đã được nhập lúc {clock(twin.at)} thành “{twin.name}”. Hủy bỏ lần nhập này.")
        if title.level != found.level:
            found.bands = stored(BANDS[title.level])
        found.version = (like.aggregate(last=Max("version"))["last"] or 0) + 1
        _entitle(found, title)
        found.level, found.year, found.kept_at = title.level, title.year, now()
        found.save()
        audit.record(
            "criteria.kept", found.subject, agency=agency_id, actor=by_id, name=found.name, level=found.level, year=found.year,
            version=found.version, source=found.source_name, sha256=found.source_sha256,
        )  # fmt: skip
    return found


def _entitle(found: CriteriaSet, title: Title) -> None:
    found.name, found.legal_ref, found.note, found.checked = title.name, title.legal_ref, title.note, title.checked


def discard_set(set_id: int, rights: Rights) -> None:
    """A file that is not wanted. A set that was kept is no longer applied instead, and stays readable."""
    need_office(rights)
    with audit.transaction():
        found = _locked(set_id, rights.agency_id)
        if found.kept_at:
            raise PlanRefused("Bộ tiêu chí đã lưu thì không xóa được. Chọn Ngừng áp dụng trong phần thiết lập.")
        found.delete()


def change_set(
    set_id: int, title: Title, bands: tuple[Band, ...], plans: Collection[int], *, retired: bool, rights: Rights
) -> None:
    """Its title, nhóm, the plans that work for it, and whether it is still applied."""
    need_office(rights)
    with audit.transaction():
        found = _locked(set_id, rights.agency_id)
        before = _settings_of(found)
        _entitle(found, title)
        found.bands = stored(bands)
        found.retired_at = (found.retired_at or now()) if retired else None
        found.save(update_fields=("name", "legal_ref", "note", "checked", "bands", "retired_at"))
        found.plans.set(plans)
        audit.record("criteria.changed", found.subject, agency=found.agency_id, actor=rights.user_id,
                     before=before, after=_settings_of(found))  # fmt: skip


def _settings_of(found: CriteriaSet) -> dict[str, Any]:
    """As the ledger keeps them."""
    plans = list(found.plans.order_by("pk").values_list("pk", flat=True))
    return {"name": found.name, "legal_ref": found.legal_ref, "note": found.note, "checked": found.checked, "bands": found.bands,
            "plans": plans, "retired": found.retired_at is not None}  # fmt: skip


def set_rule(criterion_id: int, rule: Rule, evidence: str, rights: Rights) -> None:
    """How a criterion is scored, and what proves it."""
    need_office(rights)
    with audit.transaction():
        gate.must_be_scored(criteria_set__criteria=criterion_id)
        criterion = Criterion.objects.select_for_update(of=("self",)).get(
            pk=criterion_id, criteria_set__agency_id=rights.agency_id
        )
        before, criterion.scoring, criterion.evidence = criterion.scoring, rule.body(), evidence
        criterion.save(update_fields=("scoring", "evidence"))
        audit.record("criterion.rule_set", criterion.subject, agency=rights.agency_id, actor=rights.user_id,
                     code=criterion.code, before=before, after=criterion.scoring)  # fmt: skip


def map_sets(set_id: int, older_id: int, pairs: Mapping[int, Collection[int]], rights: Rights) -> None:
    """`pairs`: for criteria of the newer set (keys) what they were in the older one. Replaces what was mapped before."""
    need_office(rights)
    with audit.transaction():
        found = _locked(set_id, rights.agency_id)
        CriterionLink.objects.filter(new__criteria_set=found, old__criteria_set_id=older_id).delete()
        links = [CriterionLink(new_id=new, old_id=old) for new, olds in pairs.items() for old in olds]
        CriterionLink.objects.bulk_create(links)
        audit.record("criteria.mapped", found.subject, agency=found.agency_id, actor=rights.user_id, older=older_id,
                     links=len(links))  # fmt: skip


def _locked(set_id: int, agency_id: int) -> CriteriaSet:
    return CriteriaSet.objects.select_for_update().get(pk=set_id, agency_id=agency_id)
