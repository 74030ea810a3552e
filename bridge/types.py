"""The structs and numbers of the protocol, with the same names on all chains.

Construction checks what the wire can carry, nothing more: whether an order is acceptable is a rule of a chain and
answers with a refusal. Amounts are integers in base units, times UTC epoch seconds, accounts and ids 32 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final

from bridge.wire import (
    Address,
    Bytes32,
    Int64,
    Int128,
    Text,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uint128,
    Uint256,
    WireStruct,
)

MAX_AMOUNT: Final = 2**96 - 1
"""The largest position total, lot or sum, in base units."""
MAX_LOTS: Final = 32
"""Places for lots in a position, and locked lots in one order."""
MAX_LOTS_FROM_OTHERS: Final = 24
"""Places that lots made by someone else may use; the rest stay for the holder's own moves."""
MAX_PAIR_RULES: Final = 32
"""Exceptions to the default rule that an asset may have."""
MAX_DOCUMENTS: Final = 32
MAX_FORWARDS: Final = 32
"""Accounts, or investors, that may lead to one other."""
MAX_IN_FLIGHT: Final = 15
"""Orders of one investor in flight from one chain."""
MAX_SIGNERS: Final = 25
MAX_BATCH_ITEMS: Final = 100
MAX_ORDERS_PER_DELIVERY: Final = 20
MAX_ORDERS_PER_APPROVAL: Final = 100
MAX_APPROVAL_SECONDS: Final = 3600
"""An approval or a binding permit expires at most this many seconds ahead."""
MAX_CLOCK_LEAD_SECONDS: Final = 60
"""How far `issuedAt` of a batch, or a chain's clock, may run ahead."""
ZERO32: Final = bytes(32)


class Role(IntEnum):
    """Whose signatures a signer set collects."""

    ATTESTOR = 1
    ORACLE = 2


class Outcome(IntEnum):
    """How an order ended on its destination; written once per (source, nonce), never erased."""

    NONE = 0
    DELIVERED = 1
    REJECTED = 2
    EXPIRED = 3


class Permission(IntFlag):
    """What an investor may do with an asset on a chain. A lapse removes RECEIVE only; a block removes SEND too."""

    RECEIVE = 1
    SEND = 2
    BRIDGE = 4


class PauseBit(IntFlag):
    """What a pause stops. `reject` is never paused; `settle` stops only under the pause of everything."""

    TRANSFER = 1
    INITIATE = 2
    DELIVER = 4
    SETTLE = 8


class Rule(IntEnum):
    """What happens to tokens that pass between two investors."""

    FORBID = 0
    KEEP = 1
    RESTART = 2


class AccountKind(IntEnum):
    """The shape of accounts on a chain."""

    EVM = 1
    ACCOUNT_ID32 = 2


@dataclass(frozen=True, slots=True)
class Lot(WireStruct):
    """An amount with its dates. (amount, 0, 0) is free: it carries no dates on chain."""

    amount: Uint128
    acquired_at: Uint64
    unlocks_at: Uint64


@dataclass(frozen=True, slots=True)
class TransferOrder(WireStruct):
    """What crosses. Its id is its digest under the destination's domain; nobody signs the order itself."""

    source: Bytes32
    destination: Bytes32
    nonce: Uint64
    asset: Bytes32
    terms: Uint32
    from_investor: Bytes32
    to_investor: Bytes32
    sender: Bytes32
    recipient: Bytes32
    lots: tuple[Lot, ...]
    seat: Uint16
    initiated_at: Uint64
    deadline: Uint64

    @property
    def amount(self) -> int:
        """The sum of the lots in base units."""
        return sum(lot.amount for lot in self.lots)

    @property
    def is_own_move(self) -> bool:
        """Whether the order stays with one investor, so that any lots cross unchanged."""
        return self.from_investor == self.to_investor


@dataclass(frozen=True, slots=True)
class InitiateRequest(WireStruct):
    """What a sender asks of the source chain."""

    asset: Bytes32
    destination: Bytes32
    to_investor: Bytes32
    recipient: Bytes32
    lots: tuple[Lot, ...]
    deadline: Uint64


