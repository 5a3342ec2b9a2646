"""The room `plans` never names the room above it: not by import, string, signal or get_model, nor in words."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("plans", "templates/plans")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".html", ".txt", ".json", ".csv"}
)


@pytest.mark.parametrize("name", FILES)
def test_file_does_not_name_it(name: str) -> None:
    text = (ROOT / name).read_text("utf-8").casefold()
    assert "workflow" not in text
