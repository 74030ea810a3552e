"""Who signs in the differential test, and the ways in which what is signed goes wrong.

A signer is told by a number: 10 to 12 are the attestors that both chains begin with, 20 to 22 the oracle's signers, any other
belongs to nobody yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, TypeAlias

from eth_account import Account as EthAccount
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from bridge.ledger import Ledger, RoleSigners, Signatures
from bridge.quorum import SignerSets
from bridge.types import MAX_SIGNERS, Role
from chains.devnet.keys import ATTESTORS, ORACLE_SIGNERS, dev_evm
from lockstep_cli.local.genesis import attestor_set, oracle_set
from tests.support.attest import high_s, signed

STRANGER: Final = 99
"""A signer that is of no set, ever."""
NEWCOMERS: Final = tuple(range(200, 260))
"""Signers that drawn operations propose."""
ROLES: Final = {
    "submit_batch": Role.ORACLE,
    "bind": Role.ORACLE,
    "deliver": Role.ATTESTOR,
    "reject": Role.ATTESTOR,
    "settle": Role.ATTESTOR,
}
"""Whose signatures an operation needs; those of `propose_signers_signed` come from the role that it is about."""
WAYS: Final = (
    "none",
    "short",
    "stranger",
    "twice",
    "backwards",
    "malformed",
    "previous",
    "unknown",
    "many",
    "elsewhere",
)
"""What `sign` may say of an operation: what is wrong with its signatures ("previous" may be right)."""

Sign: TypeAlias = str | Sequence[int | None] | None


@cache
def signer(number: int) -> LocalAccount:
    """The key of a signer."""
    if number in (*ATTESTORS, *ORACLE_SIGNERS):
        return dev_evm(number)
    key: LocalAccount = EthAccount.from_key(keccak(text=f"signer {number}"))
    return key


def address(number: int) -> bytes:
    """A signer's 20 bytes."""
    return bytes.fromhex(signer(number).address[2:])


def first_signers() -> Mapping[int, RoleSigners]:
    """The sets that both chains begin with."""
    return {int(first.role): RoleSigners(SignerSets(first)) for first in (attestor_set(), oracle_set())}


def signatures(ledger: Ledger, role: int, how: Sign) -> Signatures:
    """Who signs: by default as many as are needed of the current set; else in one of WAYS, or these signers of it."""
    sets = ledger.signers[role if role in ledger.signers else Role.ATTESTOR].sets
    number, able = sets.current.id, sets.current.signers[: sets.current.threshold]
    if how is not None and not isinstance(how, str):
        return Signatures(number, tuple(None if one is None else address(one) for one in how))
    match how:
        case "none":
            return Signatures(number, ())
        case "short":
            return Signatures(number, able[:-1])
        case "stranger":
            return Signatures(number, tuple(sorted((*able[:-1], address(STRANGER)))))
        case "twice":
            return Signatures(number, (*able[:1], *able))
        case "backwards":
            return Signatures(number, able[::-1])
        case "malformed":
            return Signatures(number, (*able[:-1], None))
        case "many":
            return Signatures(number, (None,) * (MAX_SIGNERS + 1))
        case "unknown":
            return Signatures(number + 1, able)
        case "previous":
            before = sets.previous or sets.current
            return Signatures(number - 1, before.signers[: before.threshold])
        case "elsewhere":
            # A role that doesn't exist is drawn too; any set is elsewhere to it.
            other = ledger.signers[Role.ATTESTOR if role != Role.ATTESTOR else Role.ORACLE].sets.current
            return Signatures(number, other.signers[: other.threshold])
        case _:
            return Signatures(number, able)


def bytes_of(given: Signatures, digest: bytes) -> list[bytes]:
    """The signatures themselves. What nobody can have made is a real one with the high s that no chain takes."""
    return [_signature(one, digest) for one in given.signers]


def _signature(maker: bytes | None, digest: bytes) -> bytes:
    if maker is None:
        return high_s(signed(digest, [signer(STRANGER)])[0])
    return signed(digest, [_keys()[maker]])[0]


@cache
def _keys() -> Mapping[bytes, LocalAccount]:
    numbers = (*ATTESTORS, *ORACLE_SIGNERS, STRANGER, *range(100, 160), *NEWCOMERS)
    return {address(number): signer(number) for number in numbers}
