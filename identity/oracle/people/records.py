"""What is kept of each person, sealed under the person's own data key: facts, credentials, and reading them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, select, update

from identity.formats.base import ClaimPath, StatusReference
from identity.formats.jwk import parse_public_jwk
from identity.formats.jws import parse_jws
from identity.formats.sd_jwt import SdJwt, choose, parse_sd_jwt
from identity.formats.sd_jwt_vc import TYPES
from identity.oracle.people.agreement import Facts
from identity.oracle.people.errors import CredentialTaken
from identity.oracle.people.tables import CREDENTIALS, PERSONS
from identity.oracle.policy.evidence import Evidence
from identity.refusals import NotFound
from identity.storage.once import insert_once
from identity.storage.vault import Vault
from identity.storage.writer import Transaction

FACTS = "facts"


@dataclass(frozen=True, slots=True)
class Shown:
    """One verified credential of a presentation: as evidence, as it was written, and what it says of whose it is.

    `wire` is the SD-JWT with the disclosures that were shown, and without its key binding.
    """

    evidence: Evidence
    wire: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Records:
    """Seals and opens what is kept of persons."""

    vault: Vault

    def seal(self, connection: Connection, person_id: str, record: str, value: object) -> bytes:
        """A JSON value under the person's data key, bound to a record's id. SubjectErased, NotFound."""
        return self.vault.seal(self._data_key(connection, person_id), person_id, record, value)

    def open(self, connection: Connection, person_id: str, record: str, sealed: bytes) -> Any:
        """The value again. SubjectErased when the data key is gone."""
        return self.vault.open(self._data_key(connection, person_id), person_id, record, sealed)

    def facts_of(self, connection: Connection, person_id: str) -> list[dict[str, Any]]:
        """What credentials said of whose they are, each saying once: names, birth dates, subject ids, LEIs."""
        row = find_person(connection, person_id)
        return list(self.vault.open(row.data_key, person_id, FACTS, row.facts))

    def add_facts(self, tx: Transaction, person_id: str, shown: Sequence[Facts]) -> None:
        """Adds what is new."""
        row = find_person(tx.connection, person_id)
        known = [] if row.facts is None else self.vault.open(row.data_key, person_id, FACTS, row.facts)
        new = [facts for facts in (_fact(one) for one in shown) if facts not in known]
        sealed = self.vault.seal(row.data_key, person_id, FACTS, known + new)
        tx.connection.execute(update(PERSONS).where(PERSONS.c.id == person_id).values(facts=sealed))

    def keep(self, tx: Transaction, person_id: str, shown: Shown, *, principal: bool) -> None:
        """Keeps a credential, or adds what it shows now to what it showed before.

        Raises:
            CredentialTaken: it speaks of the investor, and serves another one already.
        """
        evidence, connection = shown.evidence, tx.connection
        row = connection.execute(select(CREDENTIALS).where(_this(evidence.digest, person_id))).first()
        if row is not None:
            before = self._read(self._data_key(connection, person_id), row)
            shown = Shown(_join(before.evidence, evidence), _join_wires(before.wire, shown.wire), shown.facts)
        sealed = self.seal(connection, person_id, evidence.digest.hex(), _document(shown))
        if row is not None:
            values = {"sealed": sealed, "shown_at": tx.now}
            connection.execute(update(CREDENTIALS).where(_this(evidence.digest, person_id)).values(values))
        elif not insert_once(connection, CREDENTIALS, _row(person_id, evidence, sealed, tx.now, principal)):
            raise CredentialTaken(evidence.topic)

    def credentials(self, connection: Connection, person_id: str) -> list[tuple[Evidence, str]]:
        """Evidence and SD-JWT of each credential, the last shown first. SubjectErased, NotFound."""
        data_key = find_person(connection, person_id).data_key
        rows = connection.execute(
            select(CREDENTIALS)
            .where(CREDENTIALS.c.person_id == person_id)
            .order_by(CREDENTIALS.c.shown_at.desc(), CREDENTIALS.c.digest)
        )
        return [(one.evidence, one.wire) for one in (self._read(data_key, row) for row in rows)]

    def move(self, tx: Transaction, person_id: str, to: str) -> None:
        """Seals everything of one person anew as another's: the two records are of the same person."""
        connection = tx.connection
        for row in connection.execute(select(CREDENTIALS).where(CREDENTIALS.c.person_id == person_id)).all():
            record = row.digest.hex()
            opened = self.open(connection, person_id, record, row.sealed)
            sealed = self.seal(connection, to, record, opened)
            connection.execute(delete(CREDENTIALS).where(_this(row.digest, person_id)))
            # Whoever is asked about holds it already when both records showed the same credential of a representative.
            insert_once(connection, CREDENTIALS, {**row._mapping, "person_id": to, "sealed": sealed})
        facts = self.facts_of(connection, person_id) + self.facts_of(connection, to)
        unique = [one for place, one in enumerate(facts) if one not in facts[:place]]
        sealed = self.seal(connection, to, FACTS, unique)
        connection.execute(update(PERSONS).where(PERSONS.c.id == to).values(facts=sealed))

    def _read(self, data_key: bytes | None, row: Row[Any]) -> Shown:
        document = self.vault.open(data_key, row.person_id, row.digest.hex(), row.sealed)
        status = None if row.status_uri is None else StatusReference(row.status_uri, row.status_index)
        evidence = Evidence(
            topic=row.topic, issuer=row.issuer, digest=row.digest, status=status, **document["evidence"]
        )
        return Shown(evidence, document["wire"], Facts(row.topic, row.issuer, ""))

    def _data_key(self, connection: Connection, person_id: str) -> bytes | None:
        data_key: bytes | None = find_person(connection, person_id).data_key
        return data_key


