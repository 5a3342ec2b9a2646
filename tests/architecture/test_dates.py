"""Dates are Vietnam's: localdate(), never the date of a moment in whatever zone, never the database's or the machine's today."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("config", "reports", "workflow", "plans", "evidence", "notifications", "organization", "audit")
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for room in ROOMS
    for path in (ROOT / room).rglob("*")
    if path.suffix in {".py", ".sql"} and "migrations" not in path.parts
)
# The text around each is what makes it right; anything else is refused.
ALLOWED = {"organization/vietnamese.py": {"localtime(day).date()"}}
CLOCKS = {"today", "utcnow", "fromtimestamp", "utcfromtimestamp"}
# Django's own TruncDate and __date speak of the current time zone, which is Vietnam's as long as nobody moves it.
MOVERS = {"activate", "override"}
# A cast of a parameter that is a date already is only its type; a cast of a column would be the date of a moment.
TODAY_IN_SQL = re.compile(
    r"\bCURRENT_DATE\b|\bCURRENT_TIMESTAMP\b|\bLOCALTIMESTAMP\b|\bnow\(\)::|(?<!%\(on\)s)(?<!%\(today\)s)::date\b",
)


def calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def wrong_calls(source: str) -> set[str]:
    """`x.date()`, and clocks that know no zone: date.today(), datetime.now()."""
    found = set()
    for call in calls(ast.parse(source)):
        if not isinstance(call.func, ast.Attribute) or call.args or call.keywords:
            continue
        name, owner = call.func.attr, ast.unparse(call.func.value)
        if name == "date" or (name in CLOCKS | {"now"} and owner.split(".")[-1] in {"date", "datetime"}):
            found.add(ast.unparse(call))
    return found


def texts(path: Path) -> list[str]:
    """Strings that may reach the database; comments and docstrings speak freely."""
    source = path.read_text("utf-8")
    if path.suffix == ".sql":
        return [re.sub(r"--.*", "", source)]
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in strings if text not in docstrings]


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".py")])
def test_no_date_is_taken_from_a_moment(name: str) -> None:
    assert wrong_calls((ROOT / name).read_text("utf-8")) <= ALLOWED.get(name, set())


@pytest.mark.parametrize("name", FILES)
def test_no_today_of_the_database(name: str) -> None:
    assert [text for text in texts(ROOT / name) if TODAY_IN_SQL.search(text)] == []


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".py")])
def test_nobody_moves_the_time_zone(name: str) -> None:
    found = [ast.unparse(call.func) for call in calls(ast.parse((ROOT / name).read_text("utf-8")))]
    assert [said for said in found if said.split(".")[-1] in MOVERS and "timezone" in said] == []


@pytest.mark.parametrize(
    "source", ["moment.date()", "date.today()", "datetime.datetime.now()", "datetime.utcnow()", "x = now().date()"]
)
def test_guard_sees(source: str) -> None:
    assert wrong_calls(source)


@pytest.mark.parametrize("text", ["due_on < CURRENT_DATE", "at::date", "now()::date"])
def test_guard_sees_in_sql(text: str) -> None:
    assert TODAY_IN_SQL.search(text)


@pytest.mark.parametrize("text", ["SELECT %(on)s::date", "%(today)s::date", "due_on", "update"])
def test_guard_lets_dates_be_dates(text: str) -> None:
    assert not TODAY_IN_SQL.search(text)
