"""How screening providers report: a message signed with a shared secret, a message signed as a JWT, or a CSV by an officer.

A provider knows a person by the id that it was given with the person's data; a report names that id, and why.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from identity.errors import Malformed
from identity.formats.base import IssuerKeys
from identity.formats.jws import parse_jws, require_text, require_time
from identity.formats.strict import parse_object
from identity.oracle.deciding.screening import NewHit
from identity.refusals import WebhookRefused
from identity.webhooks import AGE, require_signed

JWT_TYP = "lockstep-screening+jwt"
FIELDS = ("message", "person_id", "list", "entry", "score")
MAX_MESSAGE = 128
MAX_ROWS, MAX_CSV_BYTES = 10_000, 4_194_304
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


class ScreeningProvider(Protocol):
    """One provider."""

    @property
    def name(self) -> str:
        """Its name in addresses and as the source of hits."""

    def read(self, headers: Mapping[str, str], body: bytes, now: int) -> NewHit:
        """The hit in a request. WebhookRefused when it is not signed by the provider, Malformed when it is none."""


@dataclass(frozen=True, slots=True)
class SecretProvider:
    """A provider that signs with a shared secret (Standard Webhooks)."""

    name: str
    secret: bytes

    def read(self, headers: Mapping[str, str], body: bytes, now: int) -> NewHit:
        """Checks the signature before anything of the body is looked at."""
        message = require_signed(self.secret, headers, body, now)
        return parse_hit(self.name, {**parse_object(body), "message": message})


@dataclass(frozen=True, slots=True)
class KeyProvider:
    """A provider that sends JWTs signed with a key of its own, for this oracle."""

    name: str
    issuer: str
    audience: str
    keys: IssuerKeys

    def read(self, headers: Mapping[str, str], body: bytes, now: int) -> NewHit:
        """Checks type, signature, audience and time, then the content. `headers` say nothing here."""
        jws = parse_jws(body.decode("ascii", "replace"), types=(JWT_TYP,))
        if require_text(jws.payload, "iss") != self.issuer or jws.payload.get("aud") != self.audience:
            raise WebhookRefused("it is not from this provider to this oracle")
        if abs((require_time(jws.payload, "iat") or 0) - now) > AGE:
            raise WebhookRefused("its time is out of range")
        jws.verify(self.keys.find(self.issuer, jws.header).key, "screening report")
        fields = {name: jws.payload.get(name) for name in FIELDS[1:]}
        return parse_hit(self.name, {**fields, "message": require_text(jws.payload, "jti", MAX_MESSAGE)})


def parse_hit(source: str, fields: Mapping[str, Any]) -> NewHit:
    """A hit from its fields, all of them text. Malformed names the field that is wrong."""
    for name in FIELDS:
        value = fields.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= 300:
            raise Malformed("screening report", f"{name} must be text of 1 to 300 characters")
    if len(fields["message"]) > MAX_MESSAGE:
        # Never cut: two reports would come to have one id, and the second of them would be passed over.
        raise Malformed("screening report", f"message must have at most {MAX_MESSAGE} characters")
    if not _ID.fullmatch(fields["person_id"]):
        raise Malformed("screening report", "person_id is no id")
    reason = {name: fields[name] for name in FIELDS[2:]}
    return NewHit(fields["person_id"], source, fields["message"], reason)


def parse_csv(source: str, data: bytes) -> Sequence[NewHit]:
    """Hits as CSV (RFC 4180, UTF-8) whose first line names the fields. Nothing is taken when one line is wrong."""
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise Malformed("CSV file", "it can't be read") from None
    if not rows or tuple(rows[0]) != FIELDS:
        raise Malformed("CSV file", f"its first line must be {','.join(FIELDS)}")
    if len(rows) > MAX_ROWS + 1:
        raise Malformed("CSV file", f"more than {MAX_ROWS} lines")
    if any(len(row) != len(FIELDS) for row in rows):
        raise Malformed("CSV file", "a line has another number of fields")
    return [parse_hit(source, dict(zip(FIELDS, row, strict=True))) for row in rows[1:]]
