"""The state of one chain of Lockstep, as plain values.

Nothing here changes: an operation makes a new `Ledger`. Amounts in base units, times in UTC seconds of the chain,
accounts, investors, assets, lanes and orders are 32 bytes. Lists of lots are canonical.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntFlag
from typing import TypeVar

from bridge import lots as arithmetic
from bridge.buckets import EMPTY, UNBOUNDED, Bucket, Flow
from bridge.eligibility import EligibilityWord
from bridge.quorum import SignerSets
from bridge.types import ZERO32, AccountKind, AssetTerms, Lot, PairRule, SignerSet, TransferOrder

K = TypeVar("K")
V = TypeVar("V")

NO_WORD = EligibilityWord(0, 0, 0, 0, 0)


class PositionFlag(IntFlag):
    """What the views say about a position."""

    FROZEN = 1
    PARTLY_FROZEN = 2
    RETIRED = 4


def with_entry(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    """The mapping with one entry set."""
    return {**mapping, key: value}


def without_entry(mapping: Mapping[K, V], key: K) -> Mapping[K, V]:
    """The mapping without one entry."""
    return {known: value for known, value in mapping.items() if known != key}


@dataclass(frozen=True, slots=True)
class Account:
    """An account's record for one asset. `investor` zero: unbound. `moved_to` zero: never recovered from."""

    investor: bytes = ZERO32
    balance: int = 0
    is_frozen: bool = False
    moved_to: bytes = ZERO32

    @property
    def is_bound(self) -> bool:
        """Whether the account belongs to an investor."""
        return self.investor != ZERO32


@dataclass(frozen=True, slots=True)
class Holder:
    """An investor's eligibility and position. `frozen`: the amount that must stay; `spent`: the velocity bucket."""

    word: EligibilityWord = NO_WORD
    free: int = 0
    lots: tuple[Lot, ...] = ()
    in_flight: int = 0
    reserved: int = 0
    orders: int = 0
    is_frozen: bool = False
    is_retired: bool = False
    frozen: int = 0
    spent: Bucket = EMPTY

    @property
    def has_record(self) -> bool:
        """Whether the oracle ever wrote about the investor; the limit alone is no record."""
        return self.word.is_record

    @property
    def class_(self) -> int:
        """The class of the present word."""
        return self.word.class_

    @property
    def locked(self) -> int:
        """The sum of the lots."""
        return arithmetic.total(self.lots)

    @property
    def total(self) -> int:
        """What is held here: free and locked."""
        return self.free + self.locked

    @property
    def used(self) -> int:
        """What counts against the limit: held here or in flight from here."""
        return self.total + self.in_flight

    @property
    def room(self) -> int:
        """What the limit still allows; negative when it was lowered below what is used."""
        return self.word.limit - self.used

    @property
    def flags(self) -> PositionFlag:
        """What the views say."""
        said = {
            PositionFlag.FROZEN: self.is_frozen,
            PositionFlag.PARTLY_FROZEN: self.frozen > 0,
            PositionFlag.RETIRED: self.is_retired,
        }
        return PositionFlag(sum(flag for flag, is_so in said.items() if is_so))

    def folded(self, now: int) -> Holder:
        """The same with due lots turned into free tokens."""
        free, lots, _ = arithmetic.fold(self.free, self.lots, now)
        return replace(self, free=free, lots=lots)

    def with_limit(self, limit: int) -> Holder:
        """The same with another limit."""
        return replace(self, word=replace(self.word, limit=limit))


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How many investors of a class may hold on this chain, and how many do."""

    quota: int = 0
    holders: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A document of an asset (ERC-1643)."""

    uri: str
    hash: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset on this chain.

    `account_sources` and `investor_sources`: who leads to an account or an investor, oldest first (see
    `bridge.ledger.forwarding`). `releases`: proposed releases by id, and when each may be carried out.
    """

    id: bytes
    home_domain: bytes
    terms: AssetTerms
    controller: bytes
    pairs: tuple[PairRule, ...] = ()
    pause: int = 0
    supply: int = 0
    issued: int = 0
    redeemed: int = 0
    velocity: Flow = UNBOUNDED
    accounts: Mapping[bytes, Account] = field(default_factory=dict)
    holders: Mapping[bytes, Holder] = field(default_factory=dict)
    classes: Mapping[int, ClassCount] = field(default_factory=dict)
    successors: Mapping[bytes, bytes] = field(default_factory=dict)
    account_sources: Mapping[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    investor_sources: Mapping[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    documents: Mapping[bytes, Document] = field(default_factory=dict)
    releases: Mapping[bytes, int] = field(default_factory=dict)

    def account(self, account: bytes) -> Account:
        """An account's record, empty when there is none."""
        return self.accounts.get(account, Account())

    def holder(self, investor: bytes) -> Holder:
        """The record of exactly this investor, empty when there is none."""
        return self.holders.get(investor, Holder())

    def class_count(self, class_: int) -> ClassCount:
        """Quota and holders of a class."""
        return self.classes.get(class_, ClassCount())

    def with_account(self, account: bytes, record: Account) -> Asset:
        """The asset with one account's record replaced."""
        return replace(self, accounts=with_entry(self.accounts, account, record))

    def with_holder(self, investor: bytes, holder: Holder) -> Asset:
        """The asset with one investor's record replaced. The counts follow by definition:

        a class counts an investor while `used` > 0, under the class of its present word.
        """
        before, classes = self.holder(investor), self.classes
        for one, change in ((before, -1), (holder, 1)):
            if one.used > 0:
                count = classes.get(one.class_, ClassCount())
                classes = with_entry(classes, one.class_, replace(count, holders=count.holders + change))
        return replace(self, holders=with_entry(self.holders, investor, holder), classes=classes)

    def with_quota(self, class_: int, change: int) -> Asset:
        """The asset with a class's quota moved."""
        count = self.class_count(class_)
        return replace(self, classes=with_entry(self.classes, class_, replace(count, quota=count.quota + change)))


