"""The Substrate adapter: this project's wires for requests, substrate-interface as codec and signer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bridge.domains import asset_id
from bridge.types import (
    Approval,
    BindingPermit,
    InitiateRequest,
    Lot,
    OracleBatch,
    TransferOrder,
    TransferReceipt,
)
from chains.accounts import Account
from chains.base import OnSigned, Submitted, delivery_codes
from chains.substrate import values
from chains.substrate.control import SubstrateControl
from chains.substrate.scale import CHAIN
from chains.views import AssetParams


class SubstrateChain(SubstrateControl):
    """`chains.base.Chain` and `chains.control.Control` for a chain with the Lockstep pallets."""

    name = CHAIN

    def submit_batch(self, batch: OracleBatch, set_id: int, signatures: Sequence[bytes], signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        args = {"batch": batch, "set": set_id, "signatures": tuple(signatures)}
        explain = partial(values.of_batch, batch=batch, set_id=set_id, signatures=signatures)
        return self._call(signer, "Eligibility", "submit_batch", args, explain=explain)

    def bind(self, permit: BindingPermit, set_id: int, signatures: Sequence[bytes], signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        args = {"permit": permit, "set": set_id, "signatures": tuple(signatures)}
        explain = partial(values.of_permit, permit=permit, set_id=set_id, signatures=signatures)
        return self._call(signer, "Eligibility", "bind", args, explain=explain)

    def initiate(self, request: InitiateRequest, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call(
            signer,
            "Bridge",
            "initiate",
            {"request": request},
            explain=lambda views: views.explain_initiate(signer.id, request),
        )

    def deliver(
        self,
        orders: Sequence[TransferOrder],
        approval: Approval,
        set_id: int,
        signatures: Sequence[bytes],
        signer: Account,
        on_signed: OnSigned | None = None,
    ) -> Submitted:
        """See `chains.base.Chain`."""
        args = {"orders": tuple(orders), "approval": approval, "set": set_id, "signatures": tuple(signatures)}
        explain = partial(values.of_approval, approval=approval, set_id=set_id, signatures=signatures)
        done = self._call(signer, "Bridge", "deliver", args, on_signed, explain)
        return delivery_codes(self.views(done.tx.block), orders, done)

    def reject(
        self,
        order: TransferOrder,
        reason: int,
        set_id: int,
        signatures: Sequence[bytes],
        signer: Account,
        on_signed: OnSigned | None = None,
    ) -> Submitted:
        """See `chains.base.Chain`."""
        args = {"order": order, "reason": reason, "set": set_id, "signatures": tuple(signatures)}
        explain = partial(values.of_rejection, order=order, reason=reason, set_id=set_id, signatures=signatures)
        return self._call(signer, "Bridge", "reject", args, on_signed, explain)

    def settle(
        self,
        order: TransferOrder,
        receipt: TransferReceipt,
        set_id: int,
        signatures: Sequence[bytes],
        signer: Account,
        on_signed: OnSigned | None = None,
    ) -> Submitted:
        """See `chains.base.Chain`."""
        args = {"order": order, "receipt": receipt, "set": set_id, "signatures": tuple(signatures)}
        explain = partial(values.of_receipt, order=order, receipt=receipt, set_id=set_id, signatures=signatures)
        return self._call(signer, "Bridge", "settle", args, on_signed, explain)

    def transfer(self, asset: bytes, to: bytes, amount: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call(
            signer,
            "SecurityToken",
            "transfer",
            {"asset": asset, "to": to, "amount": amount},
            explain=lambda views: views.explain_transfer(asset, signer.id, to, amount),
        )

    def issue(
        self,
        asset: bytes,
        account: bytes,
        lots: Sequence[Lot],
        signer: Account,
        on_signed: OnSigned | None = None,
    ) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call(
            signer,
            "SecurityToken",
            "issue",
            {"asset": asset, "account": account, "lots": tuple(lots)},
            on_signed,
            lambda views: views.explain_issue(asset, signer.id, account, lots),
        )

    def register_asset(self, params: AssetParams, controller: bytes, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        done = self._call(signer, "SecurityToken", "register_asset", {"params": params, "controller": controller})
        asset = asset_id(params.home_domain, params.issuer, params.salt)
        return Submitted(done.tx, asset=asset, fee=done.fee)

    def open_lane(self, lane: bytes, account_kind: int, min_flight: int, max_flight: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        args = {"lane": lane, "account_kind": account_kind, "min_flight": min_flight, "max_flight": max_flight}
        return self._call(signer, "Bridge", "open_lane", args)

    def open_asset(self, lane: bytes, asset: bytes, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call(signer, "Bridge", "open_asset", {"lane": lane, "asset": asset})

    def pause(self, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call(signer, "Eligibility", "pause", {"bits": bits})

    def resume(self, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call(signer, "Eligibility", "resume", {"bits": bits})

    def pause_asset(self, asset: bytes, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call(signer, "SecurityToken", "pause_asset", {"asset": asset, "bits": bits})

    def resume_asset(self, asset: bytes, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call(signer, "SecurityToken", "resume_asset", {"asset": asset, "bits": bits})

    def pause_lane(self, lane: bytes, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call(signer, "Bridge", "pause_lane", {"lane": lane, "bits": bits})

    def resume_lane(self, lane: bytes, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call(signer, "Bridge", "resume_lane", {"lane": lane, "bits": bits})
