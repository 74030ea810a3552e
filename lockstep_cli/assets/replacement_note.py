"""What a replacement of a token must remember beside the chain, so that a run that was killed is simply repeated.

How far the import is, the chain itself says. This file only holds what it does not: what the asset's pause was before, and a
token that was made and is not in force yet. Written whole and forced to the disk before the transaction that it speaks of.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ValidationError

from bridge.errors import LockstepError
from lockstep_cli.errors import UserError


class NoteDamaged(LockstepError):
    """The note of a replacement can't be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cure = "Take it away: the import goes on without it, and the asset then stays paused until you resume it."
        super().__init__(f"the note of the replacement {path} is damaged")


class Note(BaseModel):
    """`old`: the token that is replaced. `paused`: pause bits of the asset's scope before the run. `block`: the chain's
    height before anything was done. `successor`: the token that takes over, once it was made."""

    old: str
    paused: int
    block: int
    successor: str | None = None


class NoteFile:
    """The note of one asset's replacement; held by one process at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Note | None:
        """What was noted; None when no replacement is under way. NoteDamaged."""
        try:
            return Note.model_validate_json(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise NoteDamaged(self._path) from error

    def write(self, note: Note) -> Note:
        """Notes it, on the disk when this returns; the note itself."""
        draft = self._path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(note.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        return note

    def clear(self) -> None:
        """The replacement is over."""
        self._path.unlink(missing_ok=True)


@contextmanager
def open_note(folder: Path, asset: bytes) -> Iterator[NoteFile]:
    """The note of an asset's replacement. UserError while another process replaces its token."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"replacement-{asset.hex()[:16]}.json"
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError("Another process is replacing this token.", "Wait until it has ended.") from error
        yield NoteFile(path)
