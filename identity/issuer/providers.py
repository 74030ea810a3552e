"""Results of KYC providers: by signed webhook, or as CSV that somebody of the staff brings. They are evidence, no decision.

A provider is a port: it turns a request into a result, or refuses it. The one that is here takes messages signed as
Standard Webhooks are: HMAC-SHA256 over `id.timestamp.body`. A message counts once, however often it is sent.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from identity.errors import Malformed
from identity.formats.strict import parse_object
from identity.issuer.cases import Cases, Evidence
from identity.issuer.tables import PROVIDER_RESULTS
from identity.storage.once import insert_once
from identity.storage.writer import Transaction
from identity.webhooks import require_signed

FIELDS = ("message", "case_id", "kind", "reference", "sha256", "method")
MAX_ROWS = 10_000
_ID, _WORD = re.compile(r"[A-Za-z0-9_-]{22}"), re.compile(r"[a-z][a-z0-9_]{0,39}")
_MESSAGE = re.compile(r"[!-~]{1,128}")
BY_HAND = "csv"
"""Beside a provider's name: results that the staff brings count apart from those that the provider signed. In one count
somebody could upload a message's id first, and the provider's own, bad news among them, would pass for a repetition.
"""


@dataclass(frozen=True, slots=True)
class ProviderResult:
    """What a provider found for a case: one record of evidence. `message` is the provider's own id of it."""

    message: str
    case_id: str
    evidence: Evidence


class Provider(Protocol):
    """One KYC provider."""

    @property
    def name(self) -> str:
        """Its name in addresses and in evidence."""

    def read(self, headers: Mapping[str, str], body: bytes, now: int) -> ProviderResult:
        """The result in a request. WebhookRefused when it is not signed by the provider, Malformed when it is none."""


@dataclass(frozen=True, slots=True)
class SignedWebhook:
    """A provider that signs with a shared secret."""

    name: str
    secret: bytes

    def read(self, headers: Mapping[str, str], body: bytes, now: int) -> ProviderResult:
        """Checks the signature before anything of the body is looked at."""
        message = require_signed(self.secret, headers, body, now)
        # The signed id last: a body with a member of this name would choose what counts as a repetition.
        return parse_result({**parse_object(body), "message": message})


def parse_result(fields: Mapping[str, Any]) -> ProviderResult:
    """A result from its fields, all of them text. Malformed names the field that is wrong."""
    for name in FIELDS:
        value = fields.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= 300:
            raise Malformed("provider result", f"{name} must be text of 1 to 300 characters")
    if not _MESSAGE.fullmatch(fields["message"]):
        # Not cut short: two long ids with one beginning would count as one message, and the second be dropped.
        raise Malformed("provider result", "message must be 1 to 128 visible characters")
    if not _ID.fullmatch(fields["case_id"]):
        raise Malformed("provider result", "case_id is no id")
    if not all(_WORD.fullmatch(fields[name]) for name in ("kind", "method")):
        raise Malformed("provider result", "kind and method are lower-case words")
    evidence = Evidence(fields["kind"], fields["reference"], fields["sha256"], fields["method"])
    return ProviderResult(fields["message"], fields["case_id"], evidence)


def parse_csv(data: bytes) -> Sequence[ProviderResult]:
    """Results as CSV (RFC 4180, UTF-8) whose first line names the fields. Nothing is taken when one line is wrong."""
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise Malformed("CSV file", "it can't be read") from None
    if not rows or tuple(rows[0]) != FIELDS:
        raise Malformed("CSV file", f"its first line must be {','.join(FIELDS)}")
    if len(rows) > MAX_ROWS + 1:
        raise Malformed("CSV file", f"more than {MAX_ROWS} lines")
    if any(len(row) != len(FIELDS) or "\0" in "".join(row) for row in rows):
        raise Malformed("CSV file", "a line has another number of fields")
    return [parse_result(dict(zip(FIELDS, row, strict=True))) for row in rows[1:]]


def take_results(tx: Transaction, cases: Cases, provider: str, who: str, results: Sequence[ProviderResult]) -> int:
    """Adds results to their open cases as evidence recorded by `who`; how many were new. All or nothing.

    `provider`: whose messages these are, and in which each counts once.
    """
    new = 0
    for result in results:
        row = {"provider": provider, "message": result.message, "case_id": result.case_id, "at": tx.now}
        cases.require(tx, result.case_id)
        if insert_once(tx.connection, PROVIDER_RESULTS, row):
            cases.add_evidence(tx, who, result.case_id, result.evidence)
            new += 1
    return new