@dataclass(frozen=True, slots=True)
class Approval(WireStruct):
    """Signed by attestors: any order in the list may be delivered until `expires_at`."""

    orders: tuple[Bytes32, ...]
    expires_at: Uint64


@dataclass(frozen=True, slots=True)
class Rejection(WireStruct):
    """Signed by attestors: the order is refused for good; the reason is a refusal number."""

    order: Bytes32
    reason: Uint32


@dataclass(frozen=True, slots=True)
class TransferReceipt(WireStruct):
    """Signed by attestors for the source: how the order ended in a final block of the destination."""

    order: Bytes32
    outcome: Uint8
    reason: Uint32
    decided_at: Uint64


@dataclass(frozen=True, slots=True)
class EligibilityItem(WireStruct):
    """One investor's eligibility for one asset; the limit is a signed change, the rest is set."""

    asset: Bytes32
    investor: Bytes32
    valid_until: Uint64
    class_: Uint16
    permissions: Uint8
    limit_delta: Int128


@dataclass(frozen=True, slots=True)
class BindingItem(WireStruct):
    """An account belongs to an investor for one asset; investor zero unbinds."""

    asset: Bytes32
    account: Bytes32
    investor: Bytes32


@dataclass(frozen=True, slots=True)
class QuotaItem(WireStruct):
    """A signed change of the number of holders that a class may have on this chain."""

    asset: Bytes32
    class_: Uint16
    delta: Int64


@dataclass(frozen=True, slots=True)
class OracleBatch(WireStruct):
    """Signed by oracle signers for ONE chain, applied strictly in order; without items it is a heartbeat."""

    number: Uint64
    issued_at: Uint64
    eligibilities: tuple[EligibilityItem, ...]
    bindings: tuple[BindingItem, ...]
    quotas: tuple[QuotaItem, ...]


@dataclass(frozen=True, slots=True)
class BindingPermit(WireStruct):
    """Signed by oracle signers: this account may bind itself to this investor until `expires_at`."""

    asset: Bytes32
    account: Bytes32
    investor: Bytes32
    expires_at: Uint64


@dataclass(frozen=True, slots=True)
class SignerSet(WireStruct):
    """k of n signers of a role; addresses are strictly ascending."""

    role: Uint8
    id: Uint64
    threshold: Uint8
    signers: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Reason(WireStruct):
    """One failing rule as the views give it: a refusal number and up to three values."""

    code: Uint16
    a: Uint256 = 0
    b: Uint256 = 0
    c: Uint256 = 0


@dataclass(frozen=True, slots=True)
class AssetTerms(WireStruct):
    """A version of an asset's terms, equal on every chain; an order carries the version number."""

    terms: Uint32
    decimals: Uint8
    default_rule: Uint8
    holding_period: Uint64
    max_oracle_age: Uint64
    min_lot: Uint128
    authorised_issue: Uint128
    document: Bytes32


@dataclass(frozen=True, slots=True)
class PairRule(WireStruct):
    """An exception to the default rule, for tokens that pass from one class of investors to another."""

    from_class: Uint16
    to_class: Uint16
    rule: Uint8


@dataclass(frozen=True, slots=True)
class Action(WireStruct):
    """Why a controller acts: a reason code (not 0) and the hash of the document that orders it (not zero)."""

    reason: Uint16
    document: Bytes32


@dataclass(frozen=True, slots=True)
class Timing(WireStruct):
    """Seconds that a change of governance waits, and that the signer set before stays good after a change."""

    delay: Uint64
    grace: Uint64


@dataclass(frozen=True, slots=True)
class RateInfo(WireStruct):
    """A bucket: base units that may pass at once, that come back each second, and that may pass now. All 0: no bound."""

    capacity: Uint256
    rate: Uint256
    available: Uint256


@dataclass(frozen=True, slots=True)
class AssetInfo(WireStruct):
    """An asset as a chain knows it; all zero means unknown."""

    home_domain: Bytes32
    issuer: Bytes32
    salt: Bytes32
    terms: AssetTerms
    pause: Uint8
    name: Text
    symbol: Text


@dataclass(frozen=True, slots=True)
class LaneFlow(WireStruct):
    """The growing counters of one asset on one lane, in base units."""

    lane: Bytes32
    sent: Uint256
    refunded: Uint256
    arrived: Uint256
