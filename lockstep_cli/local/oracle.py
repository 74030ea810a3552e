"""The local system's oracle: publishes eligibility, bindings and caps to both chains, signed by 2 of 3 development signers.

What it publishes is real (signed, numbered, verified by both chains); what it decides is written down in the files that people
hand in (`asset admit`) and, for tests of what has nothing to do with identity, in the cast. An asset with a policy is not its business:
the demonstration and the asset that `up` starts with are decided by credentials (`identity.oracle`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.errors import LockstepError, RecoverableError
from bridge.refusals import name
from bridge.types import MAX_BATCH_ITEMS, BindingItem, EligibilityItem, OracleBatch, Permission, QuotaItem, Role
from chains.base import Chain, Submitted
from chains.devnet.keys import ORACLE_SIGNERS, dev_evm
from chains.token_events import BatchApplied, ItemSkipped
from identity.oracle.batches import Item, next_batch, sign_batch
from identity.oracle.parts import limit_parts, split
from lockstep_cli.local.cast import Person, staff

CHAIN_NAMES = ("substrate", "evm")

CLASS_QUALIFIED = 101
"""The opaque class number of everyone in the cast; classes say nothing to an observer."""

HOLDING_CAP = 50_000
"""Base units that one member of the cast may hold, over both chains."""
SEATS = 12
"""How many of the class may hold, over both chains."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What the oracle decided about one investor. `limit` is the holding cap over both chains, in base units."""

    investor: bytes
    class_: int
    permissions: Permission
    valid_until: int
    limit: int
    accounts: Mapping[str, bytes]


class ItemsSkipped(LockstepError):
    """A chain took a batch and left items of it out: (kind 1 eligibility, 2 binding, 3 quota; place; rule)."""

    def __init__(self, chain: str, items: Sequence[tuple[int, int, int]]) -> None:
        self.chain, self.items = chain, tuple(items)
        told = ", ".join(f"{KINDS[kind]} {index} ({name(code)})" for kind, index, code in items)
        super().__init__(f"{chain} left out of the oracle's batch: {told}")


ATTEMPTS = 5

KINDS = {1: "eligibility", 2: "binding", 3: "quota"}


class NumberTaken(RecoverableError):
    """Each time, another batch took the number that was signed."""

    def __init__(self, chain: str) -> None:
        self.chain = chain
        super().__init__(f"{chain} took another batch of the same number {ATTEMPTS} times")


class LocalOracle:
    """Publishes to one chain at a time; a batch is for one chain."""

    def __init__(self, asset: bytes) -> None:
        self.asset = asset
        self._signers = [dev_evm(index) for index in ORACLE_SIGNERS]

    def publish(
        self,
        chain: Chain,
        eligibilities: Iterable[EligibilityItem] = (),
        bindings: Iterable[BindingItem] = (),
        quotas: Iterable[QuotaItem] = (),
    ) -> Submitted:
        """Signs the chain's next batch by its quorum and hands it in. `issuedAt` is the chain's own time, in seconds.

        Anyone may submit a batch; the relayer's account does, so that the admin's transactions stay the admin's. Beside a
        running oracle the number may be taken meanwhile: a chain passes over an old number, so the batch is made anew.
        """
        content = tuple(eligibilities), tuple(bindings), tuple(quotas)
        for _ in range(ATTEMPTS):
            done = self._publish(chain, *content)
            if any(isinstance(one, BatchApplied) for one in done.happened):
                return done
        raise NumberTaken(chain.name)

    def _publish(
        self,
        chain: Chain,
        eligibilities: tuple[EligibilityItem, ...],
        bindings: tuple[BindingItem, ...],
        quotas: tuple[QuotaItem, ...],
    ) -> Submitted:
        clock = chain.views().clock()
        issued_at = max(clock.time, clock.issued_at)
        batch = next_batch(clock.number, issued_at, eligibilities, bindings, quotas)
        signer_set = chain.views().signer_set(Role.ORACLE).current
        signatures = self.signatures(chain, batch, signer_set.threshold)
        return chain.submit_batch(batch, signer_set.id, signatures, staff(chain.name).relayer)

    def signatures(self, chain: Chain, batch: OracleBatch, threshold: int) -> Sequence[bytes]:
        """`threshold` signatures over the batch under the chain's domain, ascending by address."""
        chosen = sorted(self._signers, key=lambda key: bytes.fromhex(key.address[2:]))[:threshold]
        return [sign_batch(batch, chain.domain, key) for key in chosen]

    def admit(self, chain: Chain, people: Iterable[Person], now: int) -> Submitted:
        """Binds each person's account on the chain and publishes what their role says, with this chain's parts of the caps."""
        people = list(people)
        limit = limit_parts(HOLDING_CAP, CHAIN_NAMES)[chain.name]
        return self.publish(
            chain,
            (self.word(one, one.role.permissions, now + one.role.valid_for, limit) for one in people),
            (BindingItem(self.asset, person.account(chain.name).id, person.investor) for person in people),
            (QuotaItem(self.asset, CLASS_QUALIFIED, split(SEATS, CHAIN_NAMES)[chain.name]),),
        )

    def word(self, person: Person, permissions: Permission, valid_until: int, limit_delta: int = 0) -> EligibilityItem:
        """One item of a batch; the limit moves by the delta."""
        return EligibilityItem(self.asset, person.investor, valid_until, CLASS_QUALIFIED, int(permissions), limit_delta)

    def admit_all(self, chain: Chain, admissions: Sequence[Admission]) -> list[Submitted]:
        """Publishes decisions with this chain's parts of the limits, in as many batches as they need. ItemsSkipped."""
        done = []
        for part in _batches([self._items(chain, admission) for admission in admissions]):
            eligibilities = [item for item in part if isinstance(item, EligibilityItem)]
            done.append(self.publish(chain, eligibilities, [item for item in part if isinstance(item, BindingItem)]))
            _require_whole(chain, done[-1])
        return done

    def cap_classes(self, chain: Chain, holders: Mapping[int, int]) -> list[Submitted]:
        """Grants this chain's parts of the caps on holders: class -> how many, over both chains."""
        items = [
            [QuotaItem(self.asset, class_, split(count, CHAIN_NAMES)[chain.name])]
            for class_, count in sorted(holders.items())
        ]
        return [
            self.publish(chain, quotas=[item for item in part if isinstance(item, QuotaItem)])
            for part in _batches(items)
        ]

    def _items(self, chain: Chain, one: Admission) -> list[Item]:
        limit = limit_parts(one.limit, CHAIN_NAMES)[chain.name]
        word = EligibilityItem(self.asset, one.investor, one.valid_until, one.class_, int(one.permissions), limit)
        account = one.accounts.get(chain.name)
        return [word] if account is None else [word, BindingItem(self.asset, account, one.investor)]


def _require_whole(chain: Chain, done: Submitted) -> None:
    """Every item was applied. ItemsSkipped."""
    skipped = [(one.kind, one.index, one.code) for one in done.happened if isinstance(one, ItemSkipped)]
    if skipped:
        raise ItemsSkipped(chain.name, skipped)


def _batches(groups: Iterable[Sequence[Item]]) -> Iterator[list[Item]]:
    """The groups in batches of at most 100 items; a group is never torn apart."""
    batch: list[Item] = []
    for group in groups:
        if len(batch) + len(group) > MAX_BATCH_ITEMS:
            yield batch
            batch = []
        batch += group
    if batch:
        yield batch
