"""Status changes on their way to subscribed oracles: written with the change, delivered after it, until it is taken.

A message is a JWT (`lockstep-status+jwt`) signed by the issuer's own key, so that a subscriber needs no further secret,
and it carries the newest signed list, so that nothing has to be fetched before both chains can refuse. Delivery is at
least once: `jti` is the same at every attempt. An oracle that misses all of them still polls.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from identity.formats.jws import SigningKey, build_jws
from identity.formats.status_list import Status
from identity.formats.strict import encode_json, parse_object
from identity.issuer.tables import OUTBOX
from identity.ports import Clock, Randomness
from identity.storage.database import Database
from identity.storage.vault import new_id
from identity.storage.writer import Transaction, Writer

MESSAGE_TYP = "lockstep-status+jwt"
FIRST_WAIT, LONGEST_WAIT = 1, 300
"""Seconds between attempts: doubled each time, up to the longest."""
GROUP = 32

_DUE = (
    select(OUTBOX)
    .where(
        OUTBOX.c.delivered_at.is_(None),
        OUTBOX.c.subscriber == bindparam("subscriber"),
        OUTBOX.c.due_at <= bindparam("now"),
    )
    .order_by(OUTBOX.c.created_at)
    .limit(GROUP)
)

Post = Callable[[str, str], Awaitable[bool]]
"""Sends a message to an address and tells whether it was taken (a status of 2xx)."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Stores one message per subscriber for each change."""

    subscribers: Sequence[str]
    randomness: Randomness

    def add(self, tx: Transaction, list_id: str, index: int, status: Status) -> None:
        """Called in the transaction of the change."""
        if not self.subscribers:
            return
        message = new_id(self.randomness)
        change = {"list": list_id, "idx": index, "status": int(status), "committed_at": tx.now, "jti": message}
        tx.connection.execute(
            insert(OUTBOX),
            [
                {
                    "id": new_id(self.randomness),
                    "subscriber": subscriber,
                    "body": encode_json(change),
                    "created_at": tx.now,
                    "due_at": tx.now,
                    "attempts": 0,
                }
                for subscriber in self.subscribers
            ],
        )


class Dispatcher:
    """Delivers what is due. One call of `deliver` is one round; whoever owns it decides when (after each change too)."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        clock: Clock,
        issuer: str,
        signer: Callable[[], SigningKey],
        list_token: Callable[[str], str],
        list_address: Callable[[str], str],
        post: Post,
    ) -> None:
        self._database, self._writer, self._clock = database, writer, clock
        self._issuer, self._signer = issuer, signer
        self._list_token, self._list_address, self._post = list_token, list_address, post

    async def deliver(self, subscriber: str) -> int:
        """Sends what is due to a subscriber, oldest first and at most GROUP of it; how many were taken.

        It ends with the first that isn't taken: the next would wait for the same time limit.
        """
        now = self._clock()
        with self._database.read() as connection:
            due = connection.execute(_DUE, {"subscriber": subscriber, "now": now}).all()
        for taken, row in enumerate(due):
            delivered = await self._post(subscriber, self._message(row.body, now))
            await self._writer.run(partial(_record, row=row, delivered=delivered))
            if not delivered:
                return taken
        return len(due)

    def _message(self, body: bytes, now: int) -> str:
        change = parse_object(body)
        payload = {
            "iss": self._issuer,
            "iat": now,
            "jti": change["jti"],
            "sub": self._list_address(change["list"]),
            "committed_at": change["committed_at"],
            "changes": [{"idx": change["idx"], "status": change["status"]}],
            "status_list_token": self._list_token(change["list"]),
        }
        return build_jws({"typ": MESSAGE_TYP, "kid": self._signer().key_id}, payload, self._signer())


def _record(tx: Transaction, *, row: Any, delivered: bool) -> None:
    attempts = row.attempts + 1
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 16))
    values = (
        {"attempts": attempts, "delivered_at": tx.now} if delivered else {"attempts": attempts, "due_at": tx.now + wait}
    )
    tx.connection.execute(update(OUTBOX).where(OUTBOX.c.id == row.id).values(values))
