"""What is served beside the pages is whole: every address inside it leads somewhere, sentences are compiled."""

import gettext
import re
from pathlib import Path
from typing import Any

from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = ROOT / "locale" / "vi" / "LC_MESSAGES"


def test_static_files_collect_with_every_address_inside_them(settings: Any, tmp_path: Path) -> None:
    manifest = {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": manifest}
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    tokens = next((tmp_path / "css").glob("tokens.*.css")).read_text("utf-8")
    assert re.search(r'url\("\.\./vendor/fonts/inter-vietnamese-wght-normal\.[0-9a-f]{12}\.woff2"\)', tokens)


def test_stylesheet_stays_small() -> None:
    lines = [
        line
        for name in ("tokens", "components")
        for line in (ROOT / f"static/css/{name}.css").open("r", encoding="utf-8")
    ]
    assert len(lines) < 400


def test_colours_are_named_in_tokens_alone_or_stand_for_data() -> None:
    css = (ROOT / "static/css/components.css").read_text("utf-8")
    named = set(re.findall(r"#[0-9a-f]{6}\b", css))
    assert named <= DATA_COLOURS


# The five steps of the heat map, the fills of charts, and three greys that stand behind paper.
DATA_COLOURS = {
    "#dfe7f8", "#b9c8ec", "#8fa5dc", "#4763b3", "#263f82",
    "#2f8a5f", "#b9a63a", "#a9c9bb", "#7fb3bf", "#c3c9d4",
    "#d9dde6", "#dfe3eb", "#fafbfd",
}  # fmt: skip


def test_compiled_sentences_are_those_of_their_source() -> None:
    with (SENTENCES / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    source = (SENTENCES / "django.po").read_text("utf-8")
    pairs = re.findall(r'^msgid "(.+)"\n(?:msgid_plural ".+"\n)?msgstr(?:\[0\])? "(.+)"$', source, re.MULTILINE)
    assert len(pairs) == source.count("\nmsgid ") - 1
    for msgid, words in pairs:
        assert words in {compiled.gettext(msgid), compiled.ngettext(msgid, msgid, 2)}, msgid
