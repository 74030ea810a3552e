"""The status of every credential: a random place in a signed list, changed in one transaction with the record.

The list IS the credential records: what a place says is the `status` of the credential that has it, so the two can't
drift apart. A list's version grows with each change and tells every process to sign it anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select, update

from identity.formats.base import StatusReference
from identity.formats.jws import SigningKey
from identity.formats.status_list import Status, build_status_list_token, encode_statuses
from identity.issuer.outbox import Outbox
from identity.issuer.tables import CREDENTIALS, STATUS_LISTS
from identity.ports import Clock, Randomness
from identity.refusals import NotFound, WrongState
from identity.storage.database import Database
from identity.storage.once import insert_once
from identity.storage.vault import new_id
from identity.storage.writer import Transaction

LIST_SIZE = 131_072
DRAWS = 8
"""A list counts as full when so many random places in a row are taken: a little over half of it."""

_NEWEST = (
    select(STATUS_LISTS.c.id, STATUS_LISTS.c.size, STATUS_LISTS.c.opened_at)
    .order_by(STATUS_LISTS.c.opened_at.desc())
    .limit(1)
)
_CREDENTIAL = select(CREDENTIALS).where(CREDENTIALS.c.id == bindparam("credential")).with_for_update()
_CHANGES: Mapping[Status, tuple[Status, ...]] = {
    Status.VALID: (Status.SUSPENDED, Status.INVALID),
    Status.SUSPENDED: (Status.VALID, Status.INVALID),
    Status.INVALID: (),
}
_WORDS = {
    Status.VALID: "credential.reinstate",
    Status.SUSPENDED: "credential.suspend",
    Status.INVALID: "credential.revoke",
}


class _OpenList(NamedTuple):
    id: str
    size: int
    opened_at: int


class _Signed(NamedTuple):
    version: int
    at: int
    token: str


@dataclass(frozen=True, slots=True)
class ListTimes:
    """Seconds: how long a list may be used before it is fetched again, and when it ends."""

    ttl: int = 15
    lifetime: int = 120


class Statuses:
    """Gives credentials their places, changes statuses, signs lists."""

    def __init__(
        self,
        *,
        public_url: str,
        issuer: str,
        signer: Callable[[], SigningKey],
        randomness: Randomness,
        outbox: Outbox,
        times: ListTimes,
        size: int = LIST_SIZE,
    ) -> None:
        self._public_url, self._issuer, self._signer = public_url, issuer, signer
        self._randomness, self._outbox, self._times, self._size = randomness, outbox, times, size
        self._open: _OpenList | None = None
        self._signed: dict[str, _Signed] = {}
        self._turn = threading.Lock()

    def address(self, list_id: str) -> str:
        """Where a list is published."""
        return f"{self._public_url}/status/{list_id}"

    def place(self, tx: Transaction, row: dict[str, Any]) -> StatusReference:
        """Stores a credential's record at a free random place of the newest list; opens a list when that is full.

        Random, because the order of places would tell who got a credential when.
        """
        tried = self._open
        taken = None if tried is None else self._draw(tx, row, tried)
        if taken is not None:
            return taken
        newest = self._newest(tx)
        if newest is not None and newest != tried:
            taken = self._draw(tx, row, newest)
            # One that was opened in this very transaction may yet be rolled back, and is not remembered.
            self._open = newest if newest.opened_at < tx.now else None
        if taken is None:
            taken = self._draw(tx, row, self._open_list(tx))
        if taken is None:
            raise WrongState("status list", "full", "empty")
        return taken

    def change(self, tx: Transaction, staff: str, credential_id: str, to: Status) -> None:
        """Suspends, reinstates or revokes; the subscribers' messages are stored in the same transaction.

        Raises:
            NotFound: no such credential.
            WrongState: revoked is for ever, and a status is not changed to itself.
        """
        row = tx.connection.execute(_CREDENTIAL, {"credential": credential_id}).first()
        if row is None:
            raise NotFound("credential")
        before = Status(row.status)
        if to not in _CHANGES[before]:
            allowed = " or ".join(status.name for status, after in _CHANGES.items() if to in after)
            raise WrongState("credential", before.name, allowed)
        where = CREDENTIALS.c.id == credential_id
        tx.connection.execute(update(CREDENTIALS).where(where).values(status=int(to), status_at=tx.now))
        bump = update(STATUS_LISTS).where(STATUS_LISTS.c.id == row.list_id)
        tx.connection.execute(bump.values(version=STATUS_LISTS.c.version + 1))
        self._outbox.add(tx, row.list_id, row.list_index, to)
        tx.note(staff, _WORDS[to], credential_id)

    def token(self, database: Database, clock: Clock, list_id: str) -> str:
        """The list as a signed token, of the newest committed state. NotFound when there is no such list."""
        now = clock()
        with database.read() as connection:
            known = connection.execute(select(STATUS_LISTS).where(STATUS_LISTS.c.id == list_id)).first()
            if known is None:
                raise NotFound("status list")
            signed = self._signed.get(list_id)
            if signed is not None and signed.version == known.version and now - signed.at < self._times.ttl // 2:
                return signed.token
            places = select(CREDENTIALS.c.list_index, CREDENTIALS.c.status).where(
                CREDENTIALS.c.list_id == list_id, CREDENTIALS.c.status != int(Status.VALID)
            )
            statuses = {row.list_index: row.status for row in connection.execute(places)}
        token = build_status_list_token(
            self.address(list_id),
            self._issuer,
            encode_statuses(known.size, statuses),
            self._signer(),
            now=now,
            ttl=self._times.ttl,
            lifetime=self._times.lifetime,
        )
        with self._turn:
            self._signed[list_id] = _Signed(known.version, now, token)
        return token

    @property
    def ttl(self) -> int:
        """Seconds a list may be used before it is fetched again."""
        return self._times.ttl

    def _newest(self, tx: Transaction) -> _OpenList | None:
        row = tx.connection.execute(_NEWEST).first()
        return None if row is None else _OpenList(row.id, row.size, row.opened_at)

    def _open_list(self, tx: Transaction) -> _OpenList:
        fresh = _OpenList(new_id(self._randomness), self._size, tx.now)
        row = {"id": fresh.id, "size": fresh.size, "version": 1, "opened_at": fresh.opened_at}
        tx.connection.execute(insert(STATUS_LISTS), row)
        tx.note("issuer", "status_list.open", fresh.id)
        return fresh

    def _draw(self, tx: Transaction, row: dict[str, Any], known: _OpenList) -> StatusReference | None:
        for _ in range(DRAWS):
            index = int.from_bytes(self._randomness(16)) % known.size
            record = {**row, "list_id": known.id, "list_index": index, "status": 0, "status_at": tx.now}
            if insert_once(tx.connection, CREDENTIALS, record):
                return StatusReference(self.address(known.id), index)
        return None
