"""Requests for presentations: made for an asset, signed, answered once, and over after a few minutes.

Three secrets keep three parties apart. The `transaction` stays with whoever started; the ticket in the request's address
goes to the wallet; the response code comes back through the wallet to whoever holds the transaction. A stranger who sends
his own request to somebody else gets no response code, so he can't go on with a session that others filled
(OpenID4VP 1.0, sections 8.2 and 14.2).

A request for consent asks a known person's wallet to sign a statement with a credential's key. It opens no session.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from sqlalchemy import Connection, Row, delete, insert, select, update

from identity.formats.jwe import encryption_jwk
from identity.formats.jwk import public_key_of
from identity.formats.jws import SigningKey, build_jws
from identity.formats.sd_jwt_vc import FORMAT
from identity.formats.strict import encode_base64url
from identity.keystore.base import KeyStore
from identity.oracle.people.proofs.consent import CLIENT_ID_PREFIX
from identity.oracle.policy.document import Policy
from identity.oracle.policy.queries import dcql, unclaimed
from identity.oracle.presenting.errors import ContinueRefused, RequestGone, ReturnRefused
from identity.oracle.presenting.tables import PRESENTATIONS
from identity.ports import Randomness
from identity.storage.secrets import Tickets
from identity.storage.vault import new_id
from identity.storage.writer import Transaction

REQUEST_TYP = "oauth-authz-req+jwt"
AUDIENCE = "https://self-issued.me/v2"
"""The audience of a request to whichever wallet opens it (OpenID4VP 1.0, section 5.8)."""
REQUEST_SECONDS = 300
CONTINUE_SECONDS = 300
"""How long after the answer the response code counts."""
CONTENT_ENCRYPTION = ("A128GCM", "A256GCM")
ALGORITHMS = ("ES256", "ES384", "EdDSA")
_AT_REQUEST, _AT_RESPONSE, _STATE, _TRANSACTION = "vp-request", "vp-response", "vp-state", "vp-transaction"
_CODE = "vp-code"


class ResponseMode(StrEnum):
    """How a wallet sends its answer."""

    PLAIN = "direct_post"
    ENCRYPTED = "direct_post.jwt"


class State(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    ANSWERED = "answered"
    CONTINUED = "continued"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Consent:
    """A request's statement: whose challenge it is (person and nonce), and the topic of the credential that agrees."""

    person_id: str
    nonce: str
    topic: str


@dataclass(frozen=True, slots=True)
class Asked:
    """An open request, as the answer to it is checked."""

    id: str
    asset: bytes
    policy: bytes
    mode: ResponseMode
    nonce: str
    state: str
    encryption_key: ec.EllipticCurvePrivateKey | None
    consent: Consent | None = None


StatementOf = Callable[[Connection, Consent, int], str]
"""The transaction data of a request for consent, at a time. ChallengeUnknown when the statement is spent or over."""


@dataclass(frozen=True, slots=True)
class Started:
    """What whoever starts gets: the secret to keep, and the address to hand to a wallet."""

    transaction: str
    request: str
    expires_at: int