def find_person(connection: Connection, person_id: str) -> Row[Any]:
    """The row of a person. NotFound."""
    row = connection.execute(select(PERSONS).where(PERSONS.c.id == person_id)).first()
    if row is None:
        raise NotFound("person")
    return row


def _this(digest: bytes, person_id: str) -> ColumnElement[bool]:
    return and_(CREDENTIALS.c.digest == digest, CREDENTIALS.c.person_id == person_id)


def only(wire: str, paths: Sequence[ClaimPath]) -> str:
    """The SD-JWT with only the disclosures that the claims at these places need, ending in a tilde."""
    parts = parse_sd_jwt(wire)
    payload = parse_jws(parts.jwt, types=TYPES).payload
    return SdJwt(parts.jwt, choose(payload, parts.disclosures, paths), None).bound_part


def type_of(wire: str) -> object:
    """The type (`vct`) of a credential that was verified when it came."""
    return parse_jws(parse_sd_jwt(wire).jwt, types=TYPES).payload.get("vct")


def holder_of(wire: str) -> str:
    """The thumbprint of the key that a credential is bound to; it was verified when it came."""
    confirmation = parse_jws(parse_sd_jwt(wire).jwt, types=TYPES).payload["cnf"]
    return parse_public_jwk(confirmation["jwk"]).thumbprint


def without_binding(wire: str) -> str:
    """A presentation's SD-JWT without its key binding: that belongs to one verifier and one nonce."""
    parts = parse_sd_jwt(wire)
    return replace(parts, binding=None).bound_part


def _fact(facts: Facts) -> dict[str, Any]:
    """A holder's key comes and goes with the wallet, so it is no fact about the person."""
    return {
        name: value for name, value in asdict(facts).items() if value is not None and name not in ("holder", "topic")
    }


def _document(shown: Shown) -> dict[str, Any]:
    evidence = shown.evidence
    return {
        "wire": shown.wire,
        "evidence": {
            "claims": dict(evidence.claims),
            "checked_at": evidence.checked_at,
            "issued_at": evidence.issued_at,
            "valid_from": evidence.valid_from,
            "valid_until": evidence.valid_until,
        },
    }


def _row(person_id: str, evidence: Evidence, sealed: bytes, now: int, principal: bool) -> dict[str, Any]:
    status = evidence.status
    return {
        "digest": evidence.digest,
        "person_id": person_id,
        "principal": principal,
        "topic": evidence.topic,
        "issuer": evidence.issuer,
        "sealed": sealed,
        "status_uri": None if status is None else status.uri,
        "status_index": None if status is None else status.index,
        "valid_until": evidence.valid_until,
        "shown_at": now,
    }


def _join(before: Evidence, after: Evidence) -> Evidence:
    """Policies ask for different claims of one credential: what was shown to any of them stays known."""
    checked = before.checked_at if after.checked_at is None else after.checked_at
    return replace(after, claims=_join_claims(before.claims, after.claims), checked_at=checked)


def _join_claims(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(before)
    for name, value in after.items():
        known = joined.get(name)
        if isinstance(known, list) and isinstance(value, list):
            joined[name] = known + [one for one in value if one not in known]
        elif isinstance(known, dict) and isinstance(value, dict):
            joined[name] = _join_claims(known, value)
        else:
            joined[name] = value
    return joined


def _join_wires(before: str, after: str) -> str:
    old, new = parse_sd_jwt(before), parse_sd_jwt(after)
    return replace(old, disclosures=tuple(dict.fromkeys(old.disclosures + new.disclosures))).bound_part
