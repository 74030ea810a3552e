"""The policy of the local system's asset: who may hold it, by whose word, and how much."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from identity.oracle.policy.document import Policy, parse_policy
from identity.oracle.policy.grid import WEEK
from lockstep_cli.local.subjects import KYC, QUALIFICATION

HOLDING_LIMIT: Final = 50_000
"""Base units that one member of the cast may hold, over both chains."""
SEATS: Final = 40
"""How many qualified investors may hold, over both chains: a seat on each for everybody who has keys here, and some to spare,
because a seat is set aside wherever somebody eligible may become a holder."""
BUCKET: Final = "qualified"
VERIFICATIONS: Final = (
    "506c_income",
    "506c_minimum_investment",
    "506c_net_worth",
    "506c_prior_verification",
    "506c_third_party_letter",
)
"""How accreditation may have been verified: 17 CFR 230.506(c)(2)(ii). A mere representation is none of them."""
QUIET: Final = 3 * 86_400
"""Seconds from now in which the asset's grid has no point: evidence that ends before it can't carry a word that holds."""


def write_policy(asset: bytes, issuer: str, now: int, randomness: Callable[[int], bytes]) -> Policy:
    """An identity check and a verified accreditation under Rule 506(c), both by one issuer. In force from `now` on."""
    document = {
        "format": "lockstep-policy/1",
        "asset": "0x" + asset.hex(),
        "version": 1,
        "effective_at": now,
        "holding_limit": str(HOLDING_LIMIT),
        "buckets": [{"name": BUCKET, "seats": SEATS}],
        "admit": {
            "all": [
                {"topic": KYC, "where": {"level": {"in": ["standard", "enhanced"]}}},
                {
                    "topic": QUALIFICATION,
                    "where": {"regime": {"equals": "us_501a"}, "verification": {"in": list(VERIFICATIONS)}},
                },
            ]
        },
        "trust": {KYC: [issuer], QUALIFICATION: [issuer]},
        "grid_offset": draw_grid(now, randomness),
    }
    return parse_policy(json.dumps(document))


def draw_grid(now: int, randomness: Callable[[int], bytes]) -> int:
    """Where in the week the grid lies, in seconds: anywhere but in the next `QUIET` seconds, which the story needs empty."""
    beyond = int.from_bytes(randomness(8), "big") % (WEEK - QUIET - 1)
    return (now + QUIET + 1 + beyond) % WEEK
