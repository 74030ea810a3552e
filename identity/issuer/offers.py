"""Credential offers (OpenID4VCI 1.0, section 4) and the pre-authorized code behind each: short-lived, once, on cases
that were approved.

A transaction code goes to the investor on another way than the offer; guesses are counted, and the code dies after
`MAX_TX_FAILURES` of them.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

from sqlalchemy import bindparam, insert, select, update

from identity.formats.registry import SD_JWT, configuration_of
from identity.issuer.cases import APPROVED
from identity.issuer.proofs import DpopProof
from identity.issuer.secrets import Secrets
from identity.issuer.tables import CASES, OFFER_ITEMS, OFFERS, SPENT, SUBJECTS
from identity.issuer.types.validity import BasisLapsed
from identity.refusals import NotFound, ProtocolRefusal, SubjectErased, WrongState
from identity.storage.once import insert_once
from identity.storage.vault import new_id
from identity.storage.writer import Transaction

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
CODE, TOKEN, REFERENCE = "pre-authorized-code", "access-token", "offer-reference"
CODE_SECONDS = 600
MAX_TX_FAILURES = 5
TX_DIGITS = 6
OPEN, REDEEMED, DEAD = "open", "redeemed", "dead"
UNKNOWN_CODE = "the pre-authorized code is unknown, used or expired"

_OFFER = select(OFFERS).where(OFFERS.c.id == bindparam("offer"))
_OFFER_LOCKED = _OFFER.with_for_update()
"""Guesses of several processes take turns, or two wrong ones would count as one."""
_ITEMS = select(OFFER_ITEMS).where(OFFER_ITEMS.c.offer_id == bindparam("offer"))
_CASE = (
    select(
        CASES.c.id,
        CASES.c.subject_id,
        CASES.c.type,
        CASES.c.state,
        CASES.c.valid_until,
        SUBJECTS.c.data_key,
        SUBJECTS.c.ended_at,
    )
    .join(SUBJECTS)
    .where(CASES.c.id == bindparam("case"))
    .with_for_update(read=True, of=SUBJECTS)
)
"""Whoever ends the relationship in another process waits, or has ended it before this reads."""
_NEW_OFFER, _NEW_ITEM = insert(OFFERS), insert(OFFER_ITEMS)
_REDEEM = (
    update(OFFERS)
    .where(OFFERS.c.id == bindparam("offer"), OFFERS.c.state == OPEN)
    .values(
        state=REDEEMED,
        token_expires_at=bindparam("until"),
        token_key=bindparam("key"),
        by_identifier=bindparam("listed"),
    )
)
_MISS = (
    update(OFFERS)
    .where(OFFERS.c.id == bindparam("offer"))
    .values(tx_failures=bindparam("failures"), state=bindparam("then"))
)


class OfferMade(NamedTuple):
    """A new offer: its record, what the wallet gets, the two ways to give it, and the code for the investor."""

    offer_id: str
    offer: dict[str, Any]
    by_value: str
    by_reference: str
    tx_code: str | None
    expires_at: int


class Granted(NamedTuple):
    """A redeemed code: the token, how long it lives in seconds, and which credentials it is good for when asked."""

    access_token: str
    seconds: int
    details: list[dict[str, Any]] | None


@dataclass(frozen=True, slots=True)
class Offers:
    """Makes offers and redeems their codes. Methods are run inside a transaction."""

    secrets: Secrets
    public_url: str
    formats: Collection[str]
    """The words of the formats that can be offered."""

    def make(
        self, tx: Transaction, staff: str, case_ids: Sequence[str], *, with_tx_code: bool = True, word: str = SD_JWT
    ) -> OfferMade:
        """An offer of one credential for each case, in the format of this word; all of one subject.

        Raises:
            NotFound: no such format.
            NotFound, WrongState: a case that isn't there or isn't approved, two of one type, or of two subjects; the
                subject's relationship has ended.
            BasisLapsed: the basis of a case has lapsed since it was approved.
            SubjectErased: the subject was erased.
        """
        if word not in self.formats:
            raise NotFound("format")
        rows = [_approved(tx, case_id) for case_id in case_ids]
        types = [row.type for row in rows]
        if not rows or len({row.subject_id for row in rows}) != 1 or len(set(types)) != len(types):
            raise WrongState("offer", "mixed", "of one subject, with one case of each type")
        offer_id = new_id(self.secrets.randomness)
        tx_code = _draw_code(self.secrets) if with_tx_code else None
        expires_at = tx.now + CODE_SECONDS
        tx.connection.execute(
            _NEW_OFFER,
            {
                "id": offer_id,
                "subject_id": rows[0].subject_id,
                "state": OPEN,
                "code_expires_at": expires_at,
                "tx_digest": None if tx_code is None else self.secrets.code_digest(offer_id, tx_code),
                "tx_failures": 0,
                "by_identifier": False,
                "made_by": staff,
                "created_at": tx.now,
            },
        )
        tx.connection.execute(
            _NEW_ITEM,
            [
                {
                    "identifier": new_id(self.secrets.randomness),
                    "offer_id": offer_id,
                    "case_id": row.id,
                    "configuration": configuration_of(row.type, word),
                }
                for row in rows
            ],
        )
        tx.note(staff, "offer.make", offer_id, ",".join(case_ids).encode())
        offer = self._document(offer_id, [configuration_of(type_, word) for type_ in types], tx_code is not None)
        value = quote(json.dumps(offer, separators=(",", ":")), safe="")
        reference = quote(f"{self.public_url}/offers/{self.secrets.ticket(REFERENCE, offer_id)}", safe="")
        return OfferMade(
            offer_id,
            offer,
            f"openid-credential-offer://?credential_offer={value}",
            f"openid-credential-offer://?credential_offer_uri={reference}",
            tx_code,
            expires_at,
        )

    def behind(self, reference: str) -> str:
        """The offer that a reference names, without a look at the database. NotFound for one that is none of ours."""
        offer_id = self.secrets.record_of(REFERENCE, reference)
        if offer_id is None:
            raise NotFound("offer")
        return offer_id

    def coded(self, code: str) -> str:
        """The same for a pre-authorized code. ProtocolRefusal `invalid_grant` for one that is none of ours."""
        offer_id = self.secrets.record_of(CODE, code)
        if offer_id is None:
            raise ProtocolRefusal("invalid_grant", UNKNOWN_CODE)
        return offer_id

    def show(self, tx: Transaction, offer_id: str) -> dict[str, Any]:
        """An offer, while its code can still be redeemed. NotFound otherwise."""
        row = tx.connection.execute(_OFFER, {"offer": offer_id}).first()
        if row is None or row.state != OPEN or tx.now >= row.code_expires_at:
            raise NotFound("offer")
        items = tx.connection.execute(_ITEMS, {"offer": row.id}).all()
        return self._document(row.id, [item.configuration for item in items], row.tx_digest is not None)

    def redeem(
        self,
        tx: Transaction,
        offer_id: str,
        tx_code: str | None,
        asked: Sequence[str] | None,
        dpop: DpopProof | None,
        seconds: int,
    ) -> Granted | ProtocolRefusal:
        """Takes an offer's code once and grants an access token for `seconds`. `asked`: configurations of
        authorization_details.

        A wrong transaction code is RETURNED as a refusal, because the failed attempt must be committed; everything else
        that is refused is raised, and leaves nothing.
        """
        row = tx.connection.execute(_OFFER_LOCKED, {"offer": offer_id}).first()
        if row is None or row.state != OPEN or tx.now >= row.code_expires_at:
            raise ProtocolRefusal("invalid_grant", UNKNOWN_CODE)
        if row.tx_digest is None and tx_code is not None:
            raise ProtocolRefusal("invalid_request", "no tx_code is expected")
        if row.tx_digest is not None and tx_code is None:
            raise ProtocolRefusal("invalid_request", "a tx_code is needed")
        if tx_code is not None and not _same(self.secrets.code_digest(row.id, tx_code), row.tx_digest):
            return _count_failure(tx, row)
        details = None if asked is None else _details(tx, row.id, asked)
        if dpop is not None and not insert_once(
            tx.connection, SPENT, {"digest": dpop.digest, "expires_at": dpop.expires_at}
        ):
            raise ProtocolRefusal("invalid_dpop_proof", "it was used before")
        key = None if dpop is None else dpop.thumbprint
        values = {"offer": row.id, "until": tx.now + seconds, "key": key, "listed": asked is not None}
        if tx.connection.execute(_REDEEM, values).rowcount != 1:
            raise ProtocolRefusal("invalid_grant", "the pre-authorized code was used in this moment")
        tx.note("wallet", "offer.redeem", row.id)
        return Granted(self.secrets.ticket(TOKEN, row.id), seconds, details)

    def withdraw(self, tx: Transaction, staff: str, offer_id: str) -> None:
        """Kills an offer, redeemed or not: neither its code nor its token is good for anything from now on."""
        gone = update(OFFERS).where(OFFERS.c.id == offer_id, OFFERS.c.state != DEAD).values(state=DEAD)
        if tx.connection.execute(gone).rowcount != 1:
            raise NotFound("offer")
        tx.note(staff, "offer.withdraw", offer_id)

    def _document(self, offer_id: str, configurations: Sequence[str], with_tx_code: bool) -> dict[str, Any]:
        grant: dict[str, Any] = {"pre-authorized_code": self.secrets.ticket(CODE, offer_id)}
        if with_tx_code:
            grant["tx_code"] = {
                "input_mode": "numeric",
                "length": TX_DIGITS,
                "description": "The code your issuer gave you on another way.",
            }
        return {
            "credential_issuer": self.public_url,
            "credential_configuration_ids": list(configurations),
            "grants": {GRANT: grant},
        }


def parse_details(value: Any) -> list[str]:
    """The configurations named by `authorization_details` (OpenID4VCI 1.0, 5.1.1). ProtocolRefusal otherwise."""
    if not isinstance(value, list) or not 1 <= len(value) <= 16:
        raise ProtocolRefusal("invalid_authorization_details", "it must be a list of one to sixteen objects")
    asked = []
    for entry in value:
        if not isinstance(entry, Mapping) or entry.get("type") != "openid_credential":
            raise ProtocolRefusal("invalid_authorization_details", "only the type openid_credential is known")
        configuration = entry.get("credential_configuration_id")
        if not isinstance(configuration, str):
            raise ProtocolRefusal("invalid_authorization_details", "credential_configuration_id is missing")
        asked.append(configuration)
    return asked


def _approved(tx: Transaction, case_id: str) -> Any:
    row = tx.connection.execute(_CASE, {"case": case_id}).first()
    if row is None:
        raise NotFound("case")
    if row.data_key is None:
        raise SubjectErased
    if row.ended_at is not None:
        raise WrongState("relationship", "ended", "going on")
    if row.state != APPROVED:
        raise WrongState("case", row.state, APPROVED)
    if tx.now >= row.valid_until:
        raise BasisLapsed(row.type, row.valid_until, tx.now)
    return row


def _details(tx: Transaction, offer_id: str, asked: Sequence[str]) -> list[dict[str, Any]]:
    items = {row.configuration: row for row in tx.connection.execute(_ITEMS, {"offer": offer_id})}
    if not set(asked) <= items.keys():
        raise ProtocolRefusal("invalid_authorization_details", "a credential that was not offered")
    return [
        {
            "type": "openid_credential",
            "credential_configuration_id": configuration,
            "credential_identifiers": [items[configuration].identifier],
        }
        for configuration in dict.fromkeys(asked)
    ]


def _count_failure(tx: Transaction, row: Any) -> ProtocolRefusal:
    failures = row.tx_failures + 1
    then = DEAD if failures >= MAX_TX_FAILURES else OPEN
    tx.connection.execute(_MISS, {"offer": row.id, "failures": failures, "then": then})
    tx.note("wallet", "offer.tx_code_failed" if then == OPEN else "offer.tx_code_dead", row.id)
    return ProtocolRefusal("invalid_grant", "the tx_code is wrong")


def _draw_code(secrets: Secrets) -> str:
    """Six digits; 2^128 values onto 10^6 leave no bias that counts."""
    return str(int.from_bytes(secrets.randomness(16)) % 10**TX_DIGITS).zfill(TX_DIGITS)


def _same(left: bytes, right: bytes) -> bool:
    return hmac.compare_digest(left, right)
