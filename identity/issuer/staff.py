"""Who may do what: staff with a token of their own and roles. Two people are needed for every credential.

Tokens are random and kept as keyed digests, so a copy of the database opens nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, bindparam, insert, select, update

from identity.formats.strict import encode_base64url
from identity.issuer.errors import NotFound, StaffRefused
from identity.issuer.tables import STAFF
from identity.keystore.base import KeyStore
from identity.ports import Randomness
from identity.storage.writer import Transaction

_BY_TOKEN = select(STAFF.c.name, STAFF.c.roles, STAFF.c.disabled_at).where(STAFF.c.token_digest == bindparam("digest"))


class Role(StrEnum):
    """What somebody may do: make cases and offers, check cases, change statuses, answer and erase subjects."""

    MAKER = "maker"
    CHECKER = "checker"
    OFFICER = "officer"
    PRIVACY = "privacy"


@dataclass(frozen=True, slots=True)
class StaffList:
    """Adds staff and recognises them."""

    keys: KeyStore
    randomness: Randomness

    def add(self, tx: Transaction, by: str, name: str, roles: Sequence[Role]) -> str:
        """A new member of the staff; the token, which is shown once and stored nowhere."""
        token = encode_base64url(self.randomness(32))
        listed = ",".join(roles)
        row = {"name": name, "token_digest": self._digest(token), "roles": listed, "created_at": tx.now}
        tx.connection.execute(insert(STAFF), row)
        tx.note(by, "staff.add", name, listed.encode())
        return token

    def disable(self, tx: Transaction, by: str, name: str) -> None:
        """Takes somebody's access away at once."""
        gone = update(STAFF).where(STAFF.c.name == name, STAFF.c.disabled_at.is_(None)).values(disabled_at=tx.now)
        if tx.connection.execute(gone).rowcount != 1:
            raise NotFound("member of the staff")
        tx.note(by, "staff.disable", name)

    def require(self, connection: Connection, token: str, role: Role) -> str:
        """The name of whoever holds the token. StaffRefused when nobody does, or without the role."""
        row = connection.execute(_BY_TOKEN, {"digest": self._digest(token)}).first()
        if row is None or row.disabled_at is not None:
            raise StaffRefused("the token is nobody's", known=False)
        if role not in row.roles.split(","):
            raise StaffRefused(f"this needs the role {role}")
        return str(row.name)

    def _digest(self, token: str) -> bytes:
        return self.keys.mac("staff-token", token.encode("utf-8"))
