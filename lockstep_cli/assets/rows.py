"""The files of people and of lots: CSV, read strictly, every fault named with its row.

Dates are days (2026-01-31, midnight UTC) or UTC seconds. A row of lots is one lot: free, or with the day it was acquired
and the day it unlocks. `today` is the day on which the file is read, and a lot may unlock a span after it was acquired
("+365 days"): so that one file serves every closing with the same lock-ups.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from bridge.errors import InvalidInput
from bridge.types import MAX_AMOUNT, Lot
from lockstep_cli.assets.file import seconds

T = TypeVar("T")

DAY = 86_400
MAX_ROWS = 10_000
MAX_BYTES = 4 * 1024 * 1024
LAST_TIME = 2**63
"""Times beyond it are no dates."""
YES, NO = frozenset({"yes", "true", "1", "free"}), frozenset({"", "no", "false", "0", "locked"})
ISSUE_COLUMNS = ("holder", "amount", "acquired", "unlocks", "free")
PEOPLE_COLUMNS = ("name", "class", "valid_days", "limit", "substrate", "evm")


class RowsRefused(InvalidInput):
    """A file of rows can't be used; the sentence names the first faults, each with its row."""

    SHOWN = 5

    def __init__(self, path: Path, faults: Sequence[str]) -> None:
        self.path, self.faults = path, tuple(faults)
        more = len(faults) - self.SHOWN
        told = "; ".join(faults[: self.SHOWN]) + (f"; and {more} more" if more > 0 else "")
        super().__init__(f"the file {path} can't be used: {told}")


@dataclass(frozen=True, slots=True)
class IssueRow:
    """One lot for one holder (a name, an investor id or an address). `number` is the row in the file, from 2 on."""

    number: int
    holder: str
    lot: Lot


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One investor as the local oracle admits them. `limit` None: the asset's cap. Accounts as text, by chain."""

    number: int
    name: str
    class_name: str
    valid_days: int
    limit: int | None
    accounts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class IssueFile:
    """All rows, and the SHA-256 of the file's bytes, by which a run of it is recognised."""

    rows: tuple[IssueRow, ...]
    digest: bytes

    @property
    def total(self) -> int:
        """The sum of all rows in base units."""
        return sum(row.lot.amount for row in self.rows)


def read_issue_file(path: Path, now: int) -> IssueFile:
    """The lots to issue; `now` in UTC seconds says which day `today` is. RowsRefused."""
    content = _content(path)
    return IssueFile(parse_issue(path, content, now), hashlib.sha256(content).digest())


