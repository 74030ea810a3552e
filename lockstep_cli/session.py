"""A command's view of the running local system: both chains, the asset and the cast."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer
from eth_utils.address import is_hex_address
from substrateinterface.utils.ss58 import is_valid_ss58_address, ss58_decode

from bridge.domains import account_of_evm
from bridge.refusals import Refusal, Refused
from bridge.types import MAX_AMOUNT
from chains.control import ManagedChain
from chains.evm.adapter import EvmChain, EvmContracts
from chains.substrate.adapter import SubstrateChain
from lockstep_cli.assets.book import AssetEntry, Book, HolderEntry, read_book
from lockstep_cli.errors import UserError
from lockstep_cli.local import asset as house
from lockstep_cli.local.cast import ROLES, ROSTER, STRANGER, Person, assemble, guest, stranger
from lockstep_cli.local.oracle import CLASS_QUALIFIED, HOLDING_CAP
from lockstep_cli.local.state import SystemState
from lockstep_cli.paths import up_book, up_state

CHAINS = ("substrate", "evm")

OfAsset = Annotated[
    str | None, typer.Option("--asset", help="Symbol of the asset; without it, the one that the system started with.")
]


@dataclass(frozen=True, slots=True)
class Session:
    """Everything that a command needs: the chains, one asset, and what is known of its investors.

    `people` are those investors whose keys this development system holds.
    """

    state: SystemState
    chains: dict[str, ManagedChain]
    entry: AssetEntry
    people: dict[str, Person]

    @property
    def asset(self) -> bytes:
        """The asset's id."""
        return self.entry.id

    def chain(self, name: str) -> ManagedChain:
        """A chain by name. UserError for another word."""
        if name not in self.chains:
            raise UserError(f"There is no chain called {name!r}.", f"Choose one of: {', '.join(CHAINS)}.")
        return self.chains[name]

    def other(self, name: str) -> ManagedChain:
        """The chain at the other end of the lane."""
        return next(chain for key, chain in self.chains.items() if key != self.chain(name).name)

    def person(self, name: str) -> Person:
        """An investor whose keys this development system holds. UserError for another word."""
        found = self.people.get(name.lower()) or self._who_enrolled(name.lower())
        if found is None:
            raise UserError(f"Nobody here is called {name!r}.", self._known())
        return found

    def account(self, who: str, chain: str) -> bytes:
        """An account by its owner's name, or an address of that chain, as 32 bytes. Investor or not: the chains know."""
        known = self.entry.investors.get(who.lower())
        if known is not None:
            account = known.account(chain)
            if account is None:
                raise UserError(f"{who} has no account on {chain}.", "Admit one, or name an address.")
            return account
        if who.lower() == STRANGER:
            return stranger(chain).id
        if who.lower() in ROSTER:
            return guest(who.lower(), bytes(32)).account(chain).id
        address = parse_address(who, chain)
        if address is None:
            kind = "an EVM address" if chain == "evm" else "an SS58 address"
            raise UserError(f"{who!r} is neither somebody's name nor {kind}.", self._known())
        return address

    def investor(self, who: str) -> bytes:
        """An investor by name or by id (0x and 64 digits)."""
        if who.lower() in self.entry.investors:
            return self.entry.investors[who.lower()].id
        if (enrolled := self._who_enrolled(who.lower())) is not None:
            return enrolled.investor
        digits = who.removeprefix("0x")
        if len(digits) == 64 and all(digit in "0123456789abcdefABCDEF" for digit in digits):
            return bytes.fromhex(digits)
        raise UserError(f"{who!r} is neither somebody's name nor an investor id.", self._known())

    def _who_enrolled(self, name: str) -> Person | None:
        """Somebody of the roster who became an investor by a wallet: no book of this system knows them, the chains do."""
        if name not in ROSTER or name in self.entry.investors:
            return None
        for chain in self.chains.values():
            account = guest(name, bytes(32)).account(chain.name)
            investor = chain.views(chain.head()).account_of(self.asset, account.id).investor
            if any(investor):
                return guest(name, investor)
        return None

    def _known(self) -> str:
        return f"Investors of {self.entry.symbol}: {', '.join(self.entry.investors) or 'none yet'}."


def parse_address(text: str, chain: str) -> bytes | None:
    """An address of a chain as 32 bytes, or None when the text is none."""
    if chain == "evm" and is_hex_address(text):
        return account_of_evm(bytes.fromhex(text.removeprefix("0x")))
    if chain == "substrate" and is_valid_ss58_address(text):
        return bytes.fromhex(ss58_decode(text))
    return None


@contextmanager
def open_session(asset: str | None = None) -> Iterator[Session]:
    """Connects to the system that `./lockstep up` runs, for one asset by symbol. NoLocalSystem, UserError."""
    state = SystemState.read(up_state())
    # Its cast has the published keys, as `LocalSystem` itself; a process that was told another environment is refused them.
    os.environ.setdefault("LOCKSTEP_ENV", "dev")
    entry = entries(state, read_book(up_book())).find(asset or house.SYMBOL)
    chains = connect(state)
    try:
        yield Session(state, chains, entry, people_of(entry))
    finally:
        for chain in chains.values():
            chain.close()


def entries(state: SystemState, book: Book) -> Book:
    """The book with the asset that the system started with."""
    numbers = {name: state.classes.get(name, CLASS_QUALIFIED) for name in state.investors}
    investors = {name: _entry_of_cast(name, investor, numbers[name]) for name, investor in state.investors.items()}
    first = AssetEntry(
        asset=state.asset.lower(),
        symbol=house.SYMBOL,
        name=house.NAME,
        home="substrate",
        classes={_class_name(number): number for number in sorted(set(numbers.values()))},
        investor_cap=HOLDING_CAP,
        investors=investors,
    )
    return Book(assets={house.SYMBOL: first} | book.assets)


def people_of(entry: AssetEntry) -> dict[str, Person]:
    """The investors of an asset who sign with the development keys of their names."""
    roles = {role.name: role for role in ROLES}
    found = {}
    for name, holder in entry.investors.items():
        if name not in ROSTER:
            continue
        is_cast = entry.symbol == house.SYMBOL
        person = assemble(roles[name], holder.id) if is_cast else guest(name, holder.id)
        if all(person.account(chain).id == holder.account(chain) for chain in holder.accounts):
            found[name] = person
    return found


def _class_name(number: int) -> str:
    """What a class that the oracle drew is called here: the oracle alone knows what it stands for."""
    return "qualified" if number == CLASS_QUALIFIED else f"class {number}"


def _entry_of_cast(name: str, investor: str, class_number: int) -> HolderEntry:
    person = guest(name, bytes.fromhex(investor.removeprefix("0x")))
    return HolderEntry(
        name=name,
        investor=investor,
        class_name=_class_name(class_number),
        class_number=class_number,
        valid_until=0,
        limit=HOLDING_CAP,
        accounts={chain: "0x" + person.account(chain).id.hex() for chain in CHAINS},
    )


def connect(state: SystemState) -> dict[str, ManagedChain]:
    """Both chains of a running system."""
    contracts = EvmContracts(state.evm.bridge, state.evm.lens, state.evm.authority, state.evm.controls)
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
