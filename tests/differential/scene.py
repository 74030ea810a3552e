"""The people, accounts and assets of the differential test.

An operation's arguments are names, numbers, and seconds since the beginning, so that a list of operations can be
printed, shortened and played again at any time on fresh chains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_utils.crypto import keccak

from bridge.domains import asset_id
from bridge.types import ZERO32, AccountKind, AssetTerms, Lot, Timing, TransferOrder
from lockstep_cli.local.genesis import TIMING

SUBSTRATE, EVM = "substrate", "evm"
CHAINS = (SUBSTRATE, EVM)
HOME, AWAY = "home", "away"
ROLES = (HOME, AWAY)
PEOPLE = ("ana", "ben", "cho", "dan")
ACCOUNTS = {"ana1": "ana", "ana2": "ana", "ben1": "ben", "cho1": "cho", "dan1": "dan", "new1": None, "new2": None}
STAFF = ("admin", "guardian", "controller", "relayer")
CLASSES = (0, 1, 2, 3)
NOBODY, ODD = "nobody", "odd"
"""Accounts that can't be: zero, and 32 bytes that are no EVM address."""

Op = tuple[int, str, str, dict[str, Any]]
"""(seconds since the operation before, kind, role of the asset, arguments)"""


def other(chain: str) -> str:
    return EVM if chain == SUBSTRATE else SUBSTRATE


@dataclass(frozen=True, slots=True)
class Call:
    """An operation as a chain is asked it: the model's function, the caller and its arguments."""

    name: str
    caller: bytes
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """`account(chain, name)`: 32 bytes; `domains` by chain; `start`: the second that offsets count from."""

    account: Callable[[str, str], bytes]
    domains: Mapping[str, bytes]
    start: int
    salt: bytes
    timing: Timing = TIMING
    orders: dict[str, list[TransferOrder]] = field(default_factory=lambda: {chain: [] for chain in CHAINS})

    def investor(self, chain: str, role: str, name: str) -> bytes:
        """The pseudonym of a person for the asset with this role on a chain."""
        if name == NOBODY:
            return ZERO32
        if name == ODD:
            return b"\x01" + bytes(31)
        return bytes(16) + keccak(self.salt + self.home(chain, role).encode() + name.encode())[:16]

    def home(self, chain: str, role: str) -> str:
        """The chain that an asset is issued on."""
        return chain if role == HOME else other(chain)

    def issuer(self, chain: str, role: str) -> bytes:
        """The issuer in the asset's id."""
        return keccak(text="issuer" + self.home(chain, role))

    def asset(self, chain: str, role: str) -> bytes:
        """The asset with this role on a chain."""
        if role not in ROLES:
            return keccak(text="no asset")
        return asset_id(self.domains[self.home(chain, role)], self.issuer(chain, role), self.salt)

    def lots(self, rows: Sequence[Sequence[int | None]]) -> tuple[Lot, ...]:
        """Lots whose times are offsets; a row (amount, None, None) is free."""
        return tuple(
            Lot(amount or 0, 0 if acquired is None else self.start + acquired, 0 if due is None else self.start + due)
            for amount, acquired, due in rows
        )

    def rows(self, lots: Sequence[Lot]) -> list[list[int | None]]:
        """The same the other way round."""
        return [
            [
                lot.amount,
                lot.acquired_at - self.start if lot.acquired_at else None,
                lot.unlocks_at - self.start if lot.unlocks_at else None,
            ]
            for lot in lots
        ]

    def terms(self, args: Mapping[str, Any]) -> AssetTerms:
        """Terms from plain numbers."""
        return AssetTerms(
            args["terms"],
            args.get("decimals", 2),
            args["default_rule"],
            args["holding_period"],
            args["max_oracle_age"],
            args["min_lot"],
            args["authorised_issue"],
            keccak(text="terms"),
        )


def kind_of(chain: str) -> AccountKind:
    """The shape of a chain's accounts."""
    return AccountKind.EVM if chain == EVM else AccountKind.ACCOUNT_ID32
