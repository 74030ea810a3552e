"""EIP-712 by hand: type strings as the protocol prints them, words concatenated, hashed (the standard's formula)."""

from __future__ import annotations

from typing import Any

from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

LOT = "Lot(uint128 amount,uint64 acquiredAt,uint64 unlocksAt)"
ELIGIBILITY = (
    "EligibilityItem(bytes32 asset,bytes32 investor,uint64 validUntil,uint16 class,uint8 permissions,int128 limitDelta)"
)
BINDING = "BindingItem(bytes32 asset,bytes32 account,bytes32 investor)"
QUOTA = "QuotaItem(bytes32 asset,uint16 class,int64 delta)"
TYPES = {
    "Lot": LOT,
    "TransferOrder": "TransferOrder(bytes32 source,bytes32 destination,uint64 nonce,bytes32 asset,uint32 terms,"
    "bytes32 fromInvestor,bytes32 toInvestor,bytes32 sender,bytes32 recipient,Lot[] lots,uint16 seat,"
    "uint64 initiatedAt,uint64 deadline)" + LOT,
    "Approval": "Approval(bytes32[] orders,uint64 expiresAt)",
    "Rejection": "Rejection(bytes32 order,uint32 reason)",
    "TransferReceipt": "TransferReceipt(bytes32 order,uint8 outcome,uint32 reason,uint64 decidedAt)",
    "EligibilityItem": ELIGIBILITY,
    "BindingItem": BINDING,
    "QuotaItem": QUOTA,
    "OracleBatch": "OracleBatch(uint64 number,uint64 issuedAt,EligibilityItem[] eligibilities,BindingItem[] bindings,"
    "QuotaItem[] quotas)" + BINDING + ELIGIBILITY + QUOTA,
    "BindingPermit": "BindingPermit(bytes32 asset,bytes32 account,bytes32 investor,uint64 expiresAt)",
    "SignerSet": "SignerSet(uint8 role,uint64 id,uint8 threshold,address[] signers)",
}
DOMAIN_TYPE = "EIP712Domain(string name,string version,bytes32 salt)"


def separator(domain: bytes) -> bytes:
    return keccak(keccak(text=DOMAIN_TYPE) + keccak(text="Lockstep") + keccak(text="1") + domain)


def struct_hash(name: str, message: dict[str, Any]) -> bytes:
    """keccak(type hash, one word per member); an array's word is the hash of its items' words."""
    members = [member.split(" ") for member in _own(TYPES[name])[len(name) + 1 : -1].split(",")]
    return keccak(keccak(text=TYPES[name]) + b"".join(_word(kind, message[member]) for kind, member in members))


def digest(name: str, message: dict[str, Any], domain: bytes) -> bytes:
    """The digest by hand; eth_account has to agree, or no vector is written."""
    by_hand = keccak(b"\x19\x01" + separator(domain) + struct_hash(name, message))
    if by_hand != _by_eth_account(name, message, domain):
        raise ValueError(f"two independent ways give two digests of {name}")
    return by_hand


def _own(encoded: str) -> str:
    return encoded[: encoded.index(")") + 1]


def _word(kind: str, value: Any) -> bytes:
    if kind.endswith("[]"):
        return keccak(b"".join(_word(kind[:-2], item) for item in value))
    if kind in TYPES:
        return struct_hash(kind, value)
    if kind == "bytes32":
        return bytes(value)
    if kind == "address":
        return bytes(12) + bytes(value)
    number: int = value % 2**256
    return number.to_bytes(32, "big")


def _by_eth_account(name: str, message: dict[str, Any], domain: bytes) -> bytes:
    types: dict[str, Any] = {
        "EIP712Domain": [
            {"name": "name", "type": "string"},
            {"name": "version", "type": "string"},
            {"name": "salt", "type": "bytes32"},
        ]
    }
    for struct, encoded in TYPES.items():
        if f"{struct}(" in TYPES[name]:
            types[struct] = _members(encoded)
    signable = encode_typed_data(
        full_message={
            "types": types,
            "primaryType": name,
            "domain": {"name": "Lockstep", "version": "1", "salt": domain},
            "message": message,
        }
    )
    return bytes(keccak(b"\x19" + signable.version + signable.header + signable.body))


def _members(encoded: str) -> list[dict[str, str]]:
    inner = _own(encoded).partition("(")[2][:-1]
    pairs = [member.split(" ") for member in inner.split(",")]
    return [{"name": member, "type": kind} for kind, member in pairs]
