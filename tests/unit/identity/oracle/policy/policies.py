"""Policies and evidence for the tests, made small."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from identity.formats.base import StatusReference, VerifiedCredential
from identity.oracle.policy.document import Policy, parse_policy
from identity.oracle.policy.evidence import Evidence, Standing, Weighed

NOW = 1_800_000_000
DAY = 86_400
ISSUER, OTHER = "did:web:issuer.example", "did:web:other.example"
EVERY_TOPIC = (
    "kyc",
    "residency",
    "investor_qualification",
    "us_person",
    "affiliate",
    "sanctions_screening",
    "entity",
    "mandate",
)


def document(admit: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    """A policy with one bucket that trusts two issuers for everything."""
    return {
        "format": "lockstep-policy/1",
        "asset": "0x" + "5a" * 32,
        "version": 1,
        "effective_at": 0,
        "holding_limit": "1000000",
        "buckets": [{"name": "everyone", "seats": 100}],
        "admit": admit,
        "trust": {topic: [ISSUER, OTHER] for topic in EVERY_TOPIC},
        "grid_offset": 0,
        **changed,
    }


def policy(admit: Mapping[str, Any], **changed: Any) -> Policy:
    return parse_policy(json.dumps(document(admit, **changed)))


def weighed(topic: str, standing: Standing = Standing.VALID, **changed: Any) -> Weighed:
    """A piece of evidence, issued and checked ten days ago and good for a hundred more."""
    values: dict[str, Any] = {
        "topic": topic,
        "issuer": ISSUER,
        "claims": {},
        "digest": b"",
        "checked_at": NOW - 10 * DAY,
        "issued_at": NOW - 10 * DAY,
        "valid_from": NOW - 10 * DAY,
        "valid_until": NOW + 100 * DAY,
        "status": StatusReference("https://issuer.example/status/1", 7),
        **changed,
    }
    if not values["digest"]:
        values["digest"] = hashlib.sha256(repr(sorted(values.items(), key=str)).encode()).digest()
    return Weighed(Evidence(**values), standing)


def credential(topic: str, claims: Mapping[str, Any], **changed: Any) -> VerifiedCredential:
    """A verified credential of the issuer's own type."""
    values: dict[str, Any] = {
        "issuer": ISSUER,
        "type": f"https://issuer.example/types/{topic}/1",
        "claims": {"iss": ISSUER, "vct": "", "exp": NOW + DAY, "sub": "subject-0", **claims},
        "holder": None,
        "issued_at": NOW - DAY,
        "valid_from": NOW - DAY,
        "valid_until": NOW + DAY,
        "status": None,
        "digest": hashlib.sha256(topic.encode()).digest(),
        **changed,
    }
    return VerifiedCredential(**values)
