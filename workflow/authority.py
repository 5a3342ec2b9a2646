"""Who may act: one predicate over posts and delegations of the local date.

The engine, the inbox, the badge and the templates all ask it. Rights are fetched first and become
constants of the query; as a subquery they cost a hundredfold at a million steps. It is written as
SQL because it is the hottest question of the product, and so that there is one wording of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from organization.rights import Rights, Standing

Fragment = tuple[str, list[Any]]


def took_part(case: str, person: str, *, recording: bool = True) -> str:
    """A condition: `person` (an expression to compare a column with) had a hand in the work of `case`, in whosever
    name: assigned, did, submitted, held it before handing it over, handed it over, put a document beside it, said how it goes on, or wrote down a
    decision that others gave on paper (unless not `recording`); or asked another unit for input, or had a hand in it."""
    wrote_down = f"""
     OR EXISTS (SELECT 1 FROM workflow_step part WHERE part.process_id = {case} AND part.recorded_by_id = {person})"""  # noqa: S608 - our own constants
    return f"""(EXISTS (SELECT 1 FROM workflow_step part WHERE part.process_id = {case} AND NOT part.judging
                AND NOT part.pulled AND part.flow_task_type <> 'START' AND part.acted_by_id = {person})
     OR EXISTS (SELECT 1 FROM workflow_step part WHERE part.process_id = {case} AND NOT part.judging
                AND NOT part.pulled AND part.flow_task_type <> 'START' AND part.on_behalf_of_id = {person}){wrote_down if recording else ""}
     OR EXISTS (SELECT 1 FROM workflow_handover past WHERE past.case_id = {case} AND NOT past.judging AND (past.former_id = {person}
                OR (past.transfer_id IS NULL AND (past.by_id = {person} OR past.on_behalf_of_id = {person}))))
     OR EXISTS (SELECT 1 FROM workflow_inputrequest help WHERE help.of_id = {case} AND (
        EXISTS (SELECT 1 FROM workflow_step part WHERE part.process_id = help.case_id AND NOT part.pulled
                AND (part.acted_by_id = {person} OR part.on_behalf_of_id = {person}))
        OR EXISTS (SELECT 1 FROM workflow_handover past WHERE past.case_id = help.case_id AND past.former_id = {person})
        OR EXISTS (SELECT 1 FROM evidence_use beside WHERE beside.subject = 'case:' || help.case_id AND beside.by_id = {person})))
     OR EXISTS (SELECT 1 FROM workflow_progress told WHERE told.case_id = {case} AND (told.by_id = {person} OR told.on_behalf_of_id = {person}))
     OR EXISTS (SELECT 1 FROM evidence_use beside WHERE beside.subject = 'case:' || {case} AND beside.by_id = {person}))"""  # noqa: S608 - our own constants


# Nobody judges their own work: not who took part in any round, in whosever name, nor who sits in the lead unit.
IMPARTIAL = f"""(NOT workflow_step.judging OR (NOT {took_part("workflow_step.process_id", "ANY(%s)")}
    AND (SELECT unit_id FROM workflow_case WHERE workflow_case.id = workflow_step.process_id) <> ALL(%s)))"""  # noqa: S608

OPEN = """workflow_step.finished IS NULL AND workflow_step.agency_id = %s AND NOT EXISTS (
    SELECT 1 FROM workflow_suspension pause WHERE pause.case_id = workflow_step.process_id AND pause.until IS NULL)"""

# a review that names a person, whom leadership chose: as the step's remark says it
CROSS_REVIEW = "Rà soát chéo theo chỉ định của lãnh đạo"
# whose name an act would be in: NULL where this person may not act, 0 for their own
SELF = 0


def held_by(standing: Standing) -> Fragment:
    """Steps whose holder is this person, or a role this person has in a unit."""
    sql = f"workflow_step.owner_id = %s{_of_the_kind(standing)}"
    params: list[Any] = [standing.person]
    for unit, role in sorted(standing.pools):
        sql += (
            " OR (workflow_step.owner_id IS NULL AND workflow_step.pool_unit_id = %s AND workflow_step.pool_role = %s)"
        )
        params += [unit, role.value]
    return f"({sql})", params


def _of_the_kind(standing: Standing) -> str:
    """A step that names a person is theirs while a post of theirs is in force that such steps are for; of what is lent,
    who lent a judge's role lent no work, and who lent work no judgement."""
    kinds = (
        (standing.works, "NOT workflow_step.judging"),
        (standing.judges, f"(workflow_step.judging AND workflow_step.remark <> '{CROSS_REVIEW}')"),
        (standing.crosses, f"(workflow_step.judging AND workflow_step.remark = '{CROSS_REVIEW}')"),
    )
    allowed = " OR ".join(sql for may, sql in kinds if may)
    return f" AND ({allowed or 'FALSE'})"


def may_act_as(standing: Standing, own: Standing) -> Fragment:
    """Steps this standing holds and may judge, when the person of `own` is the one who uses it."""
    held, params = held_by(standing)
    people = sorted({own.person, standing.person})
    took_part = [people] * IMPARTIAL.count("ANY(%s)")
    return f"({held} AND {IMPARTIAL})", [*params, *took_part, sorted(own.seats | standing.seats)]


def may_act(rights: Rights) -> Fragment:
    """A condition on workflow_step: open, and this person may act on it, in their own or another's name."""
    parts = [may_act_as(standing, rights.own) for standing, _ in rights.standings]
    params = [rights.agency_id, *(param for _, some in parts for param in some)]
    return f"({OPEN} AND ({' OR '.join(sql for sql, _ in parts)}))", params


def principal(rights: Rights) -> Fragment:
    """An expression on workflow_step: in whose name this person would act, SELF for their own, NULL for nobody's."""
    cases, params = [], []
    for standing, person in rights.standings:
        sql, some = may_act_as(standing, rights.own)
        cases.append(f"WHEN {sql} THEN %s")
        params += [*some, person or SELF]
    return f"CASE WHEN NOT ({OPEN}) THEN NULL {' '.join(cases)} END", [rights.agency_id, *params]
