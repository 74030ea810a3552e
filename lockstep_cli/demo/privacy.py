"""Searches everything that a run left in public, or in a log, for the people behind it.

Public is what any node gives: the whole state, each block's extrinsics and events, transactions and receipts. Beside that
the logs of all processes and the stores of relayer, attestors and signers, who are not to know people either. Not
searched are the issuer's, the oracle's and the wallets' own stores, which hold people by design (sealed, but for the wallets).

Bytes are searched as they are; whatever looks like hex or base64 in them is unpacked and searched again.
A length before a text (SCALE, RLP, ABI) changes nothing: the text stands behind it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx

from chains.devnet.errors import RpcFailed
from lockstep_cli.demo.secrets import Secrets

HEX: Final = re.compile(rb"[0-9a-fA-F]{24,}")
BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
ONLY_HEX: Final = re.compile(rb"(?:0x)?[0-9a-fA-F]+")
URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
LAYERS: Final = 3
"""How deep hex in base64 in hex is unpacked."""
PAGE: Final = 500
RPC_SECONDS: Final = 30.0
EVENTS: Final = "0x26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7"
"""twox128("System") ++ twox128("Events")."""
PRIVATE: Final = frozenset({"issuer", "oracle", "wallets", "ca"})
"""Folders of a run whose owners may know people."""

Rpc = Callable[[str, list[Any]], Any]


@dataclass(slots=True)
class Search:
    """Where was searched, how many bytes in each place, and where something was found."""

    secrets: Secrets
    places: dict[str, int] = field(default_factory=dict)
    hits: list[tuple[str, bytes]] = field(default_factory=list)

    def look(self, place: str, data: bytes) -> None:
        """Searches data, and everything packed in it."""
        self.places[place] = self.places.get(place, 0) + len(data)
        for layer in unpacked(data, LAYERS):
            self.hits += [(place, value) for value in self.secrets.found_in(layer)]

    def document(self) -> dict[str, Any]:
        """For the demonstration's document: never WHAT was found, only where."""
        return {
            "searched": {"values": len(self.secrets), "bytes": sum(self.places.values()), "places": dict(self.places)},
            "found": len(self.hits),
            "where": sorted({place for place, _ in self.hits}),
        }


def unpacked(data: bytes, layers: int) -> Iterator[bytes]:
    """The data, and what is written in it as hex or base64, to some depth."""
    yield data
    if layers == 0:
        return
    for inner in _packed_in(data):
        yield from unpacked(inner, layers - 1)


def _packed_in(data: bytes) -> Iterator[bytes]:
    # Where a run begins is not known for sure (a digit may stand before it by chance), so every alignment is unpacked. One join per
    # kind keeps thousands of short runs from being searched one by one; the gap keeps them apart.
    digits = [
        bytes.fromhex(run[shift : shift + (len(run) - shift) // 2 * 2].decode("ascii"))
        for run in HEX.findall(data)
        for shift in range(2)
    ]
    if digits:
        yield (b"\0" * 8).join(digits)
    texts = [
        base64.b64decode(part, validate=False)
        for run in BASE64.findall(data)
        if not ONLY_HEX.fullmatch(run)
        for shift in range(4)
        if len(part := _whole(run[shift:])) >= 12
    ]
    if texts:
        yield (b"\0" * 8).join(texts)


def _whole(run: bytes) -> bytes:
    """A run of base64 in the ordinary alphabet, filled up to whole groups of four; a last character alone says nothing."""
    run = run[:-1] if len(run) % 4 == 1 else run
    return run.translate(URL_SAFE) + b"=" * (-len(run) % 4)


def search_run(
    secrets: Secrets, folder: Path, substrate_http: str, evm_http: str, further: Mapping[str, bytes] | None = None
) -> Search:
    """Searches a running local system whose files are in `folder`; `further` places by name."""
    search = Search(secrets)
    with httpx.Client(timeout=RPC_SECONDS, trust_env=False) as http:
        _look_at_substrate(search, partial(ask, http, substrate_http))
        _look_at_evm(search, partial(ask, http, evm_http))
    for path in public_files(folder):
        kind = "logs" if path.suffix == ".log" else "stores"
        search.look(f"{kind}/{path.relative_to(folder)}", path.read_bytes())
    for place, data in (further or {}).items():
        search.look(place, data)
    return search


def ask(http: httpx.Client, url: str, method: str, params: list[Any]) -> Any:
    """The result of one call of a node. RpcFailed."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    try:
        answer = http.post(url, json=body).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise RpcFailed(method, type(error).__name__) from error
    if "result" not in answer:
        raise RpcFailed(method, str(answer.get("error")))
    return answer["result"]


def public_files(folder: Path) -> Iterable[Path]:
    """Every file of a run but those of whoever may know people."""
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] not in PRIVATE
    )


def _look_at_substrate(search: Search, rpc: Rpc) -> None:
    head = rpc("chain_getBlockHash", [])
    key = None
    while True:
        keys = rpc("state_getKeysPaged", ["0x", PAGE, key, head])
        if not keys:
            break
        key = keys[-1]
        found = rpc("state_queryStorageAt", [keys, head])[0]["changes"]
        search.look("substrate/state", b"\0".join(_bytes(text) for pair in found for text in pair if text))
    height = int(rpc("chain_getHeader", [head])["number"], 16)
    for number in range(1, height + 1):
        block_hash = rpc("chain_getBlockHash", [number])
        block = rpc("chain_getBlock", [block_hash])["block"]
        search.look("substrate/extrinsics", b"\0".join(_bytes(one) for one in block["extrinsics"]))
        search.look("substrate/headers", json.dumps(block["header"]).encode("utf-8"))
        search.look("substrate/events", _bytes(rpc("state_getStorage", [EVENTS, block_hash]) or "0x"))


def _look_at_evm(search: Search, rpc: Rpc) -> None:
    dump = _bytes(rpc("anvil_dumpState", []))
    search.look("evm/state", _gunzipped(dump))
    for number in range(int(rpc("eth_blockNumber", []), 16) + 1):
        block = rpc("eth_getBlockByNumber", [hex(number), True])
        search.look("evm/transactions", json.dumps(block).encode("utf-8"))
        if block["transactions"]:
            receipts = rpc("eth_getBlockReceipts", [hex(number)])
            search.look("evm/logs", json.dumps(receipts).encode("utf-8"))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _gunzipped(data: bytes) -> bytes:
    try:
        return zlib.decompress(data, 16 + zlib.MAX_WBITS)
    except zlib.error as error:
        raise binascii.Error("the EVM node's state can't be unpacked") from error
