"""Putting another token in the place of an asset's, on chains where an asset is a contract (ADR 0015).

The old token is closed for good, the new one copies every record from it and opens when the sums meet. Amounts are base
units, accounts and investors 32 bytes; a token is named by its address as the chain writes it. Substrate needs none of it:
its runtime is upgraded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.types import Lot
from chains.accounts import Account
from chains.base import OnSigned, Submitted
from chains.control import ManagedChain
from chains.views import AssetParams, QuotaView


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account as a token stores it. `moved_to`: where a recovery took it (an address; zero: nowhere)."""

    investor: bytes
    balance: int
    flags: int
    moved_to: str

    @property
    def exists(self) -> bool:
        """Whether the token holds anything of this account; one that it never heard of is all zero."""
        return any(self.investor) or self.balance != 0 or self.flags != 0 or int(self.moved_to, 16) != 0


@dataclass(frozen=True, slots=True)
class HolderRecord:
    """An investor as a token stores them, lots as they lie there. `grant`: the eligibility word with a zero low half."""

    exists: bool
    grant: int
    free: int
    in_flight: int
    room: int
    reserved: int
    orders: int
    flags: int
    frozen: int
    spent: int
    spent_at: int
    successor: bytes
    lots: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class AssetRecord:
    """What a token has only one of: how many records there are of each kind, and its counters. `rest` is everything of
    it as the token encodes it (terms, pair rules, velocity, documents, counters), for comparing two tokens."""

    accounts: int
    holders: int
    supply: int
    rest: bytes


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far a token's import is; `predecessor` None: it takes nothing over."""

    predecessor: str | None
    successor: str | None
    closed: bool
    rest: bool
    finished: bool
    accounts: int
    holders: int

    @property
    def is_going_on(self) -> bool:
        """Whether records are still being copied."""
        return self.predecessor is not None and not self.finished and self.successor is None


class ReplaceableChain(ManagedChain, Protocol):
    """A chain whose tokens are contracts of their own. The submitting methods raise what `Chain`'s do."""

    def token_of(self, asset: bytes) -> str:
        """The asset's present token. AssetTokenUnknown."""

    def pause_of(self, asset: bytes) -> int:
        """The pause bits of the asset's own scope; what is paused for everything is not among them."""

    def deploy_token(self, params: AssetParams, signer: Account, on_signed: OnSigned | None = None) -> str:
        """Makes a token that nobody knows yet. ControlsUnknown."""

    def replace_token(self, asset: bytes, token: str, signer: Account) -> Submitted:
        """Closes the present token for good and lets this one begin. Admin only; the asset must be paused."""

    def import_progress(self, token: str) -> ImportProgress:
        """How far a token's import is."""

    def export_account(self, token: str, account: bytes) -> AccountRecord:
        """An account's record."""

    def export_holder(self, token: str, investor: bytes) -> HolderRecord:
        """An investor's record."""

    def export_class(self, token: str, class_: int) -> QuotaView:
        """A class's quota and holders."""

    def export_asset(self, token: str) -> AssetRecord:
        """What the token has only one of."""

    def import_accounts(self, token: str, accounts: Sequence[bytes], signer: Account) -> Submitted:
        """Copies accounts; each is copied once. Anyone."""

    def import_holders(self, token: str, investors: Sequence[bytes], signer: Account) -> Submitted:
        """Copies investors and the quotas of their classes; each is copied once. Anyone."""

    def import_classes(self, token: str, classes: Sequence[int], signer: Account) -> Submitted:
        """Copies quotas of classes; each is copied once. Anyone."""

    def import_rest(self, token: str, signer: Account) -> Submitted:
        """Copies terms, pair rules, velocity, documents and counters. Anyone."""

    def finish_import(self, token: str, signer: Account) -> Submitted:
        """Opens the token; refused while a record is missing. Anyone."""
