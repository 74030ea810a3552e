"""An issuer put together from its parts. Everything it reaches for outside itself is given to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete

from identity.formats.base import CredentialFormat
from identity.formats.registry import FORMATS
from identity.formats.sd_jwt_vc import type_integrity
from identity.issuer.cases import Cases
from identity.issuer.issuing import Issuing
from identity.issuer.metadata import Publisher
from identity.issuer.offers import Offers
from identity.issuer.outbox import Outbox
from identity.issuer.privacy import Privacy
from identity.issuer.providers import Provider
from identity.issuer.secrets import Secrets
from identity.issuer.staff import Role
from identity.issuer.statuses import LIST_SIZE, ListTimes, Statuses
from identity.issuer.tables import AUDIT, SPENT, STAFF
from identity.issuer.types.catalogue import load_catalogue
from identity.keystore.base import KeyStore
from identity.keystore.named import ServiceIdentity
from identity.ports import Clock, Randomness
from identity.retention import DAY, FIVE_YEARS
from identity.storage.audit import AuditChain
from identity.storage.database import Database
from identity.storage.staff import StaffList
from identity.storage.vault import Vault
from identity.storage.writer import Transaction, Writer


@dataclass(frozen=True, slots=True)
class IssuerRules:
    """What one issuer decides for itself. Seconds."""

    public_url: str
    type_authority: str | None = None
    display_name: str = "Lockstep issuer"
    token_seconds: int = 300
    list_times: ListTimes = field(default_factory=ListTimes)
    list_size: int = LIST_SIZE
    retention: int = FIVE_YEARS * DAY
    subscribers: Sequence[str] = ()
    providers: Sequence[Provider] = ()
    formats: Mapping[str, CredentialFormat] = field(default_factory=lambda: FORMATS)


class Bell:
    """Wakes all who listen. One event for several of them would be cleared by the first."""

    def __init__(self) -> None:
        self._listeners: list[asyncio.Event] = []

    def listen(self) -> asyncio.Event:
        """An event of the listener's own, to be cleared by it."""
        self._listeners.append(asyncio.Event())
        return self._listeners[-1]

    def set(self) -> None:
        """Rings."""
        for listener in self._listeners:
            listener.set()


class Issuer:
    """One issuer. Owns its writer; the database and the key store are given and stay the caller's."""

    def __init__(
        self, rules: IssuerRules, database: Database, keys: KeyStore, clock: Clock, randomness: Randomness
    ) -> None:
        self.rules, self.database, self.clock = rules, database, clock
        authority = rules.type_authority or rules.public_url
        catalogue = load_catalogue()
        self.identity = ServiceIdentity(rules.public_url, keys)
        self.audit = AuditChain(AUDIT, keys.mac)
        self.writer = Writer(database, self.audit, clock)
        self.secrets = Secrets(keys, randomness)
        self.vault = Vault(keys, randomness)
        self.staff = StaffList[Role](STAFF, keys, randomness)
        self.cases = Cases(self.vault, catalogue)
        self.offers = Offers(self.secrets, rules.public_url, frozenset(rules.formats))
        self.statuses = Statuses(
            public_url=rules.public_url,
            issuer=self.identity.did,
            signer=self.identity.signer,
            randomness=randomness,
            outbox=Outbox(rules.subscribers, randomness),
            times=rules.list_times,
            size=rules.list_size,
        )
        self.changed = Bell()
        """Rung after each status change: whoever delivers messages need not wait for their next round."""
        self.providers = {provider.name: provider for provider in rules.providers}
        self.privacy = Privacy(self.vault, self.statuses, rules.retention)
        self.issuing = Issuing(
            secrets=self.secrets,
            vault=self.vault,
            catalogue=catalogue,
            formats=rules.formats,
            statuses=self.statuses,
            signer=self.identity.signer,
            issuer=self.identity.did,
            authority=authority,
            integrity={name: type_integrity(type_.metadata(authority)) for name, type_ in catalogue.items()},
        )
        self.publisher = Publisher(
            public_url=rules.public_url,
            authority=authority,
            display_name=rules.display_name,
            catalogue=catalogue,
            formats=rules.formats,
            identity=self.identity,
        )

    @property
    def path(self) -> str:
        """The path of the public address: empty, or `/tenant`."""
        return urlsplit(self.rules.public_url).path

    def list_token(self, list_id: str) -> str:
        """The newest signed token of a status list."""
        return self.statuses.token(self.database, self.clock, list_id)

    def close(self) -> None:
        """Finishes what is being written."""
        self.writer.close()


async def erase_due(issuer: Issuer) -> int:
    """Erases everybody whose time of keeping is over; how many. Oracles are told of what was still valid."""
    erased = 0
    while found := await issuer.writer.run(issuer.privacy.sweep):
        erased += found
    if erased:
        issuer.changed.set()
        await asyncio.to_thread(issuer.database.scrub)
    return erased


def forget_spent(tx: Transaction) -> int:
    """Drops nonces and proofs that would be refused for their age anyway; how many."""
    result: Any = tx.connection.execute(delete(SPENT).where(SPENT.c.expires_at < tx.now))
    return int(result.rowcount)
