"""What the local oracle and the register know beside the chains: names of assets, classes and investors.

A file in the run folder, readable by its owner only, gone when the local system stops. It holds pseudonyms and the names that
belong to them, and no keys. Two commands at once never lose each other's entries: each change holds the lock.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from bridge.errors import LockstepError
from lockstep_cli.errors import UserError


class BookUnreadable(LockstepError):
    """The book is there and can't be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"the book of assets {path} is damaged")


class HolderEntry(BaseModel):
    """One investor of one asset. Bytes are 0x-hex; accounts by chain. `retired`: ids that this name had before."""

    name: str
    investor: str
    class_name: str
    class_number: int
    valid_until: int
    limit: int
    accounts: dict[str, str]
    retired: list[str] = Field(default_factory=list)

    @property
    def id(self) -> bytes:
        """The investor id as 32 bytes."""
        return bytes.fromhex(self.investor.removeprefix("0x"))

    def account(self, chain: str) -> bytes | None:
        """The investor's account on a chain as 32 bytes; None without one."""
        text = self.accounts.get(chain)
        return None if text is None else bytes.fromhex(text.removeprefix("0x"))


class AssetEntry(BaseModel):
    """One asset. `classes`: number by name; `investor_cap` over all chains, in base units."""

    asset: str
    symbol: str
    name: str
    home: str
    isin: str | None = None
    decimals: int = 0
    classes: dict[str, int] = Field(default_factory=dict)
    investor_cap: int = 0
    class_caps_granted: list[str] = Field(
        default_factory=list, description="Chains that have their parts of the class caps."
    )
    investors: dict[str, HolderEntry] = Field(default_factory=dict)

    @property
    def id(self) -> bytes:
        """The asset's id as 32 bytes."""
        return bytes.fromhex(self.asset.removeprefix("0x"))

    def names(self) -> dict[bytes, HolderEntry]:
        """Investors by id. An id that took over another's belongs to the name that had it first."""
        latest_first = sorted(self.investors.values(), key=lambda entry: len(entry.retired), reverse=True)
        return {entry.id: entry for entry in latest_first}

    def retire(self, old: bytes, successor: bytes) -> None:
        """Every name that led to the old id leads to its successor from now on."""
        for entry in self.investors.values():
            if entry.id == old:
                entry.retired.append(entry.investor)
                entry.investor = "0x" + successor.hex()


class Book(BaseModel):
    """Everything, by symbol."""

    assets: dict[str, AssetEntry] = Field(default_factory=dict)

    def find(self, symbol: str) -> AssetEntry:
        """An asset by its symbol or id. UserError for another word."""
        for entry in self.assets.values():
            if symbol.upper() == entry.symbol or symbol.lower() == entry.asset:
                return entry
        known = ", ".join(sorted(self.assets)) or "none"
        raise UserError(f"No asset here is called {symbol!r}.", f"Registered: {known}.")


def read_book(path: Path) -> Book:
    """The book; empty when there is no file yet. BookUnreadable."""
    try:
        return Book.model_validate_json(path.read_text("utf-8"))
    except FileNotFoundError:
        return Book()
    except (OSError, ValidationError) as error:
        raise BookUnreadable(path) from error


@contextmanager
def changing(path: Path) -> Iterator[Book]:
    """The book, held alone; what was changed is written whole when the block ends without an error."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        book = read_book(path)
        yield book
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(book.model_dump_json(indent=2))
        draft.replace(path)
