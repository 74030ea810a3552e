"""The moment of issuing: one transaction in which the token is judged, the nonce spent, the place taken, the record
stored, and the credential signed. Refused anywhere, nothing of it ever was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, select, update

from identity.formats.base import CredentialContent, CredentialFormat
from identity.formats.jws import SigningKey
from identity.formats.registry import format_of
from identity.formats.strict import encode_json
from identity.issuer.offers import REDEEMED, TOKEN
from identity.issuer.proofs import DpopProof, KeyProof
from identity.issuer.secrets import Secrets
from identity.issuer.statuses import Statuses
from identity.issuer.tables import CASES, OFFER_ITEMS, OFFERS, SPENT, SUBJECTS
from identity.issuer.types.catalogue import SUBJECT_CLAIM, CredentialType
from identity.refusals import ProtocolRefusal, TokenRefused
from identity.storage.once import insert_once
from identity.storage.vault import Vault, new_id
from identity.storage.writer import Transaction

_COLUMNS = (
    OFFERS.c.state,
    OFFERS.c.token_expires_at,
    OFFERS.c.token_key,
    OFFERS.c.by_identifier,
    OFFER_ITEMS.c.identifier,
    OFFER_ITEMS.c.configuration,
    OFFER_ITEMS.c.credential_id,
    CASES.c.id.label("case_id"),
    CASES.c.subject_id,
    CASES.c.type,
    CASES.c.sealed,
    CASES.c.valid_until,
    SUBJECTS.c.data_key,
)


def _lookup(named: ColumnElement[bool]) -> Any:
    """The offer with the one item that is asked for, or with nothing beside it.

    The offer is held until the transaction ends: who withdraws it in another process comes before, and nothing is issued,
    or after, and finds what was issued.
    """
    item = and_(OFFER_ITEMS.c.offer_id == OFFERS.c.id, named)
    return (
        select(*_COLUMNS)
        .select_from(OFFERS)
        .outerjoin(OFFER_ITEMS, item)
        .outerjoin(CASES, CASES.c.id == OFFER_ITEMS.c.case_id)
        .outerjoin(SUBJECTS, SUBJECTS.c.id == CASES.c.subject_id)
        .where(OFFERS.c.id == bindparam("offer"))
        .with_for_update(of=OFFERS)
    )


_BY_IDENTIFIER = _lookup(OFFER_ITEMS.c.identifier == bindparam("name"))
_BY_CONFIGURATION = _lookup(OFFER_ITEMS.c.configuration == bindparam("name"))
_ISSUED = (
    update(OFFER_ITEMS)
    .where(OFFER_ITEMS.c.identifier == bindparam("item"), OFFER_ITEMS.c.credential_id.is_(None))
    .values(credential_id=bindparam("credential"))
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a credential request names: an identifier from authorization_details, or a configuration; never both."""

    identifier: str | None
    configuration: str | None


@dataclass(frozen=True, slots=True)
class Bearer:
    """The offer an access token stands for (its MAC has been checked), and how it was sent."""

    offer_id: str
    dpop: DpopProof | None


@dataclass(frozen=True, slots=True)
class Issuing:
    """Issues one credential. `issue` is run inside a transaction."""

    secrets: Secrets
    vault: Vault
    catalogue: Mapping[str, CredentialType]
    formats: Mapping[str, CredentialFormat]
    statuses: Statuses
    signer: Callable[[], SigningKey]
    issuer: str
    authority: str
    integrity: Mapping[str, str]
    """By type: the digest of its published metadata, so that nobody can change what a credential's type means."""

    def bearer(self, token: str, dpop: DpopProof | None) -> Bearer:
        """The offer behind an access token, without a look at the database. TokenRefused when it is none of ours."""
        offer_id = self.secrets.record_of(TOKEN, token)
        if offer_id is None:
            raise TokenRefused("the access token is unknown")
        return Bearer(offer_id, dpop)

    def issue(self, tx: Transaction, bearer: Bearer, asked: Asked, proof: KeyProof) -> Any:
        """The credential, its record stored.

        Raises:
            TokenRefused: unknown, expired, withdrawn, or bound to another key.
            ProtocolRefusal: nothing of this name was granted, it was issued already, the nonce is not fresh.
        """
        row = self._find(tx, bearer, asked)
        self._spend(tx, bearer, proof)
        credential_id = new_id(self.vault.randomness)
        if tx.connection.execute(_ISSUED, {"item": row.identifier, "credential": credential_id}).rowcount != 1:
            raise ProtocolRefusal("credential_request_denied", "this credential was issued already")
        claims = self.vault.open(row.data_key, row.subject_id, row.case_id, row.sealed)
        record = {
            "id": credential_id,
            "case_id": row.case_id,
            "subject_id": row.subject_id,
            "configuration": row.configuration,
            "issued_at": tx.now,
            "valid_until": row.valid_until,
        }
        status = self.statuses.place(tx, record)
        type_ = self.catalogue[row.type]
        content = CredentialContent(
            issuer=self.issuer,
            type=type_.vct(self.authority),
            claims={SUBJECT_CLAIM: self.vault.public_subject(row.subject_id), **claims},
            disclosable=type_.disclosable,
            holder=proof.key,
            issued_at=tx.now,
            valid_from=tx.now,
            valid_until=row.valid_until,
            status=status,
            type_integrity=self.integrity[row.type],
        )
        format_ = format_of(self.formats, row.type, row.configuration)
        credential = format_.build(content, self.signer(), self.vault.randomness)
        tx.note("wallet", "credential.issue", credential_id, encode_json(credential))
        return credential

    def _find(self, tx: Transaction, bearer: Bearer, asked: Asked) -> Any:
        query = _BY_IDENTIFIER if asked.configuration is None else _BY_CONFIGURATION
        name = asked.identifier if asked.configuration is None else asked.configuration
        row = tx.connection.execute(query, {"offer": bearer.offer_id, "name": name}).first()
        if row is None or row.state != REDEEMED or tx.now >= row.token_expires_at:
            raise TokenRefused("the access token is unknown or has expired")
        key = None if bearer.dpop is None else bearer.dpop.thumbprint
        if row.token_key != key:
            raise TokenRefused("the access token is bound to another key", scheme="DPoP" if row.token_key else "Bearer")
        if row.by_identifier and asked.identifier is None:
            raise ProtocolRefusal("invalid_credential_request", "credential_identifier must be used")
        if not row.by_identifier and asked.configuration is None:
            raise ProtocolRefusal("unknown_credential_identifier", "no credential_identifiers were granted")
        if row.identifier is None:
            kind = "unknown_credential_configuration" if asked.configuration else "unknown_credential_identifier"
            raise ProtocolRefusal(kind, "no such credential was granted")
        if row.credential_id is not None:
            raise ProtocolRefusal("credential_request_denied", "this credential was issued already")
        if row.data_key is None or tx.now >= row.valid_until:
            raise ProtocolRefusal("credential_request_denied", "what this credential stands on is no longer in force")
        return row

    def _spend(self, tx: Transaction, bearer: Bearer, proof: KeyProof) -> None:
        digest, until = self.secrets.check_nonce(proof.nonce, tx.now)
        if not insert_once(tx.connection, SPENT, {"digest": digest, "expires_at": until}):
            raise ProtocolRefusal("invalid_nonce", "the nonce was used before")
        dpop = bearer.dpop
        if dpop is None:
            return
        if not insert_once(tx.connection, SPENT, {"digest": dpop.digest, "expires_at": dpop.expires_at}):
            raise TokenRefused("the DPoP proof was used before", scheme="DPoP", code="invalid_dpop_proof")
