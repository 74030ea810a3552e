"""Investors' sessions: an opaque token after a presentation, of which only a keyed digest is stored."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from identity.formats.strict import encode_base64url
from identity.keystore.base import KeyStore
from identity.oracle.people.persons import INVESTOR, People
from identity.oracle.presenting.errors import SessionRefused
from identity.oracle.presenting.tables import SESSIONS
from identity.ports import Randomness
from identity.storage.writer import Transaction

SESSION_SECONDS = 1_800
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """Who speaks: a person, and the thumbprint of the key that the credentials were shown with."""

    person_id: str
    holder: str
    expires_at: int


class Sessions:
    """All sessions of one oracle."""

    def __init__(self, people: People, keys: KeyStore, randomness: Randomness, seconds: int = SESSION_SECONDS) -> None:
        self._people, self._keys, self._randomness, self.seconds = people, keys, randomness, seconds

    def open(self, tx: Transaction, person_id: str, holder: str) -> str:
        """A session for a person who has just shown credentials; its token, which is never seen again."""
        token = encode_base64url(self._randomness(TOKEN_BYTES))
        tx.connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at <= tx.now))
        tx.connection.execute(
            insert(SESSIONS).values(
                token_digest=self._digest(token),
                person_id=person_id,
                holder=holder,
                created_at=tx.now,
                expires_at=tx.now + self.seconds,
            )
        )
        tx.note(INVESTOR, "session.open", person_id)
        return token

    def require(self, connection: Connection, token: str, now: int) -> Session:
        """Whose token it is. SessionRefused."""
        row = connection.execute(select(SESSIONS).where(SESSIONS.c.token_digest == self._digest(token))).first()
        if row is None or now >= row.expires_at:
            raise SessionRefused
        return Session(self._people.current(connection, row.person_id), row.holder, row.expires_at)

    def close(self, tx: Transaction, token: str) -> None:
        """Ends a session."""
        tx.connection.execute(delete(SESSIONS).where(SESSIONS.c.token_digest == self._digest(token)))

    def _digest(self, token: str) -> bytes:
        return self._keys.mac("investor-session", token.encode("utf-8", "replace"))
