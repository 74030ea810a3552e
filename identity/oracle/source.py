"""What the publisher is told by the rooms that know: words and policies by deciding, accounts and evidence by people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from bridge.types import ZERO32, BindingItem, OracleBatch
from chains.token_events import Event, ItemSkipped
from identity.oracle.deciding.source import DecidingSource
from identity.oracle.deciding.words import Wanted
from identity.oracle.people.accounts import Accounts, AccountState, BoundAccount
from identity.oracle.people.persons import People
from identity.oracle.people.proofs import proof_json
from identity.oracle.policy.document import Policy
from identity.oracle.publishing.ports import WantedBinding
from identity.ports import Clock
from identity.storage.database import Database
from identity.storage.writer import Transaction, Writer

BINDING = 2
"""The kind of a skipped item that is a binding."""


class OracleSource:
    """Joins both rooms for the publisher. All methods block."""

    def __init__(
        self,
        *,
        deciding: DecidingSource,
        people: People,
        accounts: Accounts,
        database: Database,
        writer: Writer,
        clock: Clock,
    ) -> None:
        self._deciding, self._people, self._accounts = deciding, people, accounts
        self._database, self._writer, self._clock = database, writer, clock

    def assets(self) -> Sequence[bytes]:
        """The assets with a policy in force."""
        return self._deciding.assets()

    def policy(self, asset: bytes) -> Policy:
        """The policy in force."""
        return self._deciding.policy(asset)

    def wanted(self, asset: bytes, now: int) -> Sequence[Wanted]:
        """Everybody who asked for the asset."""
        return self._deciding.wanted(asset, now)

    def bindings(self, asset: bytes, domain: bytes) -> Sequence[WantedBinding]:
        """The accounts on one chain that are proved and not bound yet, or to be unbound."""
        with self._database.read() as connection:
            pending = self._accounts.pending(connection, asset, domain, self._clock())
            investors = {one.person_id: self._people.investor_of(connection, one.person_id, asset) for one in pending}
        return [_wanted(one, investors[one.person_id]) for one in pending]

    def evidence(self, asset: bytes, person_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """By person: the credentials as SD-JWTs with only the disclosures that the policy's rules need."""
        policy = self.policy(asset)
        with self._database.read() as connection:
            known = [one for one in person_ids if one]  # nobody stands behind an investor whose record was erased
            now = self._clock()
            return {one: self._people.signer_evidence(connection, one, policy, now) for one in known}

    def status_tokens(self, asset: bytes) -> Mapping[str, str]:
        """By address: the newest signed status lists that the asset's evidence refers to."""
        return self._deciding.status_tokens(asset)

    def classes(self, asset: bytes) -> Mapping[int, str]:
        """Which bucket each drawn class number stands for."""
        return self._deciding.classes(asset)

    def applied(self, domain: bytes, batch: OracleBatch, events: Sequence[Event]) -> None:
        """Remembers which accounts a chain has bound or unbound; those that it skipped stay pending."""
        skipped = {event.index for event in events if isinstance(event, ItemSkipped) and event.kind == BINDING}
        done = [item for index, item in enumerate(batch.bindings) if index not in skipped]
        if done:
            self._writer.run_blocking(partial(self._mark, domain=domain, done=done))

    def _mark(self, tx: Transaction, *, domain: bytes, done: Sequence[BindingItem]) -> None:
        for item in done:
            known = self._accounts.find(tx.connection, item.asset, domain, item.account)
            if known is None:
                continue
            unbinds = item.investor == ZERO32
            if unbinds and known.state is AccountState.UNBINDING:
                self._accounts.mark_unbound(tx, known.id)
            elif not unbinds and known.state is AccountState.PROVEN:
                self._accounts.mark_bound(tx, known.id)


def _wanted(one: BoundAccount, investor: bytes | None) -> WantedBinding:
    if one.state is AccountState.UNBINDING or investor is None or one.consent is None:
        return WantedBinding(one.account, ZERO32)
    return WantedBinding(one.account, investor, one.person_id, proof_json(one.control, one.proof, one.consent))
