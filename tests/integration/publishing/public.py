"""Everything that both nodes give to anybody, piece by piece, so that two runs can be compared byte for byte."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx

from lockstep_cli.demo.privacy import EVENTS, ask
from tests.integration.publishing.still import StillChains

PAGE = 500
SYSTEM = "0x26aa394eea5630e07c48ae0c9558cef7"
"""twox128("System")."""
BLOCK_HASHES = SYSTEM + "a44704b568d21667356a5a050c118746"
"""twox128("BlockHash"): a map from heights to hashes."""
PARENT = SYSTEM + "8a42f33323cb5ced3b44dd825fda9fcc"
"""twox128("ParentHash")."""
SIGNED, SIGNATURE = 0x84, 64
"""First byte of a signed extrinsic (version 4), and how long an sr25519 signature is."""


def everything(still: StillChains) -> dict[str, bytes]:
    """By place: bytes. Left out is only what an sr25519 signature is, and what is a hash over one.

    These signatures hold fresh randomness of the library's (schnorrkel draws its nonce), and they are those of the account
    that pays for a batch, the same one whoever the batch is about. Extrinsics roots and block hashes are hashes over them.
    EVM's signatures are deterministic (RFC 6979), so there nothing is left out, not even the hashes of blocks.
    """
    found: dict[str, bytes] = {}
    with httpx.Client(timeout=30, trust_env=False) as http:
        for place, data in _substrate(partial(ask, http, still.substrate_http)):
            found[f"substrate {place}"] = data
        for place, data in _evm(partial(ask, http, still.devnet.evm_http)):
            found[f"evm {place}"] = data
    return found


def _substrate(rpc: Any) -> Iterator[tuple[str, bytes]]:
    head, key = rpc("chain_getBlockHash", []), None
    while keys := rpc("state_getKeysPaged", ["0x", PAGE, key, head]):
        key = keys[-1]
        for name, value in rpc("state_queryStorageAt", [keys, head])[0]["changes"]:
            if not name.startswith(BLOCK_HASHES) and name != PARENT:
                yield f"state {name}", _bytes(value or "0x")
    for number in range(int(rpc("chain_getHeader", [head])["number"], 16) + 1):
        block_hash = rpc("chain_getBlockHash", [number])
        block = rpc("chain_getBlock", [block_hash])["block"]
        header = {name: one for name, one in block["header"].items() if name not in ("parentHash", "extrinsicsRoot")}
        yield f"header {number}", json.dumps(header, sort_keys=True).encode()
        for index, extrinsic in enumerate(block["extrinsics"]):
            yield f"extrinsic {number}-{index}", _without_signature(_bytes(extrinsic))
        yield f"events {number}", _bytes(rpc("state_getStorage", [EVENTS, block_hash]) or "0x")


def _evm(rpc: Any) -> Iterator[tuple[str, bytes]]:
    state = json.loads(zlib.decompress(_bytes(rpc("anvil_dumpState", [])), 16 + zlib.MAX_WBITS))
    for address, account in state["accounts"].items():
        yield f"state {address}", json.dumps(account, sort_keys=True).encode()
    for number in range(int(rpc("eth_blockNumber", []), 16) + 1):
        block = rpc("eth_getBlockByNumber", [hex(number), True])
        yield f"block {number}", json.dumps(block, sort_keys=True).encode()
        yield f"receipts {number}", json.dumps(rpc("eth_getBlockReceipts", [hex(number)]), sort_keys=True).encode()


def _without_signature(extrinsic: bytes) -> bytes:
    prefix = {0: 1, 1: 2, 2: 4}[extrinsic[0] & 3]
    if extrinsic[prefix] != SIGNED:
        return extrinsic
    # Then an address (0, 32 bytes) and the kind of the signature (1: sr25519).
    assert (extrinsic[prefix + 1], extrinsic[prefix + 34]) == (0, 1)
    start = prefix + 35
    return extrinsic[:start] + bytes(SIGNATURE) + extrinsic[start + SIGNATURE :]


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
