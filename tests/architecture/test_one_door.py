"""Only the engine moves a step. What else there is reads, or asks the engine."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("config", "reports", "workflow", "plans", "evidence", "notifications", "organization", "audit")
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for room in ROOMS
    for path in (ROOT / room).rglob("*.py")
    if "migrations" not in path.parts
)

Rule = Callable[[str], list[str]]

DOORS = {"workflow/engine.py", "workflow/nodes.py"}
# viewflow: the nodes and flows are built of it, the models are its tables
KNOW_VIEWFLOW = {
    *DOORS, "workflow/flows.py", "workflow/models.py", "workflow/timeliness.py", "reports/flows.py",
    "workflow/management/commands/check_flows.py",
    "workflow/diagram.py",  # draws a flow from its nodes
}  # fmt: skip
# a large office for measuring, never in a database that people use
LOADS = "workflow/load.py"

ACTIVATION = {"activation", "activation_class", "take", "complete", "create_next", "begin", "prepare"}
WRITES = {"create", "bulk_create", "update", "bulk_update", "delete", "get_or_create", "update_or_create"}
# columns that say where work stands; who else saves one of these moves it
STATE = {
    "status", "finished", "started", "outcome", "owner", "owner_id", "pool_unit", "pool_unit_id", "pool_role",
    "acted_by", "acted_by_id", "on_behalf_of", "on_behalf_of_id", "opens_on", "judging", "digest",
    "recorded_by", "recorded_by_id", "paper", "paper_id",
}  # fmt: skip


def tree(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text("utf-8"), module)


def calls(module: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree(module)) if isinstance(node, ast.Call))


def chain(node: ast.expr) -> list[str]:
    """Step.objects.filter(…).update → ["Step", "objects", "filter", "update"]."""
    if isinstance(node, ast.Call):
        return chain(node.func)
    if isinstance(node, ast.Attribute):
        return [*chain(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else []


def imported(module: str) -> set[str]:
    names = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def activations(module: str) -> list[str]:
    """Calls of what an activation does, on something that is called an activation."""
    found = []
    for call in calls(module):
        names = chain(call.func)
        if names and (
            names[-1] in {"activation", "activation_class"}
            or (names[-1] in ACTIVATION and any("activation" in name for name in names[:-1]))
        ):
            found.append(f"{module}:{call.lineno} {'.'.join(names)}")
    return found


def writes(module: str) -> list[str]:
    """Steps made, changed or taken away through the ORM."""
    found = []
    for call in calls(module):
        names = chain(call.func)
        if names[-1:] and names[-1] in WRITES and (names[:2] == ["Step", "objects"] or names[0] == "steps"):
            found.append(f"{module}:{call.lineno} {'.'.join(names)}")
        if names in (["Step"], ["models", "Step"]):
            found.append(f"{module}:{call.lineno} Step(…)")
        if names[-1:] in (["save"], ["delete"]) and any(name in {"step", "task", "follower"} for name in names[:-1]):
            found.append(f"{module}:{call.lineno} {'.'.join(names)}")
    return found


def settings_of_state(module: str) -> list[str]:
    """Assignments to a state column of something called a step, and of a case's status and end."""
    found = []
    for node in ast.walk(tree(module)):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
        )
        for target in targets:
            for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                names = chain(part)
                if len(names) > 1 and (
                    (names[-1] in STATE and names[-2] in {"step", "task", "follower"})
                    or (names[-1] in {"status", "finished"} and names[-2] in {"case", "process"})
                ):
                    found.append(f"{module}:{node.lineno} {'.'.join(names)}")
    return found


def updates_of_cases(module: str) -> list[str]:
    """`Case.objects….update(status=…)` and its like."""
    return [
        f"{module}:{call.lineno}"
        for call in calls(module)
        if chain(call.func)[:2] == ["Case", "objects"] and chain(call.func)[-1] == "update"
        and {keyword.arg for keyword in call.keywords} & {"status", "finished", "flow_class"}
    ]  # fmt: skip


@pytest.mark.parametrize("rule", [activations, writes, settings_of_state, updates_of_cases])
def test_nothing_but_the_engine_moves_a_step(rule: Rule) -> None:
    assert [found for module in MODULES if module not in DOORS for found in rule(module)] == []


def test_no_sql_writes_a_step() -> None:
    statements = ("insert into workflow_step", "update workflow_step", "delete from workflow_step")
    texts = {module: (ROOT / module).read_text("utf-8").lower() for module in MODULES if module != LOADS}
    assert [module for module, text in texts.items() if any(statement in text for statement in statements)] == []


def test_viewflow_is_known_to_nodes_and_flows_only() -> None:
    assert {module for module in MODULES if "viewflow" in imported(module)} <= KNOW_VIEWFLOW


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("step.activation()", activations),
        ("step.flow_task.activation_class(step)", activations),
        ("activation.complete()", activations),
        ("Step.objects.filter(pk=1).update(owner=None)", writes),
        ("Step.objects.create(process=case)", writes),
        ("steps.filter(finished=None).update(owner=None)", writes),
        ("Step(process=case)", writes),
        ("step.save()", writes),
        ("self.step.save(update_fields=['owner'])", writes),
        ("step.owner_id = 3", settings_of_state),
        ("a, case.status = 1, 'DONE'", settings_of_state),
        ("Case.objects.filter(pk=1).update(status='DONE')", updates_of_cases),
    ],
)
def test_rule_sees_what_it_forbids(source: str, rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "intruder.py").write_text(source, "utf-8")
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    assert rule("intruder.py")
