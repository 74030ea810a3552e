"""Domains, asset ids and the shapes of accounts and investor ids."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.parity.sources.eip712 import separator
from tests.parity.sources.shapes import Case, b32, evm_account, hex0, investor, with_counts

PALLET = keccak(text="lockstep/bridge")


def domain(caip2: str, bridge: bytes, deployment: bytes) -> bytes:
    """The three ABI words and the text by hand: offset 0x60, the two values, the length, the padded text."""
    text = caip2.encode()
    padded = text + bytes(-len(text) % 32)
    by_hand = keccak((96).to_bytes(32, "big") + bridge + deployment + len(text).to_bytes(32, "big") + padded)
    if by_hand != keccak(encode(["string", "bytes32", "bytes32"], [caip2, bridge, deployment])):
        raise ValueError("two independent ways give two domains")
    return by_hand


_NAMES = [
    ("anvil", "eip155:31337", evm_account("bridge"), b32("deployment/evm")),
    ("anvil, deployed anew", "eip155:31337", evm_account("bridge"), b32("deployment/evm/2")),
    ("mainnet", "eip155:1", evm_account("bridge"), b32("deployment/evm")),
    ("a Substrate chain", "polkadot:" + b32("genesis").hex()[:32], PALLET, b32("deployment/substrate")),
    ("the longest reference", "eip155:" + "9" * 32, b"\xff" * 32, bytes(32)),
]
EVM = domain(*_NAMES[0][1:])
SUBSTRATE = domain(*_NAMES[3][1:])


def make() -> Case:
    short = bytes(31) + b"\x01"
    dirty = b"\x01" + bytes(11) + b32("account/ana")[12:]
    return {
        "substrateBridge": hex0(PALLET),
        **with_counts(
            domain=[
                {
                    "name": title,
                    "caip2": caip2,
                    "bridge": hex0(bridge),
                    "deployment": hex0(deployment),
                    "domain": hex0(domain(caip2, bridge, deployment)),
                    "separator": hex0(separator(domain(caip2, bridge, deployment))),
                }
                for title, caip2, bridge, deployment in _NAMES
            ],
            asset=[
                {
                    "homeDomain": hex0(home),
                    "issuer": hex0(issuer),
                    "salt": hex0(salt),
                    "asset": hex0(keccak(encode(["bytes32", "bytes32", "bytes32"], [home, issuer, salt]))),
                }
                for home, issuer, salt in [
                    (SUBSTRATE, b32("issuer"), b32("salt")),
                    (EVM, evm_account("issuer"), bytes(32)),
                    (bytes(32), bytes(32), bytes(32)),
                ]
            ],
            account=[
                {"name": title, "account": hex0(account), "evm": evm, "accountId32": substrate}
                for title, account, evm, substrate in [
                    ("an EVM address", evm_account("ana"), True, True),
                    ("an AccountId32", b32("account/ana"), False, True),
                    ("zero", bytes(32), False, False),
                    ("the least EVM address", short, True, True),
                    ("dirty padding", dirty, False, True),
                    ("padding dirty in its last byte", bytes(11) + b"\x01" + bytes(20), False, True),
                ]
            ],
            investor=[
                {"name": title, "investor": hex0(value), "valid": valid}
                for title, value, valid in [
                    ("an investor", investor("ana"), True),
                    ("the least one", short, True),
                    ("zero", bytes(32), False),
                    ("a bit in the high half", bytes(15) + b"\x01" + bytes(15) + b"\x01", False),
                    ("only the high half", b"\x01" * 16 + bytes(16), False),
                ]
            ],
        ),
    }
