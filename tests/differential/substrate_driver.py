"""Calls of the book on a Substrate chain with the pallets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridge.ledger import Event
from chains.accounts import Account
from chains.substrate.adapter import SubstrateChain
from chains.substrate.events import chain_event, dispatch_failure, token_event
from chains.substrate.node import SubstrateNode
from chains.substrate.scale import to_scale
from chains.substrate.transactions import block_records
from chains.views import Views
from tests.differential.drivers import (
    NOWHERE,
    SETTINGS,
    DriverError,
    Seen,
    order_event,
    params_of,
    signed_part,
    told_event,
)
from tests.differential.scene import Call

_ELIGIBILITY = frozenset(
    {"submit_batch", "bind", "pause", "resume", "propose_signers", "propose_signers_signed", "activate_signers",
     "cancel_signers", "retire_signers", "strike_signer"}
)  # fmt: skip
_BRIDGE = frozenset(
    {"initiate", "deliver", "reject", "settle", "open_lane", "open_asset", "pause_lane", "resume_lane", "set_rate"}
)
_RENAMED = {
    "giver": "from",
    "getter": "to",
    "lost": "from",
    "found": "to",
    "named": "lots",
    "digest": "hash",
}


class SubstrateDriver:
    """One chain; to be used from one thread."""

    def __init__(self, url: str, keys: Callable[[bytes], Account]) -> None:
        self._node = SubstrateNode(url)
        self._chain = SubstrateChain(url)
        self._keys = keys
        self._nonces: dict[bytes, int] = {}
        self._sent = ""
        self.domain = self._chain.domain

    def submit(self, call: Call) -> None:
        """Put a call into the pool."""
        pallet, name, args = self._translated(call)
        key = self._keys(call.caller)
        codec = self._node.codec
        composed = codec.compose_call(pallet, name, {arg: to_scale(value) for arg, value in args.items()})
        nonce = self._nonces.get(call.caller)
        if nonce is None:
            nonce = int(self._node.read("system_accountNextIndex", [key.text]))
        self._nonces[call.caller] = nonce + 1
        extrinsic = codec.create_signed_extrinsic(composed, key.key, nonce=nonce)
        self._sent = str(extrinsic.data)
        self._node.read("author_submitExtrinsic", [self._sent])

    def collect(self, block: bytes) -> Seen:
        """What became of it."""
        ref = self._node.block_at(block)
        content = self._node.read("chain_getBlock", ["0x" + block.hex()])
        extrinsics = content["block"]["extrinsics"]
        if self._sent not in extrinsics:
            raise DriverError("the block does not hold the extrinsic")
        index = extrinsics.index(self._sent)
        own = [record for record in block_records(self._node, ref) if record.extrinsic == index]
        failure = dispatch_failure(own)
        if failure is not None:
            if failure.code is None:
                raise DriverError(f"substrate: {failure.detail}")
            return Seen(failure.code, ())
        events: list[Event] = []
        for record in own:
            if (order := chain_event(record, NOWHERE)) is not None:
                events.append(order_event(order))
            elif (other := token_event(record)) is not None and (told := told_event(other)) is not None:
                events.append(told)
            elif record.name in SETTINGS:
                fields = {field: bytes.fromhex(record.values[field][2:]) for field in SETTINGS[record.name]}
                events.append(Event.of(record.name, **fields))
        return Seen(0, tuple(events))

    def views(self) -> Views:
        """The runtime API after the newest block."""
        return self._chain.views()

    def close(self) -> None:
        """Closes every connection."""
        self._node.close()
        self._chain.close()

    def _translated(self, call: Call) -> tuple[str, str, Mapping[str, Any]]:
        pallet = "Eligibility" if call.name in _ELIGIBILITY else "Bridge" if call.name in _BRIDGE else "SecurityToken"
        args = {_RENAMED.get(name, name): value for name, value in call.args.items()}
        if (signed := signed_part(call, self.domain)) is not None:
            args["set"], args["signatures"] = signed
        if call.name == "cancel_release":
            args["id"] = args.pop("proposal")
        if call.name == "register_asset":
            args = {"params": params_of(call.args), "controller": call.args["asset"].controller}
        if call.name == "set_rate":
            outbound, inbound = args.pop("outbound"), args.pop("inbound")
            args |= {"out_capacity": outbound.capacity, "out_rate": outbound.rate}
            args |= {"in_capacity": inbound.capacity, "in_rate": inbound.rate}
        return pallet, call.name, args
