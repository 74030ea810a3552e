"""What happened to an asset, its holders and its governance: one set of events for both chains.

The orders' own events are in `chains.base`; these are all others. Names and fields are those of the contracts and pallets
(camelCase there or snake_case, one struct here). Accounts, investors and hashes are 32 bytes, amounts base units, times
UTC seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, cast

from bridge.types import AssetTerms, Lot
from bridge.wire import (
    Address,
    Bytes32,
    Int64,
    Text,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uint256,
    WireStruct,
    wire_fields,
)

Int256 = Annotated[int, "int256"]


@dataclass(frozen=True, slots=True)
class Event(WireStruct):
    """Root of all events here."""


@dataclass(frozen=True, slots=True)
class BatchApplied(Event):
    """The oracle's batch `number` stands."""

    number: Uint64
    issued_at: Uint64


@dataclass(frozen=True, slots=True)
class ItemSkipped(Event):
    """An item of a batch could not be applied: kind 1 eligibility, 2 binding, 3 quota; `code` says which rule."""

    number: Uint64
    kind: Uint8
    index: Uint32
    code: Uint16


@dataclass(frozen=True, slots=True)
class QuotaSet(Event):
    """A class's part of its holder cap; `released` may be granted on another chain."""

    asset: Bytes32
    class_: Uint16
    quota: Int64
    released: Uint64


@dataclass(frozen=True, slots=True)
class AccountBound(Event):
    """An account belongs to an investor from now on; investor zero: to nobody."""

    asset: Bytes32
    account: Bytes32
    investor: Bytes32


@dataclass(frozen=True, slots=True)
class Issued(Event):
    """Lots were made."""

    asset: Bytes32
    investor: Bytes32
    account: Bytes32
    lots: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class Transferred(Event):
    """Balances moved between two accounts of this chain."""

    asset: Bytes32
    from_: Bytes32
    to: Bytes32
    amount: Uint256


@dataclass(frozen=True, slots=True)
class LotsFolded(Event):
    """Lots that were due became free."""

    asset: Bytes32
    investor: Bytes32
    amount: Uint256


@dataclass(frozen=True, slots=True)
class RateSet(Event):
    """An asset's rate limits on a lane; all zero: none."""

    lane: Bytes32
    asset: Bytes32
    out_capacity: Uint256
    out_rate: Uint256
    in_capacity: Uint256
    in_rate: Uint256


@dataclass(frozen=True, slots=True)
class Redeemed(Event):
    """Lots ended for good."""

    asset: Bytes32
    investor: Bytes32
    account: Bytes32
    lots: tuple[Lot, ...]
    reason: Uint16
    document: Bytes32


@dataclass(frozen=True, slots=True)
class AccountFrozen(Event):
    """An account was frozen (1) or freed (0)."""

    asset: Bytes32
    account: Bytes32
    frozen: Uint8
    reason: Uint16
    document: Bytes32


@dataclass(frozen=True, slots=True)
class InvestorFrozen(Event):
    """An investor was frozen (1) or freed (0)."""

    asset: Bytes32
    investor: Bytes32
    frozen: Uint8
    reason: Uint16
    document: Bytes32


@dataclass(frozen=True, slots=True)
class AmountFrozen(Event):
    """So much of a position is frozen from now on."""

    asset: Bytes32
    investor: Bytes32
    amount: Uint256
    reason: Uint16
    document: Bytes32


@dataclass(frozen=True, slots=True)
class ForcedTransfer(Event):
    """The controller moved tokens; `unfroze` of them had been frozen."""

    asset: Bytes32
    from_: Bytes32
    to: Bytes32
    amount: Uint256
    unfroze: Uint256
    reason: Uint16
    document: Bytes32


@dataclass(frozen=True, slots=True)
class AccountRecovered(Event):
    """All that a lost account had is another account's."""

    asset: Bytes32
    from_: Bytes32
    to: Bytes32
    amount: Uint256
    reason: Uint16
    document: Bytes32


@dataclass(frozen=True, slots=True)
class InvestorReplaced(Event):
    """An investor id was retired in favour of another."""

    asset: Bytes32
    retired: Bytes32
    successor: Bytes32
    reason: Uint16
    document: Bytes32


@dataclass(frozen=True, slots=True)
class LotsMoved(Event):
    """Lots passed from one account to another investor's with their dates."""

    asset: Bytes32
    from_: Bytes32
    to: Bytes32
    lots: tuple[Lot, ...]
    reason: Uint16
    document: Bytes32


