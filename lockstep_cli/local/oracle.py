"""The local system's oracle: publishes eligibility and bindings to both chains, signed by 2 of 3 development signers.

It stands where the compliance oracle will stand: what it publishes is real (signed, numbered, verified by both chains), what it
decides is written down in the cast.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bridge.types import BindingItem, EligibilityItem, OracleBatch, Permission, Role
from chains.base import Chain, Submitted
from chains.devnet.keys import ORACLE_SIGNERS, dev_evm
from identity.oracle.batches import next_batch, sign_batch
from lockstep_cli.local.cast import LEAVE_ONLY, Person, staff

CLASS_QUALIFIED = 101
"""The opaque class number of everyone in the cast; classes say nothing to an observer."""


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
    ) -> Submitted:
        """Signs the chain's next batch by its quorum and hands it in. `issuedAt` is the chain's own time, in seconds.

        Anyone may submit a batch; the relayer's account does, so that the admin's transactions stay the admin's.
        """
        clock = chain.views().clock()
        batch = next_batch(clock.number, max(clock.time, clock.issued_at), tuple(eligibilities), tuple(bindings))
        signer_set = chain.views().signer_set(Role.ORACLE).current
        signatures = self.signatures(chain, batch, signer_set.threshold)
        return chain.submit_batch(batch, signer_set.id, signatures, staff(chain.name).relayer)

    def signatures(self, chain: Chain, batch: OracleBatch, threshold: int) -> Sequence[bytes]:
        """`threshold` signatures over the batch under the chain's domain, ascending by address."""
        chosen = sorted(self._signers, key=lambda key: bytes.fromhex(key.address[2:]))[:threshold]
        return [sign_batch(batch, chain.domain, key) for key in chosen]

    def admit(self, chain: Chain, people: Iterable[Person], now: int) -> Submitted:
        """Binds each person's account on the chain and publishes what their role says."""
        people = list(people)
        return self.publish(
            chain,
            (self.word(person, person.role.permissions, now + person.role.valid_for) for person in people),
            (BindingItem(self.asset, person.account(chain.name).id, person.investor) for person in people),
        )

    def suspend(self, chain: Chain, person: Person, now: int) -> Submitted:
        """Takes the right to receive and leaves the way out."""
        return self.publish(chain, (self.word(person, LEAVE_ONLY, now + person.role.valid_for),))

    def word(self, person: Person, permissions: Permission, valid_until: int) -> EligibilityItem:
        """One item of a batch; limits stay as they are."""
        return EligibilityItem(self.asset, person.investor, valid_until, CLASS_QUALIFIED, int(permissions), 0)