def parse_issue(path: Path, content: bytes, now: int) -> tuple[IssueRow, ...]:
    """Rows of lots from a file's bytes. RowsRefused."""
    return _parse(path, content, ISSUE_COLUMNS, partial(_issue_row, now // DAY * DAY))


def read_people_file(path: Path) -> tuple[PersonRow, ...]:
    """The investors to admit. RowsRefused."""
    rows = _parse(path, _content(path), PEOPLE_COLUMNS, _person_row)
    names = [row.name for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RowsRefused(path, [f"{name} stands there twice" for name in twice])
    return rows


def format_issue(rows: Sequence[IssueRow]) -> str:
    """Rows of lots as the file that they are read from, times in UTC seconds."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(ISSUE_COLUMNS)
    for row in rows:
        times = ("", "", "yes") if _is_free(row.lot) else (row.lot.acquired_at, row.lot.unlocks_at, "no")
        writer.writerow((row.holder, row.lot.amount, *times))
    return out.getvalue()


def parse_amount(text: str) -> int:
    """A whole number of base units above 0, digits only (and _ or , between them). ValueError."""
    digits = text.replace("_", "").replace(",", "")
    # More digits than any amount has are refused before they become a number: huge ones take long to read.
    if not digits.isascii() or not digits.isdigit() or len(digits) > 40:
        raise ValueError(f"{text[:40]!r} is no amount")
    amount = int(digits)
    if not 0 < amount <= MAX_AMOUNT:
        raise ValueError(f"the amount {text[:40]} is not between 1 and 2^96-1")
    return amount


def parse_time(text: str, today: int = 0) -> int:
    """UTC seconds from a day, from seconds, or from the word `today` where it means something; 0 for nothing. ValueError."""
    if not text:
        return 0
    if text.lower() == "today" and today:
        return today
    if text.isascii() and text.isdigit() and len(text) <= 19:
        value = int(text)
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text[:40]!r} is no day (2026-01-31) and no number of seconds") from None
        value = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    if not 0 < value < LAST_TIME:
        raise ValueError(f"{text[:40]!r} is no time after 1970")
    return value


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RowsRefused(path, [f"it has more than {MAX_BYTES:,} bytes"])
        return path.read_bytes()
    except OSError as error:
        raise RowsRefused(path, [(error.strerror or "it can't be read").lower()]) from error


def _parse(
    path: Path, content: bytes, columns: Sequence[str], make: Callable[[int, Mapping[str, str]], T]
) -> tuple[T, ...]:
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise RowsRefused(path, [f"it is no CSV in UTF-8 ({error})"]) from error
    if not lines or tuple(cell.strip() for cell in lines[0]) != tuple(columns):
        raise RowsRefused(path, [f"its first row must be {','.join(columns)}"])
    found, faults = [], []
    for number, line in enumerate(lines[1:], start=2):
        cells = [cell.strip() for cell in line]
        if not any(cells) or cells[0].startswith("#"):
            continue
        try:
            found.append(make(number, _named(columns, cells)))
        except ValueError as error:
            faults.append(f"row {number}: {error}")
    if len(found) + len(faults) > MAX_ROWS:
        faults = [f"it has more than {MAX_ROWS:,} rows"]
    if not found and not faults:
        faults = ["it has no rows"]
    if faults:
        raise RowsRefused(path, faults)
    return tuple(found)


def _named(columns: Sequence[str], cells: Sequence[str]) -> Mapping[str, str]:
    if len(cells) != len(columns):
        raise ValueError(f"it has {len(cells)} cells instead of {len(columns)}")
    return dict(zip(columns, cells, strict=True))


def _issue_row(today: int, number: int, cells: Mapping[str, str]) -> IssueRow:
    if not cells["holder"]:
        raise ValueError("it names no holder")
    amount = parse_amount(cells["amount"])
    acquired = parse_time(cells["acquired"], today)
    unlocks = _unlock_time(cells["unlocks"], acquired, today)
    word = cells["free"].lower()
    if word not in YES | NO:
        raise ValueError(f"free is {cells['free'][:20]!r} instead of yes or no")
    if word in YES:
        if acquired or unlocks:
            raise ValueError("free tokens carry no dates")
        return IssueRow(number, cells["holder"], Lot(amount, 0, 0))
    if not unlocks:
        raise ValueError("a lot that is not free needs the day it unlocks")
    if acquired > unlocks:
        raise ValueError("the lot unlocks before it was acquired")
    return IssueRow(number, cells["holder"], Lot(amount, acquired, unlocks))


def _unlock_time(text: str, acquired: int, today: int) -> int:
    if not text.startswith("+"):
        return parse_time(text, today)
    if not acquired:
        raise ValueError(f"{text[:40]!r} counts from a day of acquisition, and there is none")
    return acquired + seconds(text[1:].strip())


def _person_row(number: int, cells: Mapping[str, str]) -> PersonRow:
    name = cells["name"].lower()
    if not name.isidentifier() or not name.isascii() or len(name) > 32:
        raise ValueError(f"{cells['name'][:40]!r} is no name (letters, digits and _)")
    if not cells["valid_days"].isdigit() or not 0 < int(cells["valid_days"][:9]) <= 36_500:
        raise ValueError("valid_days is not between 1 and 36500")
    limit = parse_amount(cells["limit"]) if cells["limit"] else None
    accounts = {chain: cells[chain] for chain in ("substrate", "evm") if cells[chain]}
    return PersonRow(number, name, cells["class"], int(cells["valid_days"]), limit, accounts)


def _is_free(lot: Lot) -> bool:
    return lot.acquired_at == 0 and lot.unlocks_at == 0
