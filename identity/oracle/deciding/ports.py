"""What deciding is given by the room that keeps people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from identity.oracle.policy.evidence import Evidence
from identity.storage.writer import Transaction


class PersonRecords(Protocol):
    """Persons, their evidence, and by which investor ids assets know them."""

    def evidence_of(self, connection: Connection, person_id: str) -> Sequence[Evidence]:
        """What the person holds. SubjectErased when the data key is gone."""

    def person_of(self, connection: Connection, asset: bytes, investor: bytes) -> str | None:
        """Who an investor is; None for nobody known."""

    def enrolled(self, connection: Connection, asset: bytes) -> Sequence[tuple[str, bytes]]:
        """Everybody who asked for the asset: person and investor."""

    def relied_lists(self, connection: Connection) -> Collection[tuple[str, str]]:
        """Address and issuer of each status list that anybody's evidence names."""

    def current(self, connection: Connection, person_id: str) -> str:
        """The person's record, or the one it was merged into. NotFound."""

    def seal(self, connection: Connection, person_id: str, record: str, value: object) -> bytes:
        """A JSON value under the person's data key, bound to a record's id."""

    def open(self, connection: Connection, person_id: str, record: str, sealed: bytes) -> Any:
        """The value again. SubjectErased when the data key is gone."""

    def reviews(self, connection: Connection) -> Sequence[dict[str, Any]]:
        """Open reviews of records that may be of one person: `id`, `person_id`, `like_id` among their members."""

    def decide_review(self, tx: Transaction, by: str, review_id: str, *, same: bool) -> None:
        """Says whether two records are of one person; merges them if so. NotFound, WrongState."""

    def end(self, tx: Transaction, by: str, person_id: str) -> int:
        """The relationship ends; until when (UTC seconds) the records are kept."""

    def export(self, connection: Connection, person_id: str) -> dict[str, Any]:
        """Everything held about a person."""

    def erase(self, tx: Transaction, by: str, person_id: str) -> None:
        """Destroys the person's data key."""

    def due_for_erasure(self, connection: Connection, now: int) -> Sequence[str]:
        """Persons whose time of retention is over."""
