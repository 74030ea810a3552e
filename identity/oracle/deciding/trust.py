"""Issuers that are no longer believed from a date on, and keys that are in wrong hands.

Losing trust takes one person, at once; giving it back takes two. A compromised key is refused wherever it shows, the
lists of its issuer must come again under another one, and what the issuer signed from that date on does not count:
which key signed a credential isn't kept with it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from bridge.errors import LockstepError
from identity.errors import IssuerUnknown
from identity.formats.base import IssuerKey, IssuerKeys
from identity.oracle.deciding.errors import TwoPersonsNeeded
from identity.oracle.deciding.tables import DISTRUSTED
from identity.oracle.status.tables import STATUS_TOKENS
from identity.refusals import NotFound
from identity.storage.writer import Transaction

NO_KEY = ""
_DISTRUSTED = select(DISTRUSTED.c.issuer, func.min(DISTRUSTED.c.since).label("since")).group_by(DISTRUSTED.c.issuer)


class GuardedKeys:
    """Issuers' keys without those that are known to be compromised. In front of whatever finds keys."""

    def __init__(self, keys: IssuerKeys) -> None:
        self._keys = keys
        self._refused: frozenset[tuple[str, str]] = frozenset()
        self._named: dict[tuple[str, str], str] = {}
        self._turn = threading.Lock()

    def find(self, issuer: str | None, header: Mapping[str, Any]) -> IssuerKey:
        """The key for a header. IssuerUnknown for a compromised one, by whichever name or certificate it comes."""
        found = self._keys.find(issuer, header)
        named = str(header.get("kid", "")).rpartition("#")[2]
        if {(found.issuer, named), (found.issuer, found.key.thumbprint)} & self._refused:
            raise IssuerUnknown(found.issuer, "the key is compromised")
        return found

    def load(self, connection: Connection) -> frozenset[str]:
        """Takes over what the database says, also what another process wrote; issuers of newly refused keys."""
        rows = connection.execute(select(DISTRUSTED.c.issuer, DISTRUSTED.c.key_id).where(DISTRUSTED.c.key_id != NO_KEY))
        fresh = frozenset((row.issuer, row.key_id.rpartition("#")[2]) for row in rows)
        with self._turn:
            # The same key under another name of its issuer's document is as much in wrong hands.
            self._named = {one: print_ for one in fresh if (print_ := self._named.get(one) or self._print_of(*one))}
            fresh |= {(issuer, print_) for (issuer, _), print_ in self._named.items()}
            new, self._refused = fresh - self._refused, fresh
        return frozenset(issuer for issuer, _ in new)

    def _print_of(self, issuer: str, name: str) -> str | None:
        """The thumbprint of the key of this name, if it can be found now."""
        try:
            return self._keys.find(issuer, {"kid": f"{issuer}#{name}"}).key.thumbprint
        except LockstepError:
            return None


class Trust:
    """The record of what is not believed any more."""

    def distrust(self, tx: Transaction, by: str, issuer: str, since: int, key_id: str = NO_KEY) -> None:
        """Evidence that the issuer signed at or after `since` no longer counts (UTC seconds; may lie in the past).

        Args:
            key_id: the key that is compromised, if that is why: its name in the issuer's document, or its thumbprint.
        """
        tx.connection.execute(delete(DISTRUSTED).where(*_where(issuer, key_id), DISTRUSTED.c.since > since))
        known = tx.connection.execute(select(DISTRUSTED.c.since).where(*_where(issuer, key_id))).first()
        if known is None:
            row = {"issuer": issuer, "key_id": key_id, "since": since, "by": by, "at": tx.now}
            tx.connection.execute(insert(DISTRUSTED), row)
        else:
            # Whoever distrusts anew doesn't agree to what somebody asked to lift.
            tx.connection.execute(update(DISTRUSTED).where(*_where(issuer, key_id)).values(lift_asked_by=None))
        if key_id:
            tx.connection.execute(delete(STATUS_TOKENS).where(STATUS_TOKENS.c.issuer == issuer))
        tx.note(by, "issuer.compromise" if key_id else "issuer.distrust", _short(issuer), f"{key_id} {since}".encode())

    def lift(self, tx: Transaction, by: str, issuer: str, key_id: str = NO_KEY) -> bool:
        """Gives trust back: the first person asks, a second one does it. Whether it is done.

        Raises:
            NotFound: the issuer isn't distrusted (for this key).
            TwoPersonsNeeded: the same person again.
        """
        row = tx.connection.execute(select(DISTRUSTED).where(*_where(issuer, key_id)).with_for_update()).first()
        if row is None:
            raise NotFound("distrust")
        if row.lift_asked_by == by:
            raise TwoPersonsNeeded(by, "lift the distrust")
        if row.lift_asked_by is None:
            tx.connection.execute(update(DISTRUSTED).where(*_where(issuer, key_id)).values(lift_asked_by=by))
            tx.note(by, "issuer.ask_to_trust", _short(issuer), key_id.encode())
            return False
        tx.connection.execute(delete(DISTRUSTED).where(*_where(issuer, key_id)))
        tx.note(by, "issuer.trust", _short(issuer), key_id.encode())
        return True

    def distrusted(self, connection: Connection) -> Mapping[str, int]:
        """By issuer: the second from which on what it signed doesn't count."""
        return {row.issuer: int(row.since) for row in connection.execute(_DISTRUSTED)}


def _where(issuer: str, key_id: str) -> tuple[Any, ...]:
    return DISTRUSTED.c.issuer == issuer, DISTRUSTED.c.key_id == key_id


def _short(issuer: str) -> str:
    return issuer[-64:]
