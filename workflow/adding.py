"""Nhiệm vụ phát sinh: one row more, by the document that gives it; the next version of the plan, its work begun at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.utils.timezone import localdate

from organization.rights import Rights
from organization.vietnamese import clean
from plans.amendments import Basis, blank_row, keep_amendment, newest_version, relabelled, rows_of_version
from plans.drafting import DraftRow, RowChange
from plans.intake import Corrector
from workflow.amending import NOT_ISSUED, Amended, amend, check, said_of
from workflow.errors import Refused
from workflow.issuing import Filed, filed, locked_plan, need_office, verb

ADDED = "Nhiệm vụ phát sinh"
DEADLINE_MISSING = "Chưa ghi thời hạn. Ghi thời hạn, hoặc ghi “Thường xuyên” nếu không có ngày cụ thể."


def add_row(
    plan_id: int, change: RowChange, rights: Rights, *, number: str, issued_on: date, abstract: str = "",
    signed_document: Filed = None,
) -> Amended:  # fmt: skip
    """Thêm nhiệm vụ phát sinh at the end of a plan under way.

    Raises PermissionDenied, Plan.DoesNotExist, Refused (also where the row has no lead or a deadline nobody can
    read), Busy.
    """
    need_office(rights)
    today = localdate()
    corrector = Corrector.of(rights.agency)
    with verb():
        signed = filed(signed_document)
        plan = locked_plan(plan_id, rights)
        if plan.issued_at is None:
            raise Refused(NOT_ISSUED)
        basis = Basis(clean(number), issued_on, clean(abstract), signed)
        check(basis.number, issued_on, plan, today)
        rows = rows_of_version(newest_version(plan))
        blank = blank_row(rows)
        row = _because(relabelled(blank, corrector.correct(blank, change, plan.year)), basis)
        _need_whole(row)
        kept = keep_amendment(plan, rights, [*rows, row], filename=ADDED)
        return amend(plan, kept, basis, rights, today)


def _because(row: DraftRow, basis: Basis) -> DraftRow:
    """The row itself says by which document it came."""
    return replace(row, note=f"{row.note}\nPhát sinh trong năm, theo {said_of(basis)}.".strip())


def _need_whole(row: DraftRow) -> None:
    wrong = next((problem for problem in row.problems if problem.blocking), None)
    if wrong:
        raise Refused(wrong.message)
    if not row.deadline.raw:
        raise Refused(DEADLINE_MISSING)
