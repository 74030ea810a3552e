"""Hashes of documents, as they go on a chain: the SHA-256 of the file's bytes, unless somebody names another hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bridge.errors import InvalidInput

MAX_BYTES = 64 * 1024 * 1024
"""A document larger than this is not what was meant."""


class DocumentUnreadable(InvalidInput):
    """A document's file is missing, empty, too large, or no file."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"the document {path} can't be used: {why}")


def read_document(path: Path) -> bytes:
    """The bytes of a document. DocumentUnreadable."""
    try:
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise DocumentUnreadable(path, f"it has more than {MAX_BYTES:,} bytes")
        content = path.read_bytes()
    except OSError as error:
        raise DocumentUnreadable(path, (error.strerror or "it can't be read").lower()) from error
    if not content:
        raise DocumentUnreadable(path, "it is empty")
    return content


def hash_file(path: Path) -> bytes:
    """SHA-256 of a document. DocumentUnreadable."""
    return hashlib.sha256(read_document(path)).digest()
