"""Transfers that break a rule, tried for real on a chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from bridge.refusals import Refusal, Refused, sentence
from bridge.types import Reason
from chains.base import Chain
from lockstep_cli.local.cast import STRANGER, Person, stranger
from lockstep_cli.reading import Document


@dataclass(frozen=True, slots=True)
class Attempt:
    """Ana tries to send. `amount` depends on what she holds: (free, total) in base units."""

    rule: str
    to: str
    amount: Callable[[int, int], int]
    expected: Refusal
    told: str


ATTEMPTS: Final = (
    Attempt(
        "locked lot to another investor",
        "ben",
        lambda free, total: free + 1,
        Refusal.LotsLocked,
        "more than her free tokens to Ben",
    ),
    Attempt(
        "ineligible receiver", "cho", lambda free, total: 1, Refusal.ReceiverNotEligible, "to Cho, who never qualified"
    ),
    Attempt(
        "expired eligibility",
        "dan",
        lambda free, total: 1,
        Refusal.EligibilityExpired,
        "to Dan, whose accreditation lapsed",
    ),
    Attempt(
        "insufficient balance", "ben", lambda free, total: total + 1, Refusal.InsufficientBalance, "more than she has"
    ),
    Attempt(
        "unbound account", STRANGER, lambda free, total: 1, Refusal.ReceiverUnbound, "to an account nobody vouched for"
    ),
)


class NotRefused(AssertionError):
    """A chain carried out a transfer that its rules forbid."""


def account_of(who: str, people: Mapping[str, Person], chain: str) -> bytes:
    """The receiver's account; the stranger has one too, but no oracle ever bound it."""
    if who == STRANGER:
        return stranger(chain).id
    return people[who].account(chain).id


def try_all(chain: Chain, asset: bytes, people: Mapping[str, Person]) -> dict[str, Reason]:
    """Sends every forbidden transfer from Ana's account on this chain and returns {rule: the reason the chain gave}.

    Raises:
        NotRefused: the chain took one of them.
    """
    ana = people["ana"]
    position = chain.views().position_of(asset, ana.investor)
    total = position.free + sum(lot.amount for lot in position.lots)

    def refused_reason(attempt: Attempt) -> Reason:
        to = account_of(attempt.to, people, chain.name)
        try:
            chain.transfer(asset, to, attempt.amount(position.free, total), ana.account(chain.name))
        except Refused as refusal:
            return refusal.lowest
        raise NotRefused(f"{chain.name} carried out a transfer that must be refused: {attempt.rule}")

    with ThreadPoolExecutor(len(ATTEMPTS)) as pool:
        return dict(zip((attempt.rule for attempt in ATTEMPTS), pool.map(refused_reason, ATTEMPTS), strict=True))


def compare(substrate: Mapping[str, Reason], evm: Mapping[str, Reason]) -> list[Document]:
    """One row per rule: both chains' codes, whether they are equal and as expected, and the sentence for people."""
    return [
        {
            "rule": attempt.rule,
            "attempt": attempt.told,
            "expected_code": int(attempt.expected),
            "name": attempt.expected.name,
            "substrate_code": substrate[attempt.rule].code,
            "evm_code": evm[attempt.rule].code,
            "equal": substrate[attempt.rule].code == evm[attempt.rule].code,
            "sentence": sentence(substrate[attempt.rule]),
            "evm_sentence": sentence(evm[attempt.rule]),
        }
        for attempt in ATTEMPTS
    ]
