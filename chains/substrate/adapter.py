"""The Substrate adapter: this project's wires for requests, substrate-interface as codec and signer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b

from bridge.domains import SUBSTRATE_BRIDGE, ChainName, asset_id
from bridge.refusals import Refused
from bridge.types import (
    Approval,
    BindingPermit,
    InitiateRequest,
    Lot,
    OracleBatch,
    Reason,
    TransferOrder,
    TransferReceipt,
)
from chains.accounts import Account
from chains.base import BlockRef, ChainEvent, OnSigned, Submitted, TxRef, WrongDomain, delivery_codes
from chains.errors import ChainError, MalformedAnswer, NotFinal, TransactionFailed
from chains.substrate import values
from chains.substrate.events import Record, chain_event, dispatch_failure
from chains.substrate.node import SubstrateNode, as_hex
from chains.substrate.scale import CHAIN
from chains.substrate.transactions import Included, SubstrateSender, block_records
from chains.views import AssetParams, Views

VIEW_API = "LockstepApi_view"

Explain = Callable[[Views], tuple[Reason, ...]]
"""Asks the state before a refused call for the values that a dispatch error has no room for."""


class _RuntimeTransport:
    """Carries views to the runtime API in the state of one block."""

    chain = CHAIN

    def __init__(self, node: SubstrateNode, at: BlockRef | None) -> None:
        self._node = node
        self._at = at

    def call(self, data: bytes) -> bytes:
        """See `chains.views.ViewTransport`. An unknown selector is an error, not an empty answer."""
        answer = self._node.state_call(VIEW_API, data, self._at)
        if answer is None:
            raise MalformedAnswer(CHAIN, VIEW_API)
        return answer


class SubstrateChain:
    """`chains.base.Chain` for a chain with the Lockstep pallets."""

    name = CHAIN

    def __init__(self, url: str, *, timeout: float = 20.0, limit: float = 120.0) -> None:
        """`url` ws or wss; seconds: `timeout` per request, `limit` until an extrinsic counts as lost."""
        self._node = SubstrateNode(url, timeout=timeout)
        self._sender = SubstrateSender(self._node, limit=limit)
        self._domain: bytes | None = None

    @property
    def domain(self) -> bytes:
        """The domain this chain's pallets check signatures under. WrongDomain when they contradict themselves."""
        if self._domain is None:
            stated = self.views().identity()
            derived = ChainName(stated.caip2, stated.bridge, stated.deployment).domain()
            if stated.domain != derived or stated.bridge != SUBSTRATE_BRIDGE:
                raise WrongDomain(CHAIN, stated.domain, derived)
            self._domain = stated.domain
        return self._domain

    def finalised(self) -> BlockRef:
        """The newest block GRANDPA finalised."""
        return self._node.finalised()

    def head(self) -> BlockRef:
        """The newest block."""
        return self._node.head()

    def block(self, number: int) -> BlockRef:
        """The block at a height."""
        return self._node.block(number)

    def views(self, at: BlockRef | None = None) -> Views:
        """The runtime API in the state after `at`."""
        return Views(_RuntimeTransport(self._node, at))

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """The bridge's order events in final blocks, in order."""
        if last > (final := self.finalised().number):
            raise NotFinal(CHAIN, last, final)
        found: list[ChainEvent] = []
        for number in range(first, last + 1):
            found += self._events_of(self.block(number))
        return found

    def wait_finalised(self, after: int, timeout: float) -> BlockRef:
        """Woken by each notice of finality."""
        return self._node.wait_finalised(after, timeout)

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

    def issue(self, asset: bytes, account: bytes, lots: Sequence[Lot], signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call(signer, "SecurityToken", "issue", {"asset": asset, "account": account, "lots": tuple(lots)})

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

    def close(self) -> None:
        """Closes every connection of every thread."""
        self._node.close()

    def _call(
        self,
        signer: Account,
        pallet: str,
        call: str,
        args: dict[str, object],
        on_signed: OnSigned | None = None,
        explain: Explain | None = None,
    ) -> Submitted:
        included = self._sender.send(signer, pallet, call, args, on_signed)
        failure = dispatch_failure(included.records)
        if failure is None:
            events = (chain_event(record, included.tx) for record in included.records)
            return Submitted(
                included.tx, tuple(event for event in events if event is not None), fee=_fee(included.records)
            )
        if failure.code is None:
            raise TransactionFailed(CHAIN, included.tx.hash, failure.detail)
        found = values.caller(signer.id) + self._explained(included, explain)
        raise Refused((next((reason for reason in found if reason.code == failure.code), Reason(failure.code)),))

    def _explained(self, included: Included, explain: Explain | None) -> tuple[Reason, ...]:
        """What the state before the block says about the call; nothing when it can't be asked."""
        if explain is None:
            return ()
        try:
            return explain(self.views(self._node.parent(included.tx.block)))
        except ChainError:
            # The chain's number stands; only the values are missing from the message.
            return ()

    def _events_of(self, block: BlockRef) -> list[ChainEvent]:
        own = [record for record in block_records(self._node, block) if record.pallet == "Bridge"]
        if not own:
            return []
        hashes = self._extrinsic_hashes(block)
        found = (chain_event(record, _place(record, block, hashes)) for record in own)
        return [event for event in found if event is not None]

    def _extrinsic_hashes(self, block: BlockRef) -> list[str]:
        content = self._node.read("chain_getBlock", ["0x" + block.hash.hex()])
        try:
            raw = [as_hex(extrinsic, "an extrinsic") for extrinsic in content["block"]["extrinsics"]]
        except (KeyError, TypeError) as error:
            raise MalformedAnswer(CHAIN, f"block {block.number}") from error
        return ["0x" + blake2b(extrinsic, digest_size=32).hexdigest() for extrinsic in raw]


def _place(record: Record, block: BlockRef, hashes: Sequence[str]) -> TxRef:
    if record.extrinsic is None or record.extrinsic >= len(hashes):
        raise MalformedAnswer(CHAIN, f"the place of an event in block {block.number}")
    return TxRef(CHAIN, hashes[record.extrinsic], block, record.extrinsic)


def _fee(own: Sequence[Record]) -> int:
    """What the extrinsic cost in base units of the native coin."""
    for record in own:
        if record.pallet == "TransactionPayment" and record.name == "TransactionFeePaid":
            return int(record.values["actual_fee"])
    return 0
