"""Who may do what: staff with a token of their own and roles. Each service names its own roles.

Tokens are random and kept as keyed digests, so a copy of the database opens nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Generic, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    insert,
    select,
    update,
)

from identity.formats.strict import encode_base64url
from identity.keystore.base import KeyStore
from identity.ports import Randomness
from identity.refusals import NotFound, StaffRefused
from identity.storage.writer import Transaction

Role = TypeVar("Role", bound=StrEnum)


def staff_table(metadata: MetaData) -> Table:
    """The table of a staff, in the metadata of the service that employs it."""
    return Table(
        "staff",
        metadata,
        Column("name", String(64), primary_key=True),
        Column("token_digest", LargeBinary, nullable=False, unique=True),
        Column("roles", String(100), nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("disabled_at", BigInteger),
    )


class StaffList(Generic[Role]):
    """Adds staff and recognises them."""

    def __init__(self, table: Table, keys: KeyStore, randomness: Randomness) -> None:
        self._table, self._keys, self._randomness = table, keys, randomness
        self._by_token = select(table.c.name, table.c.roles, table.c.disabled_at).where(
            table.c.token_digest == bindparam("digest")
        )

    def add(self, tx: Transaction, by: str, name: str, roles: Sequence[Role]) -> str:
        """A new member of the staff; the token, which is shown once and stored nowhere."""
        token = encode_base64url(self._randomness(32))
        listed = ",".join(roles)
        row = {"name": name, "token_digest": self._digest(token), "roles": listed, "created_at": tx.now}
        tx.connection.execute(insert(self._table), row)
        tx.note(by, "staff.add", name, listed.encode())
        return token

    def disable(self, tx: Transaction, by: str, name: str) -> None:
        """Takes somebody's access away at once. NotFound when nobody of this name has any."""
        columns = self._table.c
        gone = update(self._table).where(columns.name == name, columns.disabled_at.is_(None))
        if tx.connection.execute(gone.values(disabled_at=tx.now)).rowcount != 1:
            raise NotFound("member of the staff")
        tx.note(by, "staff.disable", name)

    def require(self, connection: Connection, token: str, role: Role) -> str:
        """The name of whoever holds the token. StaffRefused when nobody does, or without the role."""
        row = connection.execute(self._by_token, {"digest": self._digest(token)}).first()
        if row is None or row.disabled_at is not None:
            raise StaffRefused("the token is nobody's", known=False)
        if role not in row.roles.split(","):
            raise StaffRefused(f"this needs the role {role}")
        return str(row.name)

    def _digest(self, token: str) -> bytes:
        return self._keys.mac("staff-token", token.encode("utf-8"))
