"""What a signer says no to. A refusal names the check and never what the evidence held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.errors import InvalidInput, RecoverableError
from identity.errors import IdentityError


class Check(StrEnum):
    """The checks, by the names under which refusals tell of them."""

    CHAIN = "chain"
    BATCH = "batch"
    NUMBER = "number"
    ISSUED_AT = "issued_at"
    SIGNER_SET = "signer_set"
    SIGNED_ANOTHER = "signed_another"
    UNSEEN = "unseen"
    DUPLICATE = "duplicate"
    GROUNDS = "grounds"
    POLICY = "policy"
    EVIDENCE = "evidence"
    DISCLOSURE = "disclosure"
    STATUS = "status"
    VERDICT = "verdict"
    VALID_UNTIL = "valid_until"
    CLASS = "class"
    CREDENTIAL = "credential"
    LIMIT = "limit"
    SEATS = "seats"
    BUDGET = "budget"
    RECORD = "record"
    ACCOUNT = "account"
    CONSENT = "consent"
    REPLAY = "replay"
    EXPIRY = "expiry"
    LIFTS = "lifts"
    UNAVAILABLE = "unavailable"
    COLD = "cold"
    MEMORY = "memory"


class CheckFailed(IdentityError, InvalidInput):
    """One check did not hold."""

    def __init__(self, check: Check, why: str) -> None:
        self.check, self.why = check, why
        super().__init__(f"{check}: {why}")


@dataclass(frozen=True, slots=True)
class ItemFailed:
    """Which item failed which check."""

    kind: str
    index: int
    check: Check
    why: str


class ItemsFailed(CheckFailed):
    """Items of a batch failed; asked without them, the rest may be signed."""

    def __init__(self, items: Sequence[ItemFailed]) -> None:
        self.items = tuple(items)
        first = self.items[0]
        super().__init__(first.check, f"{len(self.items)} items, the first: {first.kind} {first.index}: {first.why}")


class InMotion(IdentityError, RecoverableError):
    """A cap's parts moved between chains while they were read: the sum is not known at this moment."""

    def __init__(self, chain: str) -> None:
        self.chain = chain
        super().__init__(f"parts moved on {chain} while they were read")
