"""What a signer reads of the chains, by its own nodes.

Two blocks count. The newest one says which batch comes next and what stands now: should it be replaced, the batch waits.
The final one says how much of a cap is used: granting elsewhere what a replaced block gave back would break the cap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.eligibility import EligibilityWord
from bridge.types import Role, SignerSet
from chains.base import BlockRef
from chains.control import ManagedChain
from chains.token_events import QuotaSet
from chains.views import AccountView, ClockView
from chains.witness import Witness
from identity.oracle.policy.document import DOCUMENT_NAME
from identity.oracle.signer.errors import InMotion

MAX_BLOCKS = 500
"""Blocks read for events in one question."""
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Now:
    """One chain at its newest block: the oracle's clock there, the signer sets that count, and the final height."""

    block: BlockRef
    clock: ClockView
    signers: SignerSet
    final: BlockRef
    final_number: int
    """Number of the last batch in the final block."""


class ChainReader:
    """One chain through a signer's nodes."""

    def __init__(self, domain: bytes, witness: Witness, start: int) -> None:
        """`start`: the first height that can hold an event of this deployment."""
        self.domain, self.name, self.start = domain, witness.name, start
        self._witness = witness
        self._caip2: str | None = None

    def caip2(self) -> str:
        """The chain's name; it never changes."""
        if self._caip2 is None:
            final = self._witness.finalised()
            self._caip2 = self._witness.ask("the chain's name", lambda node: node.views(final).identity().caip2)
        return self._caip2

    def now(self) -> Now:
        """How the chain stands."""
        final, newest = self._witness.finalised(), self._witness.newest()
        clock, signers = self._witness.ask(
            "the oracle's clock",
            lambda node: (node.views(newest).clock(), node.views(newest).signer_set(Role.ORACLE).current),
        )
        final_number = self._witness.ask("the last batch", lambda node: node.views(final).clock().number)
        return Now(newest, clock, signers, final, final_number)

    def words(self, at: BlockRef, keys: Sequence[tuple[bytes, bytes]]) -> dict[tuple[bytes, bytes], EligibilityWord]:
        """By (asset, investor): the eligibility word."""
        wanted = tuple(dict.fromkeys(keys))
        packed = self._witness.ask("eligibility words", lambda node: node.words(wanted, at)) if wanted else []
        return {key: EligibilityWord.unpack(word) for key, word in zip(wanted, packed, strict=True)}

    def account(self, at: BlockRef, asset: bytes, account: bytes) -> AccountView:
        """An account as the chain has it."""
        return self._witness.ask("an account", lambda node: node.views(at).account_of(asset, account))

    def policy_hash(self, at: BlockRef, asset: bytes) -> bytes | None:
        """The SHA-256 of the policy that this chain names; None when it names none."""
        document = self._witness.ask("a document", lambda node: node.views(at).document_of(asset, DOCUMENT_NAME))
        return None if document is None else document.hash

    def final(self) -> tuple[BlockRef, int]:
        """The newest final block, and the number of the last batch in it."""
        block = self._witness.finalised()
        return block, self._witness.ask("the last batch", lambda node: node.views(block).clock().number)

    def limits(self, at: BlockRef, keys: Sequence[tuple[bytes, bytes]]) -> dict[tuple[bytes, bytes], int]:
        """By (asset, investor): what this chain takes of the holding limit, the larger of its part and what is used."""
        wanted = tuple(dict.fromkeys(keys))
        found = self._witness.ask("limits", lambda node: node.limits(wanted, at)) if wanted else []
        return {key: max(view.limit, view.used) for key, view in zip(wanted, found, strict=True)}

    def quotas(self, at: BlockRef, keys: Sequence[tuple[bytes, int]]) -> dict[tuple[bytes, int], int]:
        """By (asset, class): what this chain takes of the seats, the larger of its part and the holders."""
        wanted = tuple(dict.fromkeys(keys))
        found = self._witness.ask("quotas", lambda node: tuple(node.views(at).quota_of(*key) for key in wanted))
        return {key: max(view.quota, view.holders) for key, view in zip(wanted, found, strict=True)}

    def newest(self) -> tuple[BlockRef, int]:
        """The newest block, and the number of the last batch in it."""
        block = self._witness.newest()
        return block, self._witness.ask("the last batch", lambda node: node.views(block).clock().number)

    def seats(self, at: BlockRef, keys: Sequence[tuple[bytes, int]]) -> dict[tuple[bytes, int], int]:
        """By (asset, class): the part of the seats as it stands, whoever sits there."""
        wanted = tuple(dict.fromkeys(keys))
        if not wanted:
            return {}
        found = self._witness.ask("quotas", lambda node: tuple(node.views(at).quota_of(*key).quota for key in wanted))
        return dict(zip(wanted, found, strict=True))

    def is_quiet(self, first: BlockRef, last: BlockRef) -> bool:
        """Whether nothing of the protocol happened after one final block up to another: then no part moved."""
        if first == last:
            return True

        def happened(node: ManagedChain) -> bool:
            after = first.number + 1
            return bool(node.events(after, last.number)) or bool(node.history(after, last.number))

        return last.number > first.number and not self._witness.ask("events", happened)

    def classes_with_quota(self, first: int, last: int) -> list[tuple[bytes, int]]:
        """(asset, class) of every quota that the final blocks [first, last] changed."""
        found: dict[tuple[bytes, int], None] = {}
        for start in range(max(first, self.start), last + 1, MAX_BLOCKS):
            end = min(last, start + MAX_BLOCKS - 1)
            for one in self._witness.ask(
                "quotas given",
                lambda node, start=start, end=end: tuple(node.history(start, end)),  # type: ignore[misc]
            ):
                if isinstance(one.event, QuotaSet):
                    found[one.event.asset, one.event.class_] = None
        return list(found)