class Requests:
    """All requests of one oracle. `signer` gives the key that signs, under its absolute name in the oracle's did:web."""

    def __init__(
        self,
        *,
        did: str,
        public_url: str,
        keys: KeyStore,
        signer: Callable[[], SigningKey],
        randomness: Randomness,
        return_addresses: Sequence[str] = (),
        seconds: int = REQUEST_SECONDS,
    ) -> None:
        self._did, self._url, self._keys, self._signer = did, public_url, keys, signer
        self._randomness, self._seconds = randomness, seconds
        self._tickets = Tickets(keys, randomness)
        self._returns = (f"{public_url}/enrolments/return", *return_addresses)

    @property
    def client_id(self) -> str:
        """The verifier's name, with its prefix: what wallets bind their answers to."""
        return CLIENT_ID_PREFIX + self._did

    def start(
        self,
        tx: Transaction,
        policy: Policy,
        mode: ResponseMode = ResponseMode.ENCRYPTED,
        return_to: str | None = None,
        consent: Consent | None = None,
    ) -> Started:
        """A fresh request for an asset's policy, or for a holder's consent. ReturnRefused: an address not on the list."""
        target = self._returns[0] if return_to is None else return_to
        if target not in self._returns:
            raise ReturnRefused
        request_id = new_id(self._randomness)
        key = None
        if mode is ResponseMode.ENCRYPTED:
            fresh = ec.generate_private_key(ec.SECP256R1())
            der = fresh.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            key = self._keys.wrap(der, request_id.encode("ascii"))
        tx.connection.execute(delete(PRESENTATIONS).where(PRESENTATIONS.c.expires_at <= tx.now - CONTINUE_SECONDS))
        if consent is not None:
            # One open request for each statement, of which nobody has many: a session can't fill the table.
            same = (PRESENTATIONS.c.challenge == consent.nonce) & (PRESENTATIONS.c.state == State.OPEN.value)
            tx.connection.execute(delete(PRESENTATIONS).where(same))
        expires_at = tx.now + self._seconds
        tx.connection.execute(
            insert(PRESENTATIONS).values(
                id=request_id,
                asset=policy.asset_id,
                policy=policy.digest,
                mode=mode.value,
                nonce=encode_base64url(self._randomness(32)),
                encryption_key=key,
                return_to=target,
                state=State.OPEN.value,
                created_at=tx.now,
                expires_at=expires_at,
                person_id=None if consent is None else consent.person_id,
                challenge=None if consent is None else consent.nonce,
                topic=None if consent is None else consent.topic,
            )
        )
        address = f"{self._url}/presentations/{self._tickets.ticket(_AT_REQUEST, request_id)}/request"
        query = urlencode({"client_id": self.client_id, "request_uri": address, "request_uri_method": "post"})
        return Started(self._tickets.ticket(_TRANSACTION, request_id), f"openid4vp://?{query}", expires_at)

    def sign(
        self,
        connection: Connection,
        ticket: str,
        policy: Policy,
        wallet_nonce: str | None,
        now: int,
        statement: StatementOf,
    ) -> str:
        """The signed request object. RequestGone when it is over, or the policy was replaced meanwhile.

        `statement` finds the text that a request for consent asks to agree to.
        """
        asked = self.find(connection, ticket, now, _AT_REQUEST)
        if asked.policy != policy.digest:
            raise RequestGone("the asset's policy has changed; start again")
        row = self._row(connection, asked.id)
        payload: dict[str, Any] = {
            "aud": AUDIENCE,
            "iat": now,
            "exp": row.expires_at,
            "client_id": self.client_id,
            "response_type": "vp_token",
            "response_mode": asked.mode.value,
            "response_uri": f"{self._url}/presentations/{self._tickets.ticket(_AT_RESPONSE, asked.id)}/response",
            "nonce": asked.nonce,
            "state": asked.state,
            "dcql_query": dcql(policy) if asked.consent is None else unclaimed(policy, asked.consent.topic),
            "client_metadata": self._client_metadata(asked),
        }
        if asked.consent is not None:
            payload["transaction_data"] = [statement(connection, asked.consent, now)]
        if wallet_nonce is not None:
            payload["wallet_nonce"] = wallet_nonce
        key = self._signer()
        return build_jws({"typ": REQUEST_TYP, "kid": key.key_id}, payload, key)

    def asset_of(self, connection: Connection, ticket: str, now: int) -> bytes:
        """The asset that the request behind a request's ticket is about. RequestGone."""
        return self.find(connection, ticket, now, _AT_REQUEST).asset

    def find_answered(self, connection: Connection, ticket: str, now: int) -> Asked:
        """The open request that an answer's ticket leads to. RequestGone."""
        return self.find(connection, ticket, now, _AT_RESPONSE)

    def find(self, connection: Connection, ticket: str, now: int, purpose: str) -> Asked:
        """The open request behind a ticket. RequestGone."""
        request_id = self._tickets.record_of(purpose, ticket)
        if request_id is None:
            raise RequestGone("there is no such request")
        row = self._row(connection, request_id)
        if row.state != State.OPEN:
            raise RequestGone("it was answered already")
        if now >= row.expires_at:
            raise RequestGone("its time is over")
        return Asked(
            id=request_id,
            asset=row.asset,
            policy=row.policy,
            mode=ResponseMode(row.mode),
            nonce=row.nonce,
            state=self._tickets.ticket(_STATE, request_id),
            encryption_key=self._open_key(row),
            consent=None if row.challenge is None else Consent(row.person_id, row.challenge, row.topic),
        )

    def answer(self, tx: Transaction, asked: Asked, person_id: str, holder: str) -> str:
        """Spends a request that was answered well; the address to return to, with the response code in its fragment."""
        code = encode_base64url(self._randomness(32))
        values = {
            "state": State.ANSWERED.value,
            "person_id": person_id,
            "holder": holder,
            "encryption_key": None,
            "code_digest": self._keys.mac(_CODE, code.encode("ascii")),
            "expires_at": tx.now + CONTINUE_SECONDS,
        }
        row = self._spend(tx, asked, values)
        # In the fragment: it reaches the page that the browser shows, and no server's log.
        return f"{row.return_to}#response_code={code}"

    def agree(self, tx: Transaction, asked: Asked) -> str:
        """Spends a request for consent that was answered well; the address to return to. There is nothing to go on with."""
        row = self._spend(tx, asked, {"state": State.CONTINUED.value, "encryption_key": None})
        return str(row.return_to)

    def decline(self, tx: Transaction, asked: Asked) -> str:
        """Spends a request that the wallet turned down; the address to return to."""
        row = self._spend(tx, asked, {"state": State.DECLINED.value, "encryption_key": None})
        return str(row.return_to)

    def continue_(self, tx: Transaction, transaction: str, code: str) -> tuple[str, str]:
        """The person and the holder's key of an answered request, once, for who holds transaction and response code.

        Raises:
            ContinueRefused: they don't belong together, were used, or their time is over.
        """
        request_id = self._tickets.record_of(_TRANSACTION, transaction)
        row = None if request_id is None else self._find(tx.connection, request_id)
        digest = self._keys.mac(_CODE, code.encode("utf-8", "replace"))
        if row is None or row.state != State.ANSWERED or tx.now >= row.expires_at:
            raise ContinueRefused
        if not hmac.compare_digest(row.code_digest, digest):
            raise ContinueRefused
        spent = update(PRESENTATIONS).where(PRESENTATIONS.c.id == row.id, PRESENTATIONS.c.state == State.ANSWERED.value)
        if tx.connection.execute(spent.values(state=State.CONTINUED.value, code_digest=None)).rowcount != 1:
            raise ContinueRefused
        return row.person_id, row.holder

    def state_of(self, connection: Connection, transaction: str, now: int) -> State:
        """How a request stands, for who started it. RequestGone."""
        request_id = self._tickets.record_of(_TRANSACTION, transaction)
        row = None if request_id is None else self._find(connection, request_id)
        if row is None or now >= row.expires_at:
            raise RequestGone("there is no such request, or its time is over")
        return State(row.state)

    def _client_metadata(self, asked: Asked) -> Mapping[str, Any]:
        algorithms = list(ALGORITHMS)
        metadata: dict[str, Any] = {
            "vp_formats_supported": {FORMAT: {"sd-jwt_alg_values": algorithms, "kb-jwt_alg_values": algorithms}}
        }
        if asked.encryption_key is not None:
            key = public_key_of(asked.encryption_key.public_key())
            metadata["jwks"] = {"keys": [encryption_jwk(key, asked.id)]}
            metadata["encrypted_response_enc_values_supported"] = list(CONTENT_ENCRYPTION)
        return metadata

    def _spend(self, tx: Transaction, asked: Asked, values: Mapping[str, Any]) -> Row[Any]:
        open_ = update(PRESENTATIONS).where(PRESENTATIONS.c.id == asked.id, PRESENTATIONS.c.state == State.OPEN.value)
        if tx.connection.execute(open_.values(dict(values))).rowcount != 1:
            raise RequestGone("it was answered already")
        return self._row(tx.connection, asked.id)

    def _open_key(self, row: Row[Any]) -> ec.EllipticCurvePrivateKey | None:
        if row.encryption_key is None:
            return None
        key = load_der_private_key(self._keys.unwrap(row.encryption_key, row.id.encode("ascii")), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - this class made it
        return key

    def _row(self, connection: Connection, request_id: str) -> Row[Any]:
        row = self._find(connection, request_id)
        if row is None:
            raise RequestGone("there is no such request")
        return row

    def _find(self, connection: Connection, request_id: str) -> Row[Any] | None:
        return connection.execute(select(PRESENTATIONS).where(PRESENTATIONS.c.id == request_id)).first()
