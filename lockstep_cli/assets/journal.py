"""What was done of a file of lots, so that a run that was cut off issues nothing twice.

One JSON line per fact, each forced to the disk before the next thing happens: `signed` before a transaction leaves, `issued`
once a block holds it. The journal's name comes from the file's hash and the asset: the same file goes on where it stopped, a
changed file is another.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.errors import LockstepError
from lockstep_cli.errors import UserError


class JournalDamaged(LockstepError):
    """A line of the journal can't be read. Nothing is guessed: what was issued is on the chain."""

    def __init__(self, path: Path, line: int) -> None:
        self.path, self.line = path, line
        self.cure = (
            "Compare the file with what the chain says was issued (asset show), and put the rest into a new file."
        )
        super().__init__(f"line {line} of the journal {path} is damaged")


@dataclass(slots=True)
class RowState:
    """What is known of one row. `since`: the chain's height when its first transaction was signed."""

    hashes: list[str] = field(default_factory=list)
    since: int = 0
    issued: str | None = None
    block: int = 0

    @property
    def is_open(self) -> bool:
        """Whether a transaction was signed and nobody saw what became of it."""
        return bool(self.hashes) and self.issued is None


class IssueJournal:
    """The journal of one file; held by one process at a time. Safe to write from several threads."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle
        self._lock = threading.Lock()
        self.rows: dict[int, RowState] = {}
        self._read()

    def signed(self, row: int, tx_hash: str, since: int) -> None:
        """A transaction for a row is about to leave."""
        self._write({"row": row, "signed": tx_hash, "since": since})

    def issued(self, row: int, tx_hash: str, block: int) -> None:
        """A block holds it, and it did what it should."""
        self._write({"row": row, "issued": tx_hash, "block": block})

    def dropped(self, row: int) -> None:
        """What was signed for a row came to nothing, for good."""
        self._write({"row": row, "dropped": True})

    def state(self, row: int) -> RowState:
        """What is known of a row."""
        return self.rows.get(row, RowState())

    def _write(self, fact: dict[str, Any]) -> None:
        with self._lock:
            # The fact is known here only once it is on the disk: a transaction must not leave before.
            os.write(self._handle, (json.dumps(fact) + "\n").encode())
            os.fsync(self._handle)
            self._apply(fact)

    def _read(self) -> None:
        content = self._path.read_bytes()
        *lines, torn = content.split(b"\n")
        for number, line in enumerate(lines, start=1):
            try:
                self._apply(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise JournalDamaged(self._path, number) from error
        if torn:
            # The last line was being written when the machine stopped: what it announces had not left yet.
            os.ftruncate(self._handle, len(content) - len(torn))

    def _apply(self, fact: dict[str, Any]) -> None:
        state = self.rows.setdefault(int(fact["row"]), RowState())
        if "signed" in fact:
            state.since = state.since if state.hashes else int(fact["since"])
            state.hashes.append(str(fact["signed"]))
        elif "issued" in fact:
            state.issued, state.block = str(fact["issued"]), int(fact["block"])
        elif "dropped" in fact:
            state.hashes.clear()
        else:
            raise KeyError("a fact")


@contextmanager
def open_journal(folder: Path, asset: bytes, digest: bytes) -> Iterator[IssueJournal]:
    """The journal of a file's issue. UserError while another process works on the same file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"issue-{asset.hex()[:16]}-{digest.hex()[:32]}.jsonl"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError("This file is being issued by another process.", "Wait until it has ended.") from error
        yield IssueJournal(path, handle)
    finally:
        os.close(handle)


Told = Callable[[int, str], None]
"""Told of each row that was issued: its number and its transaction."""
