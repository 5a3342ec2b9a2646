"""What others wrote is kept as it came, by a manifest that says where from."""

import hashlib
import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "static" / "vendor"
MANIFEST = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
FILES = [file for package in MANIFEST["packages"] for file in package["files"]]
OURS = {"manifest.json", "refresh.py"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file["file"])
def test_vendored_file_is_the_one_in_the_manifest(file: dict[str, str]) -> None:
    assert hashlib.sha256((FOLDER / file["file"]).read_bytes()).hexdigest() == file["sha256"]


def test_every_vendored_file_is_in_the_manifest() -> None:
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert found - OURS == {file["file"] for file in FILES}


def test_every_package_names_its_version_and_licence_and_keeps_its_text() -> None:
    for package in MANIFEST["packages"]:
        assert package["version"]
        assert package["licence"]
        assert any("LICENSE" in file["file"] for file in package["files"]), package["package"]
