"""A command's view of the running local system: both chains, the asset and the cast."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from eth_utils.address import is_hex_address
from substrateinterface.utils.ss58 import is_valid_ss58_address, ss58_decode

from bridge.domains import account_of_evm
from bridge.refusals import Refusal, Refused
from bridge.types import MAX_AMOUNT
from chains.base import Chain
from chains.evm.adapter import EvmChain, EvmContracts
from chains.substrate.adapter import SubstrateChain
from lockstep_cli.errors import UserError
from lockstep_cli.local.cast import (
    ROLES,
    STRANGER,
    Person,
    assemble,
    stranger,
)
from lockstep_cli.local.state import SystemState
from lockstep_cli.paths import up_state

CHAINS = ("substrate", "evm")


@dataclass(frozen=True, slots=True)
class Session:
    """Everything that a command needs."""

    state: SystemState
    chains: dict[str, Chain]
    asset: bytes
    people: dict[str, Person]

    def chain(self, name: str) -> Chain:
        """A chain by name. UserError for another word."""
        if name not in self.chains:
            raise UserError(f"There is no chain called {name!r}.", f"Choose one of: {', '.join(CHAINS)}.")
        return self.chains[name]

    def other(self, name: str) -> Chain:
        """The chain at the other end of the lane."""
        return next(chain for key, chain in self.chains.items() if key != self.chain(name).name)

    def person(self, name: str) -> Person:
        """A member of the cast, whose keys this development system holds. UserError for another word."""
        if name.lower() not in self.people:
            raise UserError(f"Nobody here is called {name!r}.", f"The cast is: {', '.join(self.people)}.")
        return self.people[name.lower()]

    def account(self, who: str, chain: str) -> bytes:
        """A member of the cast, `stranger`, or an address of that chain, as 32 bytes."""
        if who.lower() in self.people:
            return self.people[who.lower()].account(chain).id
        if who.lower() == STRANGER:
            return stranger(chain).id
        if chain == "evm" and is_hex_address(who):
            return account_of_evm(bytes.fromhex(who.removeprefix("0x")))
        if chain == "substrate" and is_valid_ss58_address(who):
            return bytes.fromhex(ss58_decode(who))
        kind = "an EVM address" if chain == "evm" else "an SS58 address"
        raise UserError(f"{who!r} is neither somebody's name nor {kind}.", f"The cast is: {', '.join(self.people)}.")

    def investor(self, who: str) -> bytes:
        """An investor by name or by id (0x and 64 digits)."""
        if who.lower() in self.people:
            return self.people[who.lower()].investor
        digits = who.removeprefix("0x")
        if len(digits) == 64 and all(digit in "0123456789abcdefABCDEF" for digit in digits):
            return bytes.fromhex(digits)
        raise UserError(
            f"{who!r} is neither somebody's name nor an investor id.", f"The cast is: {', '.join(self.people)}."
        )


@contextmanager
def open_session() -> Iterator[Session]:
    """Connects to the system that `./lockstep up` runs. NoLocalSystem when there is none."""
    state = SystemState.read(up_state())
    # Its cast has the published keys, as `LocalSystem` itself; a process that was told another environment is refused them.
    os.environ.setdefault("LOCKSTEP_ENV", "dev")
    investors = {name: bytes.fromhex(investor.removeprefix("0x")) for name, investor in state.investors.items()}
    people = {role.name: assemble(role, investors[role.name]) for role in ROLES}
    chains = connect(state)
    try:
        yield Session(state, chains, bytes.fromhex(state.asset.removeprefix("0x")), people)
    finally:
        for chain in chains.values():
            chain.close()


def connect(state: SystemState) -> dict[str, Chain]:
    """Both chains of a running system."""
    contracts = EvmContracts(state.evm.bridge, state.evm.lens, state.evm.authority)
    return {"substrate": SubstrateChain(state.substrate_ws), "evm": EvmChain(state.evm_http, state.evm_ws, contracts)}


def parse_amount(text: str) -> int:
    """A whole number of base units. UserError when it is none; Refused (AmountTooLarge) over 2^96-1, as both chains would."""
    digits = text.replace("_", "").replace(",", "")
    if not digits.isascii() or not digits.isdigit():
        raise UserError(f"{text!r} is not an amount.", "Give a whole number of base units, for example 250 or 1_000.")
    value = int(digits)
    if value > MAX_AMOUNT:
        raise Refused.of(Refusal.AmountTooLarge, min(value, 2**256 - 1), MAX_AMOUNT)
    return value
