"""Templates say what they mean: no script or style inside, nothing unescaped, icons that exist."""

import re
from pathlib import Path

import pytest
from django.template import engines
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "templates"
TEMPLATES = sorted(
    path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.suffix in {".html", ".txt"}
)
FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*=|<style\b", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)|\son[a-z]+\s*=|javascript:|\shx-on", re.IGNORECASE),
    "unescaped text": re.compile(r"\|\s*safe\b|\|\s*safeseq\b|\{%\s*autoescape\s+off"),
    "a comment over several lines, which Django prints": re.compile(r"\{#(?:(?!#\}).)*$", re.MULTILINE),
    "another host": re.compile(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", re.IGNORECASE),
}
ICON = re.compile(r"""\{%\s*icon\s+["']([^"']+)["']""")
SYMBOLS = set(re.findall(r'<symbol id="i-([^"]+)"', (ROOT / "static/img/sprite.svg").read_text("utf-8")))


def source(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_parses(name: str) -> None:
    get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("what", FORBIDDEN)
def test_template_has_no(name: str, what: str) -> None:
    found = FORBIDDEN[what].search(source(name))
    assert found is None, f"{name} has {what}: {found[0]!r}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_uses_icons_of_the_sprite(name: str) -> None:
    assert set(ICON.findall(source(name))) <= SYMBOLS


def test_every_state_has_its_shape() -> None:
    from config.templatetags.words import STATES

    assert {f"st-{state}" for state in STATES} <= SYMBOLS


def test_words_are_known_without_loading_them() -> None:
    html = engines["django"].from_string('{% icon "bell" %}{% state "in_time" "Còn 10 ngày" %}').render()
    assert 'sprite.svg#i-bell"' in html
    assert '<span class="state in-time">' in html
