"""The name under which a file is shown and downloaded: what the person called it, without tricks."""

from organization.vietnamese import clean

FORBIDDEN = str.maketrans(dict.fromkeys('<>:"|?*', "_"))
LONGEST = 150


def display_name(given: str, suffixes: tuple[str, ...]) -> str:
    """NFC, no folders, no control or direction marks, and the suffix that its content has."""
    last = clean(given).replace("\\", "/").rsplit("/", 1)[-1].translate(FORBIDDEN)
    name = " ".join(last.split()).strip(". ") or "Tài liệu"
    suffix = next((suffix for suffix in suffixes if name.lower().endswith(suffix)), "")
    stem = name[: -len(suffix)] if suffix else name
    return (stem[:LONGEST].rstrip(". ") or "Tài liệu") + (name[len(stem) :] if suffix else suffixes[0])
