"""Status changes as issuers push them: a signed message with the newest signed list inside.

A message only brings the list sooner. What counts is the list in it, checked as one that was fetched; what the message
says of changes decides nothing. So whoever forges, replays or delays messages gains nothing but what a poll would find.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from identity.errors import MalformedJwt, NotInForce
from identity.formats.base import CLOCK_SKEW, IssuerKeys
from identity.formats.jws import parse_jws, require_text, require_time
from identity.formats.status_list import MAX_TOKEN_BYTES
from identity.formats.strict import Bounds
from identity.oracle.status.lists import Change, Held, ListRolledBack, Lists, save
from identity.oracle.status.tables import PUSHES
from identity.ports import Clock
from identity.storage.database import Database
from identity.storage.once import insert_once
from identity.storage.writer import Transaction, Writer

PUSH_TYP = "lockstep-status+jwt"
MAX_PUSH_BYTES = MAX_TOKEN_BYTES * 4 // 3 + 65_536
"""A whole list as text inside another text, and what surrounds it."""
AGE = 300
"""Seconds for which a message may be on its way."""
_BOUNDS = Bounds(size=MAX_PUSH_BYTES, depth=6, values=4_096)
_SIGNED_LIST = "status_list_token"


@dataclass(frozen=True, slots=True)
class Push:
    """A message that holds: who sent it, its spending mark, and the list in it."""

    issuer: str
    mark: bytes
    expires_at: int
    held: Held


class Pushes:
    """Takes messages."""

    def __init__(
        self,
        *,
        lists: Lists,
        keys: IssuerKeys,
        database: Database,
        writer: Writer,
        clock: Clock,
        relied: Callable[[Connection], Collection[tuple[str, str]]],
    ) -> None:
        self._lists, self._keys, self._database, self._writer = lists, keys, database, writer
        self._clock, self._relied = clock, relied

    async def take(self, message: bytes) -> bool:
        """Takes one message; whether it brought a newer list that anything here rests on.

        A message that was taken before, or one about a list that nobody relies on, is answered and changes nothing.

        Raises:
            MalformedJwt, MalformedStatusList: another form, too large, a list of another address or issuer.
            NotInForce: too old, or from the future.
            IssuerUnknown, SignatureInvalid, AlgorithmRefused: not signed by a key of a trusted issuer.
            ListRolledBack: an older list than the one known.
            KeysWithdrawn: the issuer's key was withdrawn meanwhile.
        """
        # In a thread: verification may have to look for the issuer's keys, and a list takes milliseconds to unpack.
        push = await run_in_threadpool(self.check, message, self._clock())
        if not await run_in_threadpool(self._is_relied, push):
            return False
        kept = not self._lists.outlasts(push.held)
        if not await self._writer.run(partial(_spend, push=push, kept=kept)):
            return False
        change: Change | None = await run_in_threadpool(self._lists.put, push.held)
        return change is not None

    def check(self, message: bytes, now: int) -> Push:
        """Verifies a message and the list in it; changes nothing. Errors as `take`."""
        jws = parse_jws(message.decode("ascii", "replace"), types=(PUSH_TYP,), bounds=_BOUNDS)
        issuer, uri = require_text(jws.payload, "iss", 512), require_text(jws.payload, "sub", 2_048)
        mark = require_text(jws.payload, "jti", 128)
        made = require_time(jws.payload, "iat") or 0
        text = require_text(jws.payload, _SIGNED_LIST, MAX_TOKEN_BYTES)
        if made > now + CLOCK_SKEW:
            raise NotInForce("status message", "is from the future", made, now)
        if now > made + AGE:
            raise NotInForce("status message", "is too old", made, now)
        found = self._keys.find(issuer, jws.header)
        if found.issuer != issuer:
            raise MalformedJwt("the key is of another issuer")
        jws.verify(found.key, "status message")
        fresh = self._lists.read(text, uri, now)
        verified = fresh.list
        if verified.issuer != issuer:
            raise MalformedJwt("it brings the list of another issuer")
        known = self._lists.held(uri, issuer)
        if known is not None and verified.issued_at < known.list.issued_at:
            raise ListRolledBack(uri, verified.issued_at, known.list.issued_at)
        digest = hashlib.sha256(f"{issuer}\0{mark}".encode()).digest()
        return Push(issuer, digest, made + AGE + 1, fresh)

    def _is_relied(self, push: Push) -> bool:
        with self._database.read() as connection:
            return (push.held.list.uri, push.issuer) in self._relied(connection)


def _spend(tx: Transaction, *, push: Push, kept: bool) -> bool:
    """Stores the mark and the list together: a message that was lost half way is taken at its next attempt."""
    if not insert_once(tx.connection, PUSHES, {"digest": push.mark, "expires_at": push.expires_at}):
        return False
    if kept:
        save(tx, push.held)
    return True
