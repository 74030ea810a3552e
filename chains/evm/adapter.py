"""The EVM adapter: web3's HTTP provider for requests, a websocket for heads, the committed ABIs for everything else."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.domains import asset_id
from bridge.types import Approval, BindingPermit, InitiateRequest, Lot, OracleBatch, TransferOrder, TransferReceipt
from chains.accounts import Account
from chains.base import OnSigned, Submitted, delivery_codes
from chains.evm.connection import AssetTokenUnknown, EvmContracts
from chains.evm.control import controller_role
from chains.evm.replacing import ControlsUnknown, EvmReplacing
from chains.evm.rpc import CHAIN
from chains.views import AssetParams

__all__ = ["AssetTokenUnknown", "ControlsUnknown", "EvmChain", "EvmContracts"]


class EvmChain(EvmReplacing):
    """`chains.base.Chain`, `chains.control.Control` and `chains.replacement.ReplaceableChain` for an EVM chain."""

    name = CHAIN

    def submit_batch(self, batch: OracleBatch, set_id: int, signatures: Sequence[bytes], signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "submitBatch", batch.to_values(), set_id, list(signatures))

    def bind(self, permit: BindingPermit, set_id: int, signatures: Sequence[bytes], signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "bind", permit.to_values(), set_id, list(signatures))

    def initiate(self, request: InitiateRequest, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "initiate", request.to_values())

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
        rows = [order.to_values() for order in orders]
        done = self._call_bridge(
            signer, "deliver", rows, approval.to_values(), set_id, list(signatures), on_signed=on_signed
        )
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
        return self._call_bridge(
            signer, "reject", order.to_values(), reason, set_id, list(signatures), on_signed=on_signed
        )

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
        return self._call_bridge(
            signer, "settle", order.to_values(), receipt.to_values(), set_id, list(signatures), on_signed=on_signed
        )

    def transfer(self, asset: bytes, to: bytes, amount: int, signer: Account) -> Submitted:
        """The token's own ERC-20 transfer."""
        return self._call_token(signer, asset, "transfer", to, amount)

    def issue(
        self,
        asset: bytes,
        account: bytes,
        lots: Sequence[Lot],
        signer: Account,
        on_signed: OnSigned | None = None,
    ) -> Submitted:
        """See `chains.base.Chain`."""
        rows = [lot.to_values() for lot in lots]
        return self._call_token(signer, asset, "issue", account, rows, on_signed=on_signed)

    def register_asset(self, params: AssetParams, controller: bytes, signer: Account) -> Submitted:
        """Deploys the asset's token, registers it, and makes `controller` the asset's controller on this chain."""
        token = self.deploy_token(params, signer)
        done = self._call_bridge(signer, "registerAsset", token)
        asset = asset_id(params.home_domain, params.issuer, params.salt)
        if not self._has_role(controller_role(asset), controller):
            self.set_controller(asset, controller, signer)
        return Submitted(done.tx, asset=asset, fee=done.fee)

    def open_lane(self, lane: bytes, account_kind: int, min_flight: int, max_flight: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "openLane", lane, account_kind, min_flight, max_flight)

    def open_asset(self, lane: bytes, asset: bytes, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "openAsset", lane, asset)

    def pause(self, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "pause", bits)

    def resume(self, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "resume", bits)

    def pause_asset(self, asset: bytes, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "pauseAsset", asset, bits)

    def resume_asset(self, asset: bytes, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "resumeAsset", asset, bits)

    def pause_lane(self, lane: bytes, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "pauseLane", lane, bits)

    def resume_lane(self, lane: bytes, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "resumeLane", lane, bits)
