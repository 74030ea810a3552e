"""What issuers, guardians and admins do on a chain, and what happened to an asset there.

Beside `chains.base.Chain`, which is what everybody else needs. A controller's action carries a reason code and the hash
of the document that orders it. The submitting methods raise what `Chain`'s do.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from bridge.types import Action, AssetTerms, Lot, PairRule, SignerSet
from chains.accounts import Account
from chains.base import BlockRef, Chain, Happened, OrderInitiated, Submitted


class Fate(Enum):
    """What became of a transaction that somebody signed and lost sight of."""

    INCLUDED = "included"
    WAITING = "waiting"
    GONE = "gone"
    """Neither in a block nor with the node: the next transaction of its account takes its place, so that at most one
    of the two can ever be included."""


class Control(Protocol):
    """The controller's, the guardian's and the admin's side of one chain."""

    def history(self, first: int, last: int, asset: bytes | None = None) -> list[Happened]:
        """Everything but orders that happened in the final blocks [first, last], in order; of one asset, if named
        (events of no asset in particular are then left out). NotFinal."""

    def order_started(self, lane: bytes, nonce: int, upto: BlockRef) -> OrderInitiated | None:
        """The order that took this place of a lane, looked for backwards from a block; None: there was none."""

    def fate(self, signer: Account, hashes: Sequence[str], since: int) -> Fate:
        """What became of a transaction known under these hashes, signed when the chain stood at height `since`."""

    def redeem(self, asset: bytes, account: bytes, lots: Sequence[Lot], action: Action, signer: Account) -> Submitted:
        """Ends lots for good. Controller only."""

    def freeze_account(self, asset: bytes, account: bytes, frozen: bool, action: Action, signer: Account) -> Submitted:
        """Freezes or frees one account. Controller only."""

    def freeze_investor(
        self, asset: bytes, investor: bytes, frozen: bool, action: Action, signer: Account
    ) -> Submitted:
        """Freezes or frees everything of an investor on this chain. Controller only."""

    def freeze_amount(self, asset: bytes, investor: bytes, amount: int, action: Action, signer: Account) -> Submitted:
        """Freezes so much of a position, whatever was frozen before; 0 frees it. Controller only."""

    def force_transfer(
        self, asset: bytes, sender: bytes, to: bytes, amount: int, action: Action, signer: Account
    ) -> Submitted:
        """Moves tokens with their dates, whatever caps say. Controller only."""

    def recover(self, asset: bytes, lost: bytes, to: bytes, action: Action, signer: Account) -> Submitted:
        """Gives all that a lost account has to another account of its investor. Controller only."""

    def replace_investor(
        self, asset: bytes, retired: bytes, successor: bytes, action: Action, signer: Account
    ) -> Submitted:
        """Retires an investor id in favour of another. Controller only."""

    def move_lots(
        self, asset: bytes, sender: bytes, to: bytes, lots: Sequence[Lot], action: Action, signer: Account
    ) -> Submitted:
        """Moves lots with their dates to another eligible investor (gift, estate, pledge). Controller only."""

    def propose_release(
        self, asset: bytes, investor: bytes, lots: Sequence[Lot], action: Action, signer: Account
    ) -> Submitted:
        """Announces that locked lots become free early; see `bridge.ledger.release_id`. Admin only."""

    def release_lots(
        self, asset: bytes, investor: bytes, lots: Sequence[Lot], action: Action, signer: Account
    ) -> Submitted:
        """Carries out an announced release after its delay. Admin only."""

    def cancel_release(self, asset: bytes, release: bytes, signer: Account) -> Submitted:
        """Takes an announced release back. Guardian or admin."""

    def merge_lots(self, asset: bytes, lots: Sequence[Lot], signer: Account) -> Submitted:
        """Makes one lot of several of the signer's own, with the latest of their times."""

    def set_document(self, asset: bytes, name: bytes, uri: str, digest: bytes, signer: Account) -> Submitted:
        """Sets a document by name (32 bytes). Controller only."""

    def remove_document(self, asset: bytes, name: bytes, signer: Account) -> Submitted:
        """Removes a document. Controller only."""

    def set_velocity(self, asset: bytes, capacity: int, rate: int, signer: Account) -> Submitted:
        """Bounds what one investor sends on to others, in base units and per second; 0, 0 lifts it. Admin only."""

    def set_terms(self, asset: bytes, terms: AssetTerms, pairs: Sequence[PairRule], signer: Account) -> Submitted:
        """The next version of an asset's terms, with all of its pair rules. Admin only."""

    def set_controller(self, asset: bytes, controller: bytes, signer: Account) -> Submitted:
        """Makes an account the asset's only controller on this chain. Admin only."""

    def set_rate(
        self,
        lane: bytes,
        asset: bytes,
        out_capacity: int,
        out_rate: int,
        in_capacity: int,
        in_rate: int,
        signer: Account,
    ) -> Submitted:
        """Bounds what crosses a lane, in base units and per second; all 0 lifts it. Admin only."""

    def propose_signers(self, proposed: SignerSet, signer: Account) -> Submitted:
        """Announces the next signer set of a role. Admin only."""

    def propose_signers_signed(
        self, proposed: SignerSet, set_id: int, signatures: Sequence[bytes], signer: Account
    ) -> Submitted:
        """Announces the next signer set by signatures of the current one."""

    def activate_signers(self, role: int, signer: Account) -> Submitted:
        """Puts the announced set in force, once its delay is over. Anyone."""

    def cancel_signers(self, role: int, signer: Account) -> Submitted:
        """Takes an announced set back. Guardian or admin."""

    def retire_signers(self, role: int, signer: Account) -> Submitted:
        """Ends the grace of the set before at once. Guardian or admin."""

    def strike_signer(self, role: int, address: bytes, signer: Account) -> Submitted:
        """Takes one signer (20 bytes) out of every set of a role for good. Guardian or admin."""


class ManagedChain(Chain, Control, Protocol):
    """A chain with both of its sides."""
