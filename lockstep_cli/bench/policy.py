"""How long one policy evaluation takes, without stores, chains or signatures.

Two policies: the largest of the examples with one person's full evidence, and one at the limits of what is taken (64
leaves, lists of 300 values) over three pieces of evidence each. Measured is the time of the processor: an evaluation waits
for nothing, and what else runs on the machine says nothing of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from identity.oracle.policy.document import Policy, parse_policy
from identity.oracle.policy.evaluate import evaluate
from identity.oracle.policy.evidence import Evidence, Standing, Weighed
from identity.oracle.policy.rules import MAX_RULES, MAX_VALUES
from lockstep_cli.paths import ROOT

EXAMPLE = ROOT / "examples" / "policies" / "us-506c-and-reg-s.json"
GOAL_MS = 1.0
NOW = 1_800_000_000
_ISSUER = "did:web:identity.harbour-trust.example"
_LEI = "5493001KJTIIGC8Y1R12"
_SAID: dict[str, dict[str, object]] = {
    "kyc": {"level": "standard"},
    "sanctions_screening": {"result": "clear", "lists": ["un_sc", "us_ofac_sdn"]},
    "affiliate": {"issuer_lei": _LEI, "affiliate": False},
    "us_person": {"us_person": True},
    "residency": {"country": "US"},
    "investor_qualification": {"regime": "us_501a", "verification": "506c_third_party_letter"},
}


@dataclass(frozen=True, slots=True)
class Evaluations:
    """Milliseconds of one evaluation: the middle, the slowest of a hundred, the slowest of all."""

    name: str
    evaluations: int
    median_ms: float
    p99_ms: float
    max_ms: float

    @property
    def meets_goal(self) -> bool:
        """Whether 99 of 100 take less than a millisecond."""
        return self.p99_ms < GOAL_MS


def measure_policies(evaluations: int = 2_000) -> tuple[Evaluations, ...]:
    """Both figures, on this machine, now."""
    example = parse_policy(Path(EXAMPLE).read_bytes())
    issuers = {topic: dids[0] for topic, dids in example.trust.items()}
    person = [_piece(topic, said, issuers[topic]) for topic, said in _SAID.items()]
    return (
        _measure("example", example, person, evaluations),
        _measure(
            "largest", _largest(), [_piece("residency", {"country": f"x{n}"}, _ISSUER) for n in range(3)], evaluations
        ),
    )


def _measure(name: str, policy: Policy, held: Sequence[Weighed], evaluations: int) -> Evaluations:
    taken: list[float] = []
    for _ in range(evaluations):
        start = time.thread_time()
        evaluate(policy, held, NOW)
        taken.append((time.thread_time() - start) * 1_000)
    taken.sort()
    return Evaluations(name, evaluations, taken[len(taken) // 2], taken[int(len(taken) * 0.99)], taken[-1])


def _largest() -> Policy:
    leaf = {"topic": "residency", "where": {"country": {"in": [f"v{n}" for n in range(MAX_VALUES)]}}}
    small = {"topic": "residency", "where": {"country": {"equals": "x1"}}}
    document = {
        "format": "lockstep-policy/1",
        "asset": "0x" + "00" * 32,
        "version": 1,
        "effective_at": 0,
        "holding_limit": "1",
        "buckets": [{"name": "all", "seats": 1}],
        "admit": {"all": [{"any": [leaf] * 4 + [small] * (MAX_RULES // 4 - 4)}] * 4},
        "trust": {"residency": [_ISSUER]},
        "grid_offset": 0,
    }
    return parse_policy(json.dumps(document))


def _piece(topic: str, claims: dict[str, object], issuer: str) -> Weighed:
    day = 86_400
    return Weighed(
        Evidence(
            topic, issuer, claims, topic.encode().ljust(32), NOW - day, NOW - day, NOW - day, NOW + 90 * day, None
        ),
        Standing.VALID,
    )
