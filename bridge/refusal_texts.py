"""What each refusal says to people: value names and how to show them, a sentence, an ERC-1066 byte, a cure.

A block or a freeze may stem from screening, and telling a person what would lift it can be an offence (tipping off):
those refusals name the rule and offer no cure. A hold by screening itself has no number on a chain and reads
``under review``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

UNDER_REVIEW: Final = "under review"
"""All that may be said about a hold by screening; it has no values and no cure."""

# ERC-1066 status bytes in the meaning that ERC-1400 gives them.
TRANSFER_FAILURE: Final = 0x50
TRANSFER_SUCCESS: Final = 0x51
INSUFFICIENT_BALANCE: Final = 0x52
TRANSFERS_HALTED: Final = 0x54
FUNDS_LOCKED: Final = 0x55
INVALID_SENDER: Final = 0x56
INVALID_RECEIVER: Final = 0x57
INVALID_OPERATOR: Final = 0x58

_NEVER: Final = 2**64 - 1
_LAST_TIME: Final = 253_402_300_799
"""9999-12-31T23:59:59Z, the last second that a calendar text can show."""
_PAUSES: Final = ("transfer", "initiate", "deliver", "settle")
_PERMISSIONS: Final = ("receive", "send", "bridge")
_OUTCOMES: Final = ("open", "delivered", "rejected", "expired")

Show = Callable[[int], str]


def _number(value: int) -> str:
    return str(value)


def _time(value: int) -> str:
    if value > _LAST_TIME:
        return "after 9999-12-31T23:59:59Z"
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _unlock(value: int) -> str:
    return f"the next lot unlocks at {_time(value)}" if value else "no lot is waiting to unlock"


def _wait(value: int) -> str:
    return "no wait is long enough" if value >= _NEVER else f"wait {value} s"


def _hex32(value: int) -> str:
    return f"0x{value:064x}"


def _address(value: int) -> str:
    return f"0x{value:040x}"


def _bits(names: tuple[str, ...]) -> Show:
    def show(value: int) -> str:
        known = [name for place, name in enumerate(names) if value >> place & 1]
        return ", ".join(known) if known else "none"

    return show


def _outcome(value: int) -> str:
    return _OUTCOMES[value] if value < len(_OUTCOMES) else f"outcome {value}"


def _class(value: int) -> str:
    return str(value) if value else "none"


@dataclass(frozen=True, slots=True)
class RefusalText:
    """How one refusal is told: the names and forms of its values, the sentence, the ERC-1066 byte, the cure."""

    values: tuple[tuple[str, Show], ...]
    text: str
    erc1066: int
    cure: str | None = None


def _text(text: str, erc1066: int, cure: str | None = None, **values: Show) -> RefusalText:
    return RefusalText(tuple(values.items()), text, erc1066, cure)


_SIGNATURES_AGAIN: Final = (
    "Collect the signatures again from the current signer set, each signer once, ascending by address."
)
_ASK_ADMIN: Final = "Ask the chain's admin."

TEXTS: Final[dict[str, RefusalText]] = {
    "Paused": _text("Paused here: {bits}.", TRANSFERS_HALTED, "Wait until the admin resumes.", bits=_bits(_PAUSES)),
    "LaneUnknown": _text("There is no open lane to {lane}.", TRANSFER_FAILURE, _ASK_ADMIN, lane=_hex32),
    "AssetUnknown": _text(
        "The asset {asset} is not registered here, or not open on this lane.",
        TRANSFER_FAILURE,
        _ASK_ADMIN,
        asset=_hex32,
    ),
    "SenderUnbound": _text(
        "The sending account {account} belongs to no investor for this asset.",
        INVALID_SENDER,
        "Bind the account to your investor record.",
        account=_hex32,
    ),
    "ReceiverUnbound": _text(
        "The receiving account {account} is not bound to the receiving investor for this asset.",
        INVALID_RECEIVER,
        "The receiver binds the account to their investor record.",
        account=_hex32,
    ),
    "SenderBlocked": _text(
        "The sender may not send this asset; granted: {permissions}.",
        INVALID_SENDER,
        None,
        permissions=_bits(_PERMISSIONS),
    ),
    "SenderFrozen": _text("The sender's holding is frozen.", INVALID_SENDER),
    "ReceiverFrozen": _text("The receiver's holding is frozen.", INVALID_RECEIVER),
    "ReceiverNotEligible": _text(
        "The receiver may not receive this asset; granted: {permissions}.",
        INVALID_RECEIVER,
        "The receiver presents credentials for this asset.",
        permissions=_bits(_PERMISSIONS),
    ),
    "EligibilityExpired": _text(
        "The receiver's eligibility expired at {since}.",
        INVALID_RECEIVER,
        "The receiver renews the credential.",
        since=_time,
    ),
    "OracleStale": _text(
        "The last word of the compliance oracle is {age} s old; this asset allows {maxAge} s.",
        TRANSFERS_HALTED,
        "Wait for the oracle's next batch.",
        age=_number,
        maxAge=_number,
    ),
    "AmountZero": _text("The amount is zero.", TRANSFER_FAILURE, "Name an amount above zero."),
    "InsufficientBalance": _text(
        "The account holds {available} base units; {amount} are needed.",
        INSUFFICIENT_BALANCE,
        "Send less, or from another account.",
        available=_number,
        amount=_number,
    ),
    "LotsLocked": _text(
        "{free} base units are free and {amount} are needed; {nextUnlock}.",
        FUNDS_LOCKED,
        "Wait for the unlock, or send no more than is free.",
        free=_number,
        nextUnlock=_unlock,
        amount=_number,
    ),
    "TooManyLots": _text(
        "There would be {wouldBe} lots; {max} have a place.",
        TRANSFER_FAILURE,
        "Merge lots, or wait until some unlock.",
        wouldBe=_number,
        max=_number,
    ),
    "LimitExceeded": _text(
        "The receiver would hold {wouldBe} base units here; the limit is {limit}.",
        INVALID_RECEIVER,
        "Send less, or wait until the oracle grants a higher limit.",
        limit=_number,
        wouldBe=_number,
    ),
    "HolderCapReached": _text(
        "Class {class} already has its {quota} holders here.",
        INVALID_RECEIVER,
        "Wait until the oracle grants a place.",
        **{"class": _number, "quota": _number},
    ),
    "ClassTransferForbidden": _text(
        "Tokens may not pass from class {fromClass} to class {toClass}.",
        TRANSFER_FAILURE,
        None,
        fromClass=_class,
        toClass=_class,
    ),
    "VelocityExceeded": _text(
        "The sender has moved too much in a short time: {wait}.", TRANSFER_FAILURE, "Wait, or send less.", wait=_wait
    ),
    "RateLimited": _text(
        "The lane lets {available} base units pass now: {wait}.",
        TRANSFER_FAILURE,
        "Wait, or send less.",
        wait=_wait,
        available=_number,
    ),
    "DeadlinePassed": _text(
        "The order had to arrive before {deadline}.",
        TRANSFER_FAILURE,
        "Nothing is lost: the lots return; send again.",
        deadline=_time,
    ),
    "OrderConsumed": _text("The order has already ended: {outcome}.", TRANSFER_FAILURE, None, outcome=_outcome),
    "QuorumNotMet": _text(
        "{got} signatures were given; {need} are needed.",
        INVALID_OPERATOR,
        "Collect more signatures.",
        got=_number,
        need=_number,
    ),
    "SignerUnknown": _text(
        "{signer} is not in the signer set, or signed something else.",
        INVALID_OPERATOR,
        _SIGNATURES_AGAIN,
        signer=_address,
    ),
    "SignerOrder": _text(
        "Signature {index} is not by a later address than the one before it.",
        INVALID_OPERATOR,
        _SIGNATURES_AGAIN,
        index=_number,
    ),
    "SignatureMalformed": _text(
        "Signature {index} is not a canonical 65-byte signature.", INVALID_OPERATOR, _SIGNATURES_AGAIN, index=_number
    ),
    "DomainMismatch": _text(
        "The order is for another chain or comes by no open lane: {have} against {need}.",
        TRANSFER_FAILURE,
        None,
        have=_hex32,
        need=_hex32,
    ),
    "RecipientMalformed": _text(
        "{recipient} is no account of the destination.",
        INVALID_RECEIVER,
        "Check the receiving address.",
        recipient=_hex32,
    ),
    "DecimalsMismatch": _text(
        "The asset has {have} decimals here; {need} are needed.",
        TRANSFER_FAILURE,
        _ASK_ADMIN,
        have=_number,
        need=_number,
    ),
    "NotController": _text("{account} is not the asset's controller.", INVALID_OPERATOR, None, account=_hex32),
    "NotGuardian": _text("{account} is not the guardian.", INVALID_OPERATOR, None, account=_hex32),
    "NotAdmin": _text("{account} is not the admin.", INVALID_OPERATOR, None, account=_hex32),
    "InFlightUnknown": _text(
        "No order {order} is in flight from here; it may be settled already.", TRANSFER_FAILURE, None, order=_hex32
    ),
    "BridgeNotPermitted": _text(
        "The sender may not move this asset to another chain; granted: {permissions}.",
        INVALID_SENDER,
        "Ask the issuer for permission to bridge.",
        permissions=_bits(_PERMISSIONS),
    ),
    "BatchOutOfOrder": _text(
        "Batch {expected} comes first.", TRANSFER_FAILURE, "Submit the missing batches in order.", expected=_number
    ),
    "ApprovalExpired": _text(
        "The signed approval expired at {expiresAt}.", TRANSFER_FAILURE, "Collect a new approval.", expiresAt=_time
    ),
    "DeadlineRange": _text(
        "The deadline must lie between {min} and {max}.",
        TRANSFER_FAILURE,
        "Choose a deadline in that range.",
        min=_time,
        max=_time,
    ),
    "NotYet": _text("Not before {at}.", TRANSFER_FAILURE, "Wait until then.", at=_time),
    "TermsMismatch": _text(
        "The order was made under version {have} of the asset's terms; version {need} holds here.",
        TRANSFER_FAILURE,
        "Send again under the version in force.",
        have=_number,
        need=_number,
    ),
    "TooManyInFlight": _text(
        "{max} orders of this investor are in flight already.",
        TRANSFER_FAILURE,
        "Wait until one has settled.",
        max=_number,
    ),
    "LotUnknown": _text(
        "The lot acquired at {acquiredAt} that unlocks at {unlocksAt} holds only {have} base units.",
        INSUFFICIENT_BALANCE,
        "Name the lots as the position shows them.",
        acquiredAt=_time,
        unlocksAt=_time,
        have=_number,
    ),
    "LotTooSmall": _text(
        "A lot for another investor must hold at least {min} base units.", TRANSFER_FAILURE, "Send more.", min=_number
    ),
    "AmountTooLarge": _text(
        "{amount} base units are more than {max}, the most that can be held.",
        TRANSFER_FAILURE,
        "Send less.",
        amount=_number,
        max=_number,
    ),
    "AccountInUse": _text(
        "The account holds {balance} base units and its investor has {inFlight} in flight; binding needs zero.",
        TRANSFER_FAILURE,
        "Empty the account and let open orders settle first.",
        balance=_number,
        inFlight=_number,
    ),
    "BindingInvalid": _text(
        "The permit is not for the calling account; it is for {account}.",
        TRANSFER_FAILURE,
        "Call from the account named in the permit.",
        account=_hex32,
    ),
    "SignerSetUnknown": _text(
        "Signer set {set} is not in force; set {current} is.",
        INVALID_OPERATOR,
        _SIGNATURES_AGAIN,
        set=_number,
        current=_number,
    ),
    "FrozenAmount": _text("{frozen} base units of the holding are frozen.", FUNDS_LOCKED, None, frozen=_number),
    "Malformed": _text(
        "Part {at} of the request has no acceptable form.", TRANSFER_FAILURE, "Check the request.", at=_number
    ),
    "OverAuthorisedIssue": _text(
        "There would be {wouldBe} base units; {authorised} are authorised.",
        TRANSFER_FAILURE,
        None,
        authorised=_number,
        wouldBe=_number,
    ),
}
