"""Fetch the vendored files again, from npm, in the versions that manifest.json names.

    python static/vendor/refresh.py          check nothing in, only rewrite the files and their hashes

To upgrade, change a version in manifest.json and run it. The only change made to a file is that its
pointer to a source map is cut off: the map is not kept, and collectstatic refuses a pointer to nothing.
"""

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
MANIFEST = FOLDER / "manifest.json"
SOURCE_MAP = re.compile(rb"\n?(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=[^\n]*)\s*$")


def unpack(package: str, version: str, members: list[str]) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, f"{package}@{version}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            found = {member: archive.extractfile(f"package/{member}") for member in members}
            return {member: stream.read() for member, stream in found.items() if stream}


def keep(member: str, content: bytes) -> bytes:
    return SOURCE_MAP.sub(b"\n", content) if member.endswith((".css", ".js")) else content


def refresh() -> None:
    manifest = json.loads(MANIFEST.read_text("utf-8"))
    for package in manifest["packages"]:
        contents = unpack(package["package"], package["version"], [file["member"] for file in package["files"]])
        for file in package["files"]:
            content = keep(file["member"], contents[file["member"]])
            path = FOLDER / file["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            file["sha256"] = hashlib.sha256(content).hexdigest()
    MANIFEST.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    refresh()
