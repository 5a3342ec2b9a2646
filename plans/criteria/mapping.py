"""What a criterion of one version was in another: proposed by code and by likeness of the names. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from organization.vietnamese import fold
from plans.criteria.models import Criterion

ALIKE = 75
SAME_CODE = 50  # a criterion that kept its code may have been reworded more


def proposed(new: Sequence[Criterion], old: Sequence[Criterion]) -> dict[int, Criterion]:
    """For each criterion of `new` (by key) the one of `old` that it most likely was; none where nothing is like it."""
    by_code = {criterion.code: criterion for criterion in old}
    names = {criterion.pk: fold(criterion.name) for criterion in old}
    by_key = {criterion.pk: criterion for criterion in old}
    found: dict[int, Criterion] = {}
    for criterion in new:
        name, twin = fold(criterion.name), by_code.get(criterion.code)
        if twin and fuzz.token_sort_ratio(name, names[twin.pk]) >= SAME_CODE:
            found[criterion.pk] = twin
        elif best := process.extractOne(name, names, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE):
            found[criterion.pk] = by_key[best[2]]
    return found