Moments = tuple[tuple[int, int], ...]
"""What one chain takes of a cap, each as (number of the last batch, amount): in its final block, and in its newest one.

The final block alone is not enough. A batch that others signed is known here by its number, and a thief of the service may
have had another batch of that number signed by this signer: what really stands in the newest block shows the grant.
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What the chains take of the caps, all of them together, by chain."""

    limits: Mapping[tuple[bytes, bytes], Mapping[bytes, Moments]]
    quotas: Mapping[tuple[bytes, int], Mapping[bytes, Moments]]


def read_taken(
    readers: Sequence[ChainReader], limits: Sequence[tuple[bytes, bytes]], quotas: Sequence[tuple[bytes, int]]
) -> Taken:
    """The parts on all chains, as they stood at one moment.

    A crossing carries its part along: it is added at the destination before it is taken at the source. Chains are read
    one after the other, so a part could be seen at neither. Therefore all are read twice, and must not have changed.

    Raises:
        InMotion: they changed each time.
    """
    if not limits and not quotas:
        return Taken({}, {})
    changed = readers[0]
    for _ in range(ATTEMPTS):
        parts = {reader.domain: _parts(reader, *reader.final(), limits, quotas) for reader in readers}
        moved = [reader for reader in readers if _moved(reader, parts[reader.domain], limits, quotas)]
        if not moved:
            seen = {
                reader.domain: (parts[reader.domain], _newest(reader, parts[reader.domain], limits, quotas))
                for reader in readers
            }
            return Taken(
                {
                    key: {domain: tuple((one.number, one.limits[key]) for one in both) for domain, both in seen.items()}
                    for key in dict.fromkeys(limits)
                },
                {
                    key: {domain: tuple((one.number, one.quotas[key]) for one in both) for domain, both in seen.items()}
                    for key in dict.fromkeys(quotas)
                },
            )
        changed = moved[0]
    raise InMotion(changed.name)


@dataclass(frozen=True, slots=True)
class _Parts:
    at: BlockRef
    number: int
    limits: dict[tuple[bytes, bytes], int]
    quotas: dict[tuple[bytes, int], int]


def _parts(
    reader: ChainReader,
    at: BlockRef,
    number: int,
    limits: Sequence[tuple[bytes, bytes]],
    quotas: Sequence[tuple[bytes, int]],
) -> _Parts:
    return _Parts(at, number, reader.limits(at, limits), reader.quotas(at, quotas))


def _newest(
    reader: ChainReader,
    final: _Parts,
    limits: Sequence[tuple[bytes, bytes]],
    quotas: Sequence[tuple[bytes, int]],
) -> _Parts:
    at, number = reader.newest()
    return final if at == final.at else _parts(reader, at, number, limits, quotas)


def _moved(
    reader: ChainReader, before: _Parts, limits: Sequence[tuple[bytes, bytes]], quotas: Sequence[tuple[bytes, int]]
) -> bool:
    at, number = reader.final()
    if reader.is_quiet(before.at, at):
        return False
    now = _parts(reader, at, number, limits, quotas)
    return (now.limits, now.quotas) != (before.limits, before.quotas)
