"""Kiểm tra nhật ký đã xuất, không cần máy chủ: python3 kiem_tra.py THƯ_MỤC [--anchor TỆP]

This file stands by itself: Python 3.9 or newer, the standard library, nothing else. `manage export_ledger`
puts a copy beside the exported ledger; `manage verify_ledger` walks the database with the same code.

A ledger is one chain for each agency and stream. Line n holds a text (canonical JSON with its own number),
the hash of line n-1 and its own hash: SHA-256 of the hash before, a line feed and the text, in UTF-8. The
hash before the first line is sixty-four zeros. An exported line is: number, hash before, hash, text,
parted by tabs.

Who holds the whole database can compute a whole chain anew. That is found by an anchor: heads (agency,
stream, number, hash) that left the database earlier, by mail or in a file, one to a line; other lines of
an anchor are words.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path

FIRST = "0" * 64
MOST = 200  # problems told of one chain; the others are counted
HEADS = "heads.txt"
HEAD = re.compile(r"^[>\s]*(\d+)\s+(work|access)\s+(\d+)\s+([0-9a-f]{64})\s*$", re.MULTILINE)
SOFT_BREAK = re.compile(r"=\r?\n")  # a mail saved as it travelled may have its lines folded
NAMES = ("agency", "stream", "at", "actor", "on_behalf_of", "verb", "subject", "body")
EXPORTED = re.compile(r"^(\d+)-(work|access)\.tsv$")


def hash_of(previous: str, text: str) -> str:
    return hashlib.sha256(f"{previous}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


def head_line(agency: int, stream: str, sequence: int, chained: str) -> str:
    """One head as files, mails and reports carry it."""
    return f"{agency} {stream} {sequence} {chained}"


def read_heads(words: str) -> dict[tuple[int, str], dict[int, str]]:
    """The heads in a text, by chain: number and hash. What is not a head is left aside."""
    heads: dict[tuple[int, str], dict[int, str]] = {}
    for agency, stream, sequence, chained in HEAD.findall(SOFT_BREAK.sub("", words)):
        heads.setdefault((int(agency), stream), {})[int(sequence)] = chained
    return heads


def facts_of(text: str) -> dict[str, object] | None:
    """What a line says; none where the text is no line. Lines from before the chain are lists without a number."""
    try:
        facts = json.loads(text)
    except ValueError:
        return None
    if isinstance(facts, list) and len(facts) == len(NAMES):
        return dict(zip(NAMES, facts))
    return facts if isinstance(facts, dict) else None


class Chain:
    """One agency's one stream, fed line by line in order; remembers its last line and nothing else."""

    def __init__(self, agency: int, stream: str, anchored: dict[int, str] | None = None) -> None:
        self.agency, self.stream = agency, stream
        self.sequence, self.hash, self.entries = 0, FIRST, 0
        self.waiting = dict(anchored or {})
        self.problems: list[dict[str, object]] = []
        self.found = 0

    def feed(self, sequence: int, previous: str, chained: str, text: str) -> dict[str, object] | None:
        """Take the next line; returns what it says."""
        self.entries += 1
        if sequence != self.sequence + 1:
            self._order(sequence)
        if previous != self.hash:
            self.problem("unlinked", sequence, f"không nối với dòng đứng trước (dòng {self.sequence})")
        if hash_of(previous, text) != chained:
            self.problem("changed", sequence, "nội dung không khớp với mã băm của chính dòng này")
        facts = facts_of(text)
        if facts is None:
            self.problem("unreadable", sequence, "không đọc được nội dung")
        elif (facts["agency"], facts["stream"], facts.get("sequence", sequence)) != (
            self.agency,
            self.stream,
            sequence,
        ):
            self.problem("moved", sequence, "nội dung ghi một vị trí khác: dòng đã bị chuyển chỗ")
        if self.waiting.pop(sequence, chained) != chained:
            self.problem("anchor", sequence, "mã băm khác với mã đã lưu ngoài hệ thống: nhật ký đã bị viết lại")
        self.sequence, self.hash = sequence, chained
        return facts

    def _order(self, sequence: int) -> None:
        if sequence > self.sequence + 1:
            first, last = self.sequence + 1, sequence - 1
            lines = f"dòng {first}" if first == last else f"các dòng {first}–{last}"
            self.problem("removed", first, f"thiếu {lines}")
        else:
            self.problem("repeated", sequence, f"số dòng không tăng, đứng sau dòng {self.sequence}")

    def end(self) -> None:
        """No more lines: what an anchor names must have come."""
        for sequence in sorted(self.waiting):
            self.problem(
                "anchor", sequence, f"mã đã lưu ngoài hệ thống có dòng này, nhật ký chỉ còn đến dòng {self.sequence}"
            )
        self.waiting = {}

    def problem(self, kind: str, sequence: int, words: str) -> None:
        self.found += 1
        if len(self.problems) < MOST:
            self.problems.append(
                {"agency": self.agency, "stream": self.stream, "sequence": sequence, "kind": kind, "words": words}
            )

    def head(self) -> str:
        return head_line(self.agency, self.stream, self.sequence, self.hash)


def said(problem: dict[str, object]) -> str:
    return f"Cơ quan {problem['agency']}, nhật ký {problem['stream']}, dòng {problem['sequence']}: {problem['words']}."


def check_file(path: Path, agency: int, stream: str, anchored: dict[int, str] | None) -> Chain:
    chain = Chain(agency, stream, anchored)
    with path.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            parts = line.rstrip("\n").split("\t", 3)
            if len(parts) == 4 and parts[0].isdigit():
                chain.feed(int(parts[0]), parts[1], parts[2], parts[3])
            else:
                chain.problem("unreadable", chain.sequence + 1, f"dòng thứ {number} của tệp {path.name} không đọc được")
    chain.end()
    return chain


def check_folder(folder: Path, anchor: str) -> list[Chain]:
    """Every chain of an exported ledger, held against the export's own list of heads and the anchor."""
    listed, anchors = read_heads((folder / HEADS).read_text(encoding="utf-8")), read_heads(anchor)
    files = {}
    for path in folder.iterdir():
        match = EXPORTED.match(path.name)
        if match:
            files[int(match[1]), match[2]] = path
    chains = []
    for key in sorted({*files, *listed, *anchors}):
        anchored = {**listed.get(key, {}), **anchors.get(key, {})}
        if key in files:
            chains.append(check_file(files[key], key[0], key[1], anchored))
        else:
            chains.append(Chain(key[0], key[1], anchored))
            chains[-1].end()
    return chains


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Kiểm tra nhật ký thao tác đã xuất.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent)
    parser.add_argument("--anchor", type=Path, help="thư hoặc tệp có mã đầu chuỗi đã lưu ngoài hệ thống")
    options = parser.parse_args(words)
    try:
        anchor = options.anchor.read_text(encoding="utf-8") if options.anchor else ""
        chains = check_folder(options.folder, anchor)
    except OSError as error:
        print(f"Không đọc được {error.filename}. Kiểm tra đường dẫn rồi chạy lại.", file=sys.stderr)
        return 2
    if options.anchor and not read_heads(anchor):
        print(f"Tệp {options.anchor} không có mã đầu chuỗi nào. Chọn đúng tệp hoặc thư đã nhận.", file=sys.stderr)
        return 2
    for chain in chains:
        for problem in chain.problems:
            print(said(problem))
        print(
            f"Cơ quan {chain.agency}, nhật ký {chain.stream}: {chain.entries} dòng, {chain.found} lỗi. {chain.head()}"
        )
    return 1 if any(chain.found for chain in chains) else 0


if __name__ == "__main__":
    sys.exit(main())
