"""What happens to a transfer (events) and what has to be done for it (effects): frozen values, no behaviour.

Events of the destination and the source (`Destination*`, `Source*`) are facts of FINAL blocks. The others tell what
the daemon did or learned; they may be lost, repeated or late without harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bridge.decisions import Decision
from bridge.errors import InvalidField
from bridge.types import Outcome, Reason, TransferOrder, TransferReceipt


class Purpose(Enum):
    """What signatures are collected for, and what a transaction is to do."""

    DELIVERY = "delivery"
    REJECTION = "rejection"
    SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """The source initiated an order, in a final block."""

    order_id: bytes
    order: TransferOrder


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """Somebody decided about the order: a preflight of the daemon, or the answers of attestors."""

    order_id: bytes
    decision: Decision


@dataclass(frozen=True, slots=True)
class QuorumReached:
    """Enough signatures for a purpose are in the journal; `reason` is the one signed, for a rejection."""

    order_id: bytes
    purpose: Purpose
    reason: int = 0


@dataclass(frozen=True, slots=True)
class DeliverySubmitted:
    """A delivery is on its way to the destination."""

    order_id: bytes


@dataclass(frozen=True, slots=True)
class SubmissionFailed:
    """A transaction was refused or lost; its signatures may be stale, so they are collected again."""

    order_id: bytes
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class DestinationDelivered:
    """The destination delivered the order at `decided_at` (its block time, UTC seconds)."""

    order_id: bytes
    decided_at: int


@dataclass(frozen=True, slots=True)
class DestinationRejected:
    """The destination rejected the order (outcome Rejected or Expired) for a reason, at `decided_at`."""

    order_id: bytes
    outcome: Outcome
    reason: int
    decided_at: int

    def __post_init__(self) -> None:
        if self.outcome not in (Outcome.REJECTED, Outcome.EXPIRED):
            raise InvalidField("DestinationRejected", "outcome", "Rejected or Expired", self.outcome)


@dataclass(frozen=True, slots=True)
class DestinationRefused:
    """A delivery reached the destination, which gave this order a code and left it open."""

    order_id: bytes
    reason: Reason


@dataclass(frozen=True, slots=True)
class DeadlineReached:
    """The destination's final clock has reached the order's deadline: it can only be refused now."""

    order_id: bytes


@dataclass(frozen=True, slots=True)
class SourceSettled:
    """The source settled the order: the flight ended (Delivered), or the lots returned (Rejected, Expired)."""

    order_id: bytes
    outcome: Outcome
    reason: int

    def __post_init__(self) -> None:
        if self.outcome not in (Outcome.DELIVERED, Outcome.REJECTED, Outcome.EXPIRED):
            raise InvalidField("SourceSettled", "outcome", "Delivered, Rejected or Expired", self.outcome)


@dataclass(frozen=True, slots=True)
class Tick:
    """It is time to try a held order again; the daemon chooses the rhythm."""

    order_id: bytes


TransferEvent = (
    OrderSeen
    | DecisionMade
    | QuorumReached
    | DeliverySubmitted
    | SubmissionFailed
    | DestinationDelivered
    | DestinationRejected
    | DestinationRefused
    | DeadlineReached
    | SourceSettled
    | Tick
)


@dataclass(frozen=True, slots=True)
class CollectApprovals:
    """Ask attestors for approvals until a quorum signs, one holds, or a permanent refusal shows."""

    order_id: bytes


@dataclass(frozen=True, slots=True)
class CollectRejections:
    """Ask attestors for rejections with this reason."""

    order_id: bytes
    reason: int


@dataclass(frozen=True, slots=True)
class SubmitDelivery:
    """Hand the order and its approval to the destination."""

    order_id: bytes


@dataclass(frozen=True, slots=True)
class SubmitRejection:
    """Hand the rejection to the destination."""

    order_id: bytes
    reason: int


@dataclass(frozen=True, slots=True)
class CollectReceipts:
    """Ask attestors to sign how the order ended on the destination."""

    order_id: bytes
    receipt: TransferReceipt


@dataclass(frozen=True, slots=True)
class SubmitSettlement:
    """Hand the receipt to the source."""

    order_id: bytes
    receipt: TransferReceipt


Effect = CollectApprovals | CollectRejections | SubmitDelivery | SubmitRejection | CollectReceipts | SubmitSettlement
