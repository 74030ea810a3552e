"""The 49 refusals: number, values, one sentence for people, ERC-1066 byte and cure (numbers are append-only).

0 means allowed. The error a chain raises is the lowest number that fails; `explain` gives all. Texts stand in
:mod:`bridge.refusal_texts`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from bridge.errors import LockstepError
from bridge.refusal_texts import TEXTS, TRANSFER_FAILURE, TRANSFER_SUCCESS, UNDER_REVIEW
from bridge.types import Reason

__all__ = [
    "UNDER_REVIEW",
    "MalformedAt",
    "Refusal",
    "Refused",
    "bitset",
    "cure",
    "erc1066",
    "name",
    "sentence",
    "value_names",
    "values",
]


class Refusal(IntEnum):
    """Every rule that can refuse, by its number. Names are those of the Rust variants and the Solidity errors."""

    Paused = 1
    LaneUnknown = 2
    AssetUnknown = 3
    SenderUnbound = 4
    ReceiverUnbound = 5
    SenderBlocked = 6
    SenderFrozen = 7
    ReceiverFrozen = 8
    ReceiverNotEligible = 9
    EligibilityExpired = 10
    OracleStale = 11
    AmountZero = 12
    InsufficientBalance = 13
    LotsLocked = 14
    TooManyLots = 15
    LimitExceeded = 16
    HolderCapReached = 17
    ClassTransferForbidden = 18
    VelocityExceeded = 19
    RateLimited = 20
    DeadlinePassed = 21
    OrderConsumed = 22
    QuorumNotMet = 23
    SignerUnknown = 24
    SignerOrder = 25
    SignatureMalformed = 26
    DomainMismatch = 27
    RecipientMalformed = 28
    DecimalsMismatch = 29
    NotController = 30
    NotGuardian = 31
    NotAdmin = 32
    InFlightUnknown = 33
    BridgeNotPermitted = 34
    BatchOutOfOrder = 35
    ApprovalExpired = 36
    DeadlineRange = 37
    NotYet = 38
    TermsMismatch = 39
    TooManyInFlight = 40
    LotUnknown = 41
    LotTooSmall = 42
    AmountTooLarge = 43
    AccountInUse = 44
    BindingInvalid = 45
    SignerSetUnknown = 46
    FrozenAmount = 47
    Malformed = 48
    OverAuthorisedIssue = 49


_NUMBERS = frozenset(int(refusal) for refusal in Refusal)
_RULES = {refusal: TEXTS[refusal.name] for refusal in Refusal}


class MalformedAt(IntEnum):
    """The value of Malformed(at): which part of the input has no acceptable shape."""

    INVESTOR = 1
    LOTS = 2
    EXPIRY = 3
    REASON = 4
    OUTCOME = 5
    ISSUED_AT = 6
    KNOWN = 7
    """Registered or proposed already, or never proposed; of a lane: to this very chain."""
    TEXT = 8
    """A name without text or with too much; of a lane: an unknown kind of accounts."""
    TERMS = 9
    """Terms out of range or of the wrong number; of a lane: flights out of order."""
    SETUP = 10
    """Pause bits, signer sets, tokens."""
    ACTION = 11
    DOCUMENT = 12
    RATE = 13
    PAIRS = 14
    SEAT = 15
    FORWARDS = 16
    ORDERS = 20
    SIGNATURES = 25
    ITEMS = 100


class Refused(LockstepError):
    """A rule of a chain says no. Carries every failing rule, lowest number first.

    Answer the asker; do not retry blindly.
    """

    def __init__(self, reasons: Iterable[Reason]) -> None:
        self.reasons: tuple[Reason, ...] = tuple(sorted(reasons, key=lambda reason: reason.code))
        if not self.reasons:
            raise ValueError("a refusal needs a reason")
        super().__init__("; ".join(f"{name(reason.code)}: {sentence(reason)}" for reason in self.reasons))

    @classmethod
    def of(cls, refusal: Refusal, a: int = 0, b: int = 0, c: int = 0) -> Refused:
        """A refusal by one rule."""
        return cls((Reason(refusal, a, b, c),))

    @property
    def lowest(self) -> Reason:
        """The reason that a chain raises."""
        return self.reasons[0]

    @property
    def bitset(self) -> int:
        """Bit n is set when rule n failed, as the views give it."""
        return bitset(self.reasons)


def bitset(reasons: Iterable[Reason]) -> int:
    """The reasons as the uint256 of the views: bit n = number n."""
    result = 0
    for reason in reasons:
        result |= 1 << reason.code
    return result


def name(code: int) -> str:
    """The rule's name; a number that this version does not know is shown as such."""
    return Refusal(code).name if code in _NUMBERS else f"Refusal{code}"


def value_names(refusal: Refusal) -> tuple[str, ...]:
    """The names of the rule's values a, b, c, as in the Solidity error."""
    return tuple(value for value, _ in _RULES[refusal].values)


def values(reason: Reason) -> dict[str, int]:
    """The values of a reason by name."""
    if reason.code not in _NUMBERS:
        return {"a": reason.a, "b": reason.b, "c": reason.c}
    return dict(zip(value_names(Refusal(reason.code)), (reason.a, reason.b, reason.c), strict=False))


def sentence(reason: Reason) -> str:
    """One sentence for people, with the values. Total: any reason gives a sentence."""
    if reason.code not in _NUMBERS:
        return f"Refused by rule {reason.code}, which this version does not know."
    rule = _RULES[Refusal(reason.code)]
    given = (reason.a, reason.b, reason.c)
    texts = {value: show(number) for (value, show), number in zip(rule.values, given, strict=False)}
    return rule.text.format(**texts)


def cure(reason: Reason) -> str | None:
    """What would cure the refusal; None where nothing does, or where telling could warn a person under review."""
    return _RULES[Refusal(reason.code)].cure if reason.code in _NUMBERS else None


def erc1066(code: int) -> int:
    """The status byte for ERC-1400 callers: 0x51 allowed (code 0), else 0x50 and 0x52 to 0x58."""
    if code == 0:
        return TRANSFER_SUCCESS
    return _RULES[Refusal(code)].erc1066 if code in _NUMBERS else TRANSFER_FAILURE
