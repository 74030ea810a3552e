"""The asset of the local system: its terms, and the lots that each holder starts with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bridge.types import ZERO32, AssetTerms, Lot, Rule
from chains.views import AssetParams

YEAR: Final = 365 * 86_400

NAME: Final = "Harbour House 1"
SYMBOL: Final = "HH1"
AUTHORISED: Final = 100_000
"""Tokens that may ever be issued; one token is one base unit (decimals 0)."""

MIN_FLIGHT: Final = 10
"""Seconds; development lanes let a deadline be this near."""
MAX_FLIGHT: Final = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Grant:
    """What a member of the cast holds at the start: free tokens, and lots bought earlier that are still locked."""

    who: str
    free: int
    locked: int


GRANTS: Final = (Grant("ana", 1_000, 500), Grant("fay", 200, 100))


def terms() -> AssetTerms:
    """Version 1 of the asset's terms, equal on both chains. Ages and periods in seconds."""
    return AssetTerms(
        terms=1,
        decimals=0,
        default_rule=Rule.KEEP,
        holding_period=YEAR,
        max_oracle_age=24 * 3600,
        min_lot=1,
        authorised_issue=AUTHORISED,
        document=ZERO32,
    )


def params(home_domain: bytes, issuer: bytes, salt: bytes) -> AssetParams:
    """How both chains are told of the asset; its id follows from the first three."""
    return AssetParams(
        home_domain=home_domain, issuer=issuer, salt=salt, terms=terms(), pairs=(), name=NAME, symbol=SYMBOL
    )


def lots_of(grant: Grant, now: int) -> tuple[Lot, ...]:
    """The lots to issue: free first, then one acquired 90 days ago that unlocks a year after its acquisition.

    The times are cut to whole days, as a register would hold them.
    """
    acquired = (now - 90 * 86_400) // 86_400 * 86_400
    return (Lot(grant.free, 0, 0), Lot(grant.locked, acquired, acquired + YEAR))