@dataclass(frozen=True, slots=True)
class ReleaseProposed(Event):
    """Lots may be released early from `eta` on."""

    asset: Bytes32
    investor: Bytes32
    id: Bytes32
    eta: Uint64


@dataclass(frozen=True, slots=True)
class LotsReleased(Event):
    """Lots became free before their time."""

    asset: Bytes32
    investor: Bytes32
    lots: tuple[Lot, ...]
    reason: Uint16
    document: Bytes32


@dataclass(frozen=True, slots=True)
class ReleaseCancelled(Event):
    """A proposed release will not happen."""

    asset: Bytes32
    id: Bytes32


@dataclass(frozen=True, slots=True)
class LotsMerged(Event):
    """A holder made one lot of several, with the latest of their times."""

    asset: Bytes32
    investor: Bytes32
    lots: tuple[Lot, ...]
    into: Lot


@dataclass(frozen=True, slots=True)
class DocumentUpdated(Event):
    """A document of the asset was set (ERC-1643)."""

    asset: Bytes32
    name: Bytes32
    uri: Text
    hash: Bytes32


@dataclass(frozen=True, slots=True)
class DocumentRemoved(Event):
    """A document of the asset was removed (ERC-1643)."""

    asset: Bytes32
    name: Bytes32
    uri: Text
    hash: Bytes32


@dataclass(frozen=True, slots=True)
class VelocitySet(Event):
    """How much one investor may send on; 0, 0: as much as there is."""

    asset: Bytes32
    capacity: Uint256
    rate: Uint256


@dataclass(frozen=True, slots=True)
class TermsSet(Event):
    """A new version of the asset's terms."""

    asset: Bytes32
    terms: AssetTerms


@dataclass(frozen=True, slots=True)
class SignersProposed(Event):
    """The next signer set of a role may be activated from `eta` on."""

    role: Uint8
    id: Uint64
    threshold: Uint8
    signers: tuple[Address, ...]
    eta: Uint64


@dataclass(frozen=True, slots=True)
class SignersActivated(Event):
    """A signer set is the current one; the one before stays good until `grace_ends`."""

    role: Uint8
    id: Uint64
    grace_ends: Uint64


@dataclass(frozen=True, slots=True)
class SignersCancelled(Event):
    """A proposed signer set will not come."""

    role: Uint8
    id: Uint64


@dataclass(frozen=True, slots=True)
class SignersRetired(Event):
    """The signer set before the current one is worth nothing from now on."""

    role: Uint8
    id: Uint64


@dataclass(frozen=True, slots=True)
class SignerStruck(Event):
    """A signer's signatures are worth nothing from now on, whatever set they name."""

    role: Uint8
    signer: Address


@dataclass(frozen=True, slots=True)
class EligibilitySet(Event):
    """The oracle wrote about an investor: `record` is the word with a zero low half."""

    asset: Bytes32
    investor: Bytes32
    record: Uint256


@dataclass(frozen=True, slots=True)
class LimitSet(Event):
    """The oracle moved an investor's part of the holding cap: what room is left, and what may be granted elsewhere."""

    asset: Bytes32
    investor: Bytes32
    room: Int256
    released: Uint256


@dataclass(frozen=True, slots=True)
class ControllerSet(Event):
    """An account is the asset's only controller (Substrate; on EVM chains the AccessManager tells of its roles)."""

    asset: Bytes32
    controller: Bytes32


@dataclass(frozen=True, slots=True)
class Paused(Event):
    """Something stopped: `scope` is zero for everything, else an asset or a lane."""

    scope: Bytes32
    bits: Uint8


@dataclass(frozen=True, slots=True)
class Resumed(Event):
    """Something goes on again."""

    scope: Bytes32
    bits: Uint8


KINDS: Final[dict[str, type[Event]]] = {kind.__name__: kind for kind in Event.__subclasses__()}
"""Name of an event on the chains -> its struct here."""


def build(kind: type[Event], values: Mapping[str, Any]) -> Event:
    """The event from values by camelCase or snake_case names; names that it does not have are passed over.

    Raises:
        InvalidField: a value is missing or out of range.
    """
    owner = kind.__name__
    found = {field.name: field.parse(owner, _plain(field.find(owner, values))) for field in wire_fields(kind)}
    make = cast("Callable[..., Event]", kind)
    return make(**found)


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value