@dataclass(frozen=True, slots=True)
class Lane:
    """A way to another chain. `account_kind` is that of the far side; flights in seconds."""

    account_kind: int
    min_flight: int
    max_flight: int
    next_nonce: int = 1
    pause: int = 0


@dataclass(frozen=True, slots=True)
class Crossing:
    """An asset on a lane: growing counters, and the rate limits with what was spent of them."""

    sent: int = 0
    refunded: int = 0
    arrived: int = 0
    outbound: Flow = UNBOUNDED
    inbound: Flow = UNBOUNDED
    out_spent: Bucket = EMPTY
    in_spent: Bucket = EMPTY
    shares: Mapping[bytes, Bucket] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A signer set that waits, and from which second on it may be activated."""

    set: SignerSet
    eta: int


@dataclass(frozen=True, slots=True)
class RoleSigners:
    """Who signs in a role, and who will."""

    sets: SignerSets
    pending: Proposed | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """One chain. `delay`: seconds that a release or a signer set waits; `grace`: that a replaced set still counts.
    `last_batch` and `issued_at`: the oracle's clock. `signers` by role; `struck`: addresses that never sign again."""

    domain: bytes
    account_kind: AccountKind
    admin: bytes
    guardian: bytes
    delay: int = 0
    grace: int = 0
    last_batch: int = 0
    issued_at: int = 0
    pause: int = 0
    assets: Mapping[bytes, Asset] = field(default_factory=dict)
    lanes: Mapping[bytes, Lane] = field(default_factory=dict)
    crossings: Mapping[tuple[bytes, bytes], Crossing] = field(default_factory=dict)
    """By (lane, asset); an entry means that the asset is open on the lane."""
    flights: Mapping[tuple[bytes, int], TransferOrder] = field(default_factory=dict)
    """Orders in flight from here, by (lane, nonce)."""
    outcomes: Mapping[tuple[bytes, int], int] = field(default_factory=dict)
    """What became of orders that came here, by (source, nonce)."""
    signers: Mapping[int, RoleSigners] = field(default_factory=dict)
    struck: frozenset[bytes] = frozenset()

    def with_asset(self, asset: Asset) -> Ledger:
        """The ledger with one asset replaced."""
        return replace(self, assets=with_entry(self.assets, asset.id, asset))

    def with_crossing(self, lane: bytes, asset: bytes, crossing: Crossing) -> Ledger:
        """The ledger with an asset's counters on a lane replaced."""
        return replace(self, crossings=with_entry(self.crossings, (lane, asset), crossing))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, under the name and with the fields that both chains give it (snake_case)."""

    name: str
    fields: tuple[tuple[str, object], ...]

    @classmethod
    def of(cls, event: str, /, **fields: object) -> Event:
        """An event with its fields, in the order of their names; `from_` stands for `from`, a Python keyword."""
        return cls(event, tuple(sorted((name.rstrip("_"), value) for name, value in fields.items())))


@dataclass(frozen=True, slots=True)
class Done:
    """An operation that every rule allowed: the chain afterwards and what it tells."""

    ledger: Ledger
    events: tuple[Event, ...] = ()
