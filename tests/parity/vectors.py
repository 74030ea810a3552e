"""Reading the vector files."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from bridge.types import Lot

Case = dict[str, Any]


@cache
def load(title: str) -> dict[str, Any]:
    """A whole vector file."""
    path = Path(__file__).parent / "vectors" / f"{title}.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def cases(title: str, section: str) -> list[Case]:
    """The cases of one section; an empty section would prove nothing, so it fails."""
    found: list[Case] = load(title)[section]
    if not found or len(found) != load(title)["counts"][section]:
        raise AssertionError(f"{title}.json: section {section} is not what its count says")
    return found


def named(case: Case) -> str:
    """The name of a case, for the test's id."""
    return str(case.get("name", "case"))


def bytes_of(text: str) -> bytes:
    """0x text as bytes."""
    return bytes.fromhex(text[2:])


def lots_of(case: Case, prefix: str) -> tuple[Lot, ...]:
    """The lots in three parallel columns."""
    columns = (case[f"{prefix}Amounts"], case[f"{prefix}AcquiredAt"], case[f"{prefix}UnlocksAt"])
    return tuple(
        Lot(int(amount), int(acquired), int(unlocks)) for amount, acquired, unlocks in zip(*columns, strict=True)
    )
