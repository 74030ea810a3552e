"""How people name things on the command line: lots, chains, reasons, documents, roles, pause bits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from bridge.types import Action, Lot, PauseBit, Role
from lockstep_cli.assets.hashing import hash_file
from lockstep_cli.errors import UserError
from lockstep_cli.session import CHAINS, parse_amount

BOTH = "both"

Free = Annotated[str | None, typer.Option("--free", help="How many free base units.")]
Lots = Annotated[
    list[str] | None,
    typer.Option("--lot", help="A locked lot as ACQUIRED:UNLOCKS:AMOUNT (UTC seconds); may be given again."),
]
OneChain = Annotated[str, typer.Option("--chain", help="substrate or evm.")]
AnyChain = Annotated[str, typer.Option("--chain", help="substrate, evm or both.")]
ReasonCode = Annotated[int, typer.Option("--reason", help="The reason's code, 1 to 65535.", min=1, max=65_535)]
OrderedBy = Annotated[
    Path, typer.Option("--document", help="The file that orders it; its SHA-256 goes on chain.", dir_okay=False)
]


def action_of(reason: int, document: Path) -> Action:
    """A controller's reason and the hash of the document. DocumentUnreadable."""
    return Action(reason, hash_file(document))


def chains_of(name: str) -> tuple[str, ...]:
    """One chain's name, or both. UserError."""
    if name == BOTH:
        return CHAINS
    if name not in CHAINS:
        raise UserError(f"There is no chain called {name!r}.", f"Choose one of: {', '.join(CHAINS)}, {BOTH}.")
    return (name,)


def named_lots(free: str | None, lots: list[str] | None) -> tuple[Lot, ...]:
    """Lots in the form of a request: the free part first, then locked ones ascending. UserError, Refused."""
    locked = sorted((parse_lot(text) for text in lots or ()), key=lambda lot: (lot.unlocks_at, lot.acquired_at))
    return (Lot(parse_amount(free), 0, 0), *locked) if free is not None else tuple(locked)


def required_lots(free: str | None, lots: list[str] | None) -> tuple[Lot, ...]:
    """`named_lots`, of which there must be one. UserError."""
    named = named_lots(free, lots)
    if not named:
        raise UserError("No lot is named.", "Give --free AMOUNT, or --lot ACQUIRED:UNLOCKS:AMOUNT.")
    return named


def parse_lot(text: str) -> Lot:
    """One locked lot. UserError, Refused."""
    match = re.fullmatch(r"(\d{1,19}):(\d{1,19}):([\d_,]+)", text, re.ASCII)
    if match is None:
        raise UserError(
            f"{text!r} does not name a lot.",
            "Write ACQUIRED:UNLOCKS:AMOUNT, as `lockstep position show WHO --json` gives them.",
        )
    return Lot(parse_amount(match[3]), int(match[1]), int(match[2]))


def parse_role(text: str) -> Role:
    """`attestor` or `oracle`. UserError."""
    try:
        return Role[text.upper()]
    except KeyError:
        raise UserError(f"There is no role called {text!r}.", "Choose attestor or oracle.") from None


def parse_bits(text: str) -> PauseBit:
    """Comma-separated names of what a pause stops, or `everything`. UserError."""
    if text == "everything":
        return PauseBit.TRANSFER | PauseBit.INITIATE | PauseBit.DELIVER | PauseBit.SETTLE
    bits = PauseBit(0)
    for word in text.split(","):
        if word.strip().upper() not in PauseBit.__members__:
            names = ", ".join(bit.lower() for bit in PauseBit.__members__)
            raise UserError(f"A pause can't stop {word.strip()!r}.", f"Choose of: {names}; or everything.")
        bits |= PauseBit[word.strip().upper()]
    return bits


def parse_bytes(text: str, length: int, what: str) -> bytes:
    """Bytes of a length from hex. UserError."""
    digits = text.removeprefix("0x")
    if len(digits) != 2 * length or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
        raise UserError(f"{text!r} is no {what}.", f"Write 0x and {2 * length} hex digits.")
    return bytes.fromhex(digits)
