"""The issuer's, guardian's and admin's side of a Substrate chain: see `chains.control.Control`."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.types import Action, AssetTerms, Lot, PairRule, SignerSet
from chains.accounts import Account
from chains.base import Submitted
from chains.substrate import values
from chains.substrate.connection import SubstrateConnection


class SubstrateControl(SubstrateConnection):
    """`chains.control.Control` for a chain with the Lockstep pallets."""

    def redeem(self, asset: bytes, account: bytes, lots: Sequence[Lot], action: Action, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "redeem", {"account": account, "lots": tuple(lots)}, action)

    def freeze_account(self, asset: bytes, account: bytes, frozen: bool, action: Action, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "freeze_account", {"account": account, "frozen": frozen}, action)

    def freeze_investor(
        self, asset: bytes, investor: bytes, frozen: bool, action: Action, signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "freeze_investor", {"investor": investor, "frozen": frozen}, action)

    def freeze_amount(self, asset: bytes, investor: bytes, amount: int, action: Action, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "freeze_amount", {"investor": investor, "amount": amount}, action)

    def force_transfer(
        self, asset: bytes, sender: bytes, to: bytes, amount: int, action: Action, signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "force_transfer", {"from": sender, "to": to, "amount": amount}, action)

    def recover(self, asset: bytes, lost: bytes, to: bytes, action: Action, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "recover", {"from": lost, "to": to}, action)

    def replace_investor(
        self, asset: bytes, retired: bytes, successor: bytes, action: Action, signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "replace_investor", {"retired": retired, "successor": successor}, action)

    def move_lots(
        self, asset: bytes, sender: bytes, to: bytes, lots: Sequence[Lot], action: Action, signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "move_lots", {"from": sender, "to": to, "lots": tuple(lots)}, action)

    def propose_release(
        self, asset: bytes, investor: bytes, lots: Sequence[Lot], action: Action, signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "propose_release", {"investor": investor, "lots": tuple(lots)}, action)

    def release_lots(
        self, asset: bytes, investor: bytes, lots: Sequence[Lot], action: Action, signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "release_lots", {"investor": investor, "lots": tuple(lots)}, action)

    def cancel_release(self, asset: bytes, release: bytes, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._token(signer, asset, "cancel_release", {"id": release})

    def merge_lots(self, asset: bytes, lots: Sequence[Lot], signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._token(signer, asset, "merge_lots", {"lots": tuple(lots)})

    def set_document(self, asset: bytes, name: bytes, uri: str, digest: bytes, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._token(signer, asset, "set_document", {"name": name, "uri": uri, "hash": digest})

    def remove_document(self, asset: bytes, name: bytes, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._token(signer, asset, "remove_document", {"name": name})

    def set_velocity(self, asset: bytes, capacity: int, rate: int, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._token(signer, asset, "set_velocity", {"capacity": capacity, "rate": rate})

    def set_terms(self, asset: bytes, terms: AssetTerms, pairs: Sequence[PairRule], signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._token(signer, asset, "set_terms", {"terms": terms, "pairs": tuple(pairs)})

    def set_controller(self, asset: bytes, controller: bytes, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._token(signer, asset, "set_controller", {"controller": controller})

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
        """See `chains.control.Control`."""
        args: dict[str, object] = {
            "lane": lane,
            "asset": asset,
            "out_capacity": out_capacity,
            "out_rate": out_rate,
            "in_capacity": in_capacity,
            "in_rate": in_rate,
        }
        return self._call(signer, "Bridge", "set_rate", args)

    def propose_signers(self, proposed: SignerSet, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._call(signer, "Eligibility", "propose_signers", {"proposal": proposed})

    def propose_signers_signed(
        self, proposed: SignerSet, set_id: int, signatures: Sequence[bytes], signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        args: dict[str, object] = {"proposal": proposed, "set": set_id, "signatures": tuple(signatures)}
        return self._call(
            signer,
            "Eligibility",
            "propose_signers_signed",
            args,
            explain=lambda views: values.of_signers(views, proposed, set_id, signatures),
        )

    def activate_signers(self, role: int, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._call(signer, "Eligibility", "activate_signers", {"role": role})

    def cancel_signers(self, role: int, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._call(signer, "Eligibility", "cancel_signers", {"role": role})

    def retire_signers(self, role: int, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._call(signer, "Eligibility", "retire_signers", {"role": role})

    def strike_signer(self, role: int, address: bytes, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._call(signer, "Eligibility", "strike_signer", {"role": role, "signer": address})

    def _act(self, signer: Account, asset: bytes, call: str, args: dict[str, object], action: Action) -> Submitted:
        """A controller's action: the reason and the document come last."""
        return self._token(signer, asset, call, {**args, "action": action})

    def _token(self, signer: Account, asset: bytes, call: str, args: dict[str, object]) -> Submitted:
        return self._call(signer, "SecurityToken", call, {"asset": asset, **args})
