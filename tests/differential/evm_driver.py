"""Calls of the book on an EVM chain with the contracts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from bridge.ledger import Event
from bridge.wire import WireStruct
from chains.accounts import Account
from chains.errors import RpcError
from chains.evm.adapter import EvmChain
from chains.evm.artifacts import artifact, token
from chains.evm.codec import LogDecoder, TokenLogDecoder, event_topic, refused_from_revert
from chains.evm.connection import EvmContracts
from chains.evm.control import controller_role
from chains.evm.rpc import EvmRpc, as_bytes
from chains.views import AssetParams, Views
from tests.differential.census import Census
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

GAS = 12_000_000
PRICE = 50 * 10**9
_BRIDGE = frozenset(
    {"submit_batch", "bind", "initiate", "deliver", "reject", "settle", "open_lane", "open_asset", "set_rate",
     "pause", "resume", "pause_asset", "resume_asset", "pause_lane", "resume_lane", "propose_signers",
     "propose_signers_signed", "activate_signers", "cancel_signers", "retire_signers", "strike_signer"}
)  # fmt: skip
_SETTINGS = {event_topic(artifact("ComplianceBridge").entry("event", name)): name for name in SETTINGS}
_ADDRESSES = frozenset({"account", "to", "giver", "getter", "lost", "found"})


class EvmDriver:
    """One chain; to be used from one thread."""

    def __init__(self, http: str, ws: str, contracts: EvmContracts, keys: Callable[[bytes], Account]) -> None:
        self._rpc = EvmRpc(http)
        self._chain = EvmChain(http, ws, contracts)
        self._contracts = contracts
        self._keys = keys
        self._nonces: dict[bytes, int] = {}
        self._tokens: dict[bytes, str] = {}
        self._params: dict[bytes, AssetParams] = {}
        self._orders = LogDecoder.of(artifact("ComplianceBridge"))
        self._others = TokenLogDecoder.of(artifact("ComplianceBridge"), token())
        self._sent: list[tuple[str, bytes, str, bytes]] = []
        self.domain = self._chain.domain

    def submit(self, call: Call) -> None:
        """Put a call into the pool; a registration needs three transactions of one block."""
        self._sent = []
        if call.name == "register_asset":
            self._register(call)
            return
        to, data = self._translated(call)
        self._send(call.caller, to, data)

    def collect(self, block: bytes) -> Seen:
        """What became of it."""
        events: list[Event] = []
        for tx, caller, to, data in self._sent:
            receipt = self._rpc.request("eth_getTransactionReceipt", [tx])
            if receipt is None:
                raise DriverError("the block does not hold the transaction")
            if int(receipt["status"], 16) == 0:
                return self._refused(caller, to, data, receipt["blockNumber"])
            events += [told for log in receipt["logs"] for told in self._told(log)]
        return Seen(0, tuple(events))

    def views(self) -> Views:
        """The lens after the newest block."""
        return self._chain.views()

    def close(self) -> None:
        """Closes every connection."""
        self._rpc.close()
        self._chain.close()

    def _send(self, caller: bytes, to: str, data: bytes) -> None:
        key = self._keys(caller)
        nonce = self._nonce(caller)
        self._nonces[caller] = nonce + 1
        body: dict[str, Any] = {
            "nonce": nonce,
            "gas": GAS,
            "gasPrice": PRICE,
            "value": 0,
            "data": data,
            "chainId": 31337,
        }
        if to:
            body["to"] = to
        raw = key.key.sign_transaction(body).raw_transaction
        tx = self._rpc.request("eth_sendRawTransaction", ["0x" + bytes(raw).hex()])
        self._sent.append((tx, caller, to, data))

    def _nonce(self, caller: bytes) -> int:
        if caller not in self._nonces:
            text = self._keys(caller).text
            self._nonces[caller] = int(self._rpc.request("eth_getTransactionCount", [text, "latest"]), 16)
        return self._nonces[caller]

    def _refused(self, caller: bytes, to: str, data: bytes, number: str) -> Seen:
        """The same call once more after its block: nothing changed, so it fails alike, and tells why."""
        question: dict[str, Any] = {"from": self._keys(caller).text, "data": "0x" + data.hex(), "gas": hex(GAS)}
        if to:
            question["to"] = to
        try:
            self._rpc.request("eth_call", [question, number])
        except RpcError as error:
            revert = as_bytes(error.data, "revert data") if error.data else b""
            refused = refused_from_revert(revert)
            if refused is not None:
                return Seen(refused.lowest.code, (), refused.lowest)
            raise DriverError(f"evm: {error.message} 0x{revert.hex()}") from error
        raise DriverError("evm: a transaction failed, and its call does not")

    def _told(self, log: dict[str, Any]) -> list[Event]:
        if (order := self._orders.decode(log, NOWHERE)) is not None:
            return [order_event(order)]
        asset = next((asset for asset, at in self._tokens.items() if at.lower() == str(log["address"]).lower()), None)
        if others := self._others.decode(log, asset):
            return [told for other in others if (told := told_event(other)) is not None]
        name = _SETTINGS.get(as_bytes(log["topics"][0], "a topic"))
        if name is None:
            return []
        indexed = zip(SETTINGS[name], log["topics"][1:], strict=False)
        return [Event.of(name, **{field: as_bytes(topic, field) for field, topic in indexed})]

    def submit_replacement(self, admin: bytes, asset: bytes) -> None:
        """Another token in the place of an asset's: made, and made known to the bridge."""
        self._sent = []
        where = self._create(admin, self._params[asset])
        bridge = artifact("ComplianceBridge")
        self._send(admin, self._contracts.bridge, bridge.calldata("replaceToken", asset, where))
        self._tokens[asset] = where

    def submit_import(self, anyone: bytes, asset: bytes, records: Census) -> None:
        """Everything of the token before it: accounts, investors, classes, what there is one of; the end."""
        self._sent = []
        acts: tuple[tuple[str, list[list[object]]], ...] = (
            ("importAccounts", [[_address(account) for account in sorted(records.accounts)]]),
            ("importHolders", [sorted(records.investors)]),
            ("importClasses", [sorted(records.classes)]),
            ("importRest", []),
            ("finishImport", []),
        )
        for name, values in acts:
            self._send(anyone, self._tokens[asset], token().calldata(name, *values))

    def _create(self, admin: bytes, params: AssetParams) -> str:
        """Sends a token's creation; the address that it will have."""
        address = bytes.fromhex(self._keys(admin).text[2:])
        created = keccak(rlp.encode([address, self._nonce(admin)]))[12:]
        parts = self._contracts
        code = artifact("SecurityToken").creation_code(
            parts.bridge, parts.authority, parts.controls, params.to_values()
        )
        self._send(admin, "", code)
        return str(to_checksum_address(created))

    def _register(self, call: Call) -> None:
        asset, parts = call.args["asset"], self._contracts
        self._params[asset.id] = params_of(call.args)
        where = self._create(call.caller, self._params[asset.id])
        self._send(call.caller, parts.bridge, artifact("ComplianceBridge").calldata("registerAsset", where))
        grant = artifact("AccessManager").calldata(
            "grantRole", controller_role(asset.id), _address(asset.controller), 0
        )
        self._send(call.caller, parts.authority, grant)
        self._tokens[asset.id] = where

    def _translated(self, call: Call) -> tuple[str, bytes]:
        args = {name: value for name, value in call.args.items() if name != "signatures"}
        on_bridge = call.name in _BRIDGE
        to = self._contracts.bridge if on_bridge else self._tokens[args["asset"]]
        contract = artifact("ComplianceBridge") if on_bridge else token()
        if not on_bridge:
            args.pop("asset")
        values: list[object] = []
        for name, value in args.items():
            match name:
                case "action":
                    values += [value.reason, value.document]
                case "outbound" | "inbound":
                    values += [value.capacity, value.rate]
                case _:
                    values.append(_address(value) if name in _ADDRESSES else _plain(value))
        values += signed_part(call, self.domain) or ()
        return to, contract.calldata(_camel(call.name), *values)


def _plain(value: object) -> object:
    if isinstance(value, WireStruct):
        return value.to_values()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _address(account: bytes) -> str:
    return str(to_checksum_address(account[12:]))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
