"""The people of the local system: who they are on both chains, and what the oracle knows of them.

Keys are the published development keys. Investor ids are drawn at random for each start, as the oracle would draw
them per (person, asset): a pseudonym that is the same on two chains, and never the same for two assets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bridge.types import Permission
from chains.accounts import Account
from chains.devnet.keys import dev_evm, dev_substrate

ALL = Permission.RECEIVE | Permission.SEND | Permission.BRIDGE
LEAVE_ONLY = Permission.SEND | Permission.BRIDGE

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Role:
    """What a member of the cast stands for. `valid_for` in seconds from now (negative: lapsed already)."""

    name: str
    evm_index: int
    permissions: Permission
    valid_for: int
    story: str


ROLES = (
    Role("ana", 4, ALL, 28 * DAY, "an accredited investor"),
    Role("ben", 5, ALL, 28 * DAY, "another accredited investor"),
    Role("cho", 6, LEAVE_ONLY, 28 * DAY, "says herself that she is accredited, which this asset doesn't take for it"),
    Role("dan", 7, ALL, -DAY, "is accredited, but his passport ends before his next word would"),
    Role("fay", 8, ALL, 28 * DAY, "accredited, until she isn't"),
)

ROSTER: Final = {role.name: role.evm_index for role in ROLES} | {
    name: 13 + place for place, name in enumerate(("gil", "hua", "ida", "jon", "kim", "leo", "mia"))
}
"""Everybody with keys and native coin on both chains: the cast, and guests who become investors of assets to come."""

ORACLE_EVM_INDEX = 23
ORACLE_SUBMITTER = "oracle"
STRANGER_EVM_INDEX = 9
STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Person:
    """One investor with one account on each chain. `investor` is 32 bytes with the high half zero."""

    name: str
    investor: bytes
    substrate: Account
    evm: Account
    role: Role

    def account(self, chain: str) -> Account:
        """The person's account on `substrate` or `evm`."""
        return self.evm if chain == "evm" else self.substrate


def substrate_account(name: str) -> Account:
    """The development account `//Name`."""
    return Account.substrate(dev_substrate(name.capitalize()))


def evm_account(index: int) -> Account:
    """The development account at place `index` of the well-known phrase."""
    return Account.evm(dev_evm(index))


def draw_cast(randomness: Callable[[int], bytes]) -> dict[str, Person]:
    """The cast with fresh investor ids; `randomness(n)` gives n random bytes."""
    return {role.name: assemble(role, bytes(16) + randomness(16)) for role in ROLES}


def assemble(role: Role, investor: bytes) -> Person:
    """A person from a role and an investor id."""
    return Person(role.name, investor, substrate_account(role.name), evm_account(role.evm_index), role)


def guest(name: str, investor: bytes) -> Person:
    """Somebody of the roster as an investor of another asset. KeyError for another name."""
    role = Role(name, ROSTER[name], ALL, 0, "an investor")
    return Person(name, investor, substrate_account(name), evm_account(role.evm_index), role)


def stranger(chain: str) -> Account:
    """The account on `substrate` or `evm` that no oracle ever bound."""
    return evm_account(STRANGER_EVM_INDEX) if chain == "evm" else substrate_account(STRANGER)


def oracle_submitter(chain: str) -> Account:
    """The account on `substrate` or `evm` by which the oracle hands in its batches; it has native coin and no rights."""
    return evm_account(ORACLE_EVM_INDEX) if chain == "evm" else substrate_account(ORACLE_SUBMITTER)


@dataclass(frozen=True, slots=True)
class Staff:
    """The keys of those who run the local system, per chain."""

    admin: Account
    guardian: Account
    controller: Account
    relayer: Account


def staff(chain: str) -> Staff:
    """The staff's development accounts on `substrate` or `evm`."""
    if chain == "evm":
        return Staff(*(evm_account(index) for index in range(4)))
    return Staff(*(substrate_account(name) for name in ("alice", "bob", "charlie", "relayer")))
