"""Cases for every signed struct: none, one and many items, nested lots, extreme values."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.parity.sources.domains import EVM, SUBSTRATE
from tests.parity.sources.eip712 import TYPES, digest, separator, struct_hash
from tests.parity.sources.shapes import Case, LotT, b32, evm_account, hex0, investor, lot_columns, with_counts

U16, U32, U64, U128 = 2**16 - 1, 2**32 - 1, 2**64 - 1, 2**128 - 1
ONES = b"\xff" * 32

LOT_ABI = "(uint128,uint64,uint64)"
ABI = {
    "TransferOrder": "(bytes32,bytes32,uint64,bytes32,uint32,bytes32,bytes32,bytes32,bytes32,"
    f"{LOT_ABI}[],uint16,uint64,uint64)",
    "Approval": "(bytes32[],uint64)",
    "Rejection": "(bytes32,uint32)",
    "TransferReceipt": "(bytes32,uint8,uint32,uint64)",
    "OracleBatch": "(uint64,uint64,(bytes32,bytes32,uint64,uint16,uint8,int128)[],(bytes32,bytes32,bytes32)[],"
    "(bytes32,uint16,int64)[])",
    "BindingPermit": "(bytes32,bytes32,bytes32,uint64)",
    "SignerSet": "(uint8,uint64,uint8,address[])",
}


def make() -> Case:
    return with_counts(
        typeHash=[{"name": name, "text": text, "hash": hex0(keccak(text=text))} for name, text in TYPES.items()],
        order=_orders(),
        approval=_approvals(),
        rejection=_rejections(),
        receipt=_receipts(),
        batch=_batches(),
        permit=_permits(),
        signerSet=_signer_sets(),
    )


def _case(title: str, struct: str, columns: Case, message: dict[str, Any], domain: bytes) -> Case:
    return {
        "name": title,
        **columns,
        "domain": hex0(domain),
        "separator": hex0(separator(domain)),
        "structHash": hex0(struct_hash(struct, message)),
        "digest": hex0(digest(struct, message, domain)),
        "abi": hex0(encode([ABI[struct]], [_plain(message)])),
    }


def _plain(message: Any) -> Any:
    if isinstance(message, dict):
        return tuple(_plain(value) for value in message.values())
    return [_plain(item) for item in message] if isinstance(message, list) else message


def _orders() -> list[Case]:
    several: list[LotT] = [(250, 0, 0), (7, 1_700_000_000, 1_800_000_000), (9, 1_700_000_001, 1_800_000_000)]
    many: list[LotT] = [(1, 0, 0), *((10**18 + i, 1_600_000_000 + i, 1_900_000_000 + 60 * i) for i in range(32))]
    return [
        _order("no lots", [], SUBSTRATE, EVM),
        _order("one free lot", [(100, 0, 0)], SUBSTRATE, EVM),
        _order("one locked lot", [(100, 1_700_000_000, 1_800_000_000)], EVM, SUBSTRATE),
        _order("free first, then two lots of one unlock time", several, SUBSTRATE, EVM, seat=513),
        _order("a free lot and 32 locked ones", many, EVM, SUBSTRATE),
        _order("largest values", [(U128, U64, U64), (U128, U64, U64)], ONES, ONES, nonce=U64, terms=U32, seat=U16,
               initiated_at=U64, deadline=U64),
        _order("smallest values", [(0, 0, 0)], bytes(32), bytes(32), nonce=0, terms=0, initiated_at=0, deadline=0),
    ]  # fmt: skip


def _order(
    title: str,
    lots: list[LotT],
    source: bytes,
    destination: bytes,
    nonce: int = 1,
    terms: int = 1,
    seat: int = 0,
    initiated_at: int = 1_760_000_000,
    deadline: int = 1_760_003_600,
) -> Case:
    head: dict[str, Any] = {
        "source": source,
        "destination": destination,
        "nonce": nonce,
        "asset": b32("asset"),
        "terms": terms,
        "fromInvestor": investor("ana"),
        "toInvestor": investor("ben"),
        "sender": b32("account/ana"),
        "recipient": evm_account("ben"),
        "lots": [
            {"amount": amount, "acquiredAt": acquired, "unlocksAt": unlocks} for amount, acquired, unlocks in lots
        ],
        "seat": seat,
        "initiatedAt": initiated_at,
        "deadline": deadline,
    }
    columns: Case = {
        key: hex0(value) if isinstance(value, bytes) else value for key, value in head.items() if key != "lots"
    }
    for key in ("nonce", "initiatedAt", "deadline"):
        columns[key] = str(head[key])
    return _case(title, "TransferOrder", {**columns, **lot_columns("lot", lots)}, head, destination)


def _approvals() -> list[Case]:
    lists = [
        ("no orders", [], 1_760_003_600),
        ("one order", [b32("order/0")], 1_760_003_600),
        ("many orders", [b32(f"order/{i}") for i in range(100)], 1_760_003_600),
        ("latest expiry", [bytes(32), ONES], U64),
    ]
    return [
        _case(
            title,
            "Approval",
            {"orders": [hex0(order) for order in orders], "expiresAt": str(expires)},
            {"orders": orders, "expiresAt": expires},
            EVM,
        )
        for title, orders, expires in lists
    ]


def _rejections() -> list[Case]:
    cases = [("deadline passed", 21, EVM), ("largest reason", U32, SUBSTRATE), ("no reason", 0, EVM)]
    return [
        _case(
            title,
            "Rejection",
            {"order": hex0(b32("order/0")), "reason": reason},
            {"order": b32("order/0"), "reason": reason},
            domain,
        )
        for title, reason, domain in cases
    ]


def _receipts() -> list[Case]:
    cases = [
        ("delivered", 1, 0, 1_760_000_100, SUBSTRATE),
        ("rejected", 2, 18, 1_760_000_100, SUBSTRATE),
        ("expired", 3, 21, 1_760_003_600, EVM),
        ("largest values", 255, U32, U64, EVM),
    ]
    return [
        _case(
            title,
            "TransferReceipt",
            {"order": hex0(b32("order/0")), "outcome": outcome, "reason": reason, "decidedAt": str(decided)},
            {"order": b32("order/0"), "outcome": outcome, "reason": reason, "decidedAt": decided},
            domain,
        )
        for title, outcome, reason, decided, domain in cases
    ]


def _batches() -> list[Case]:
    eligibility = [b32("asset"), investor("ana"), 1_762_000_000, 513, 7, 10**24]
    lowered = [b32("asset"), investor("ben"), U64, U16, 255, -(2**127)]
    raised = [ONES, ONES, 0, 0, 0, 2**127 - 1]
    binding = [b32("asset"), evm_account("ana"), investor("ana")]
    unbinding = [b32("asset"), b32("account/ben"), bytes(32)]
    quotas = [[b32("asset"), 513, 2**63 - 1], [b32("asset"), U16, -(2**63)], [b32("asset"), 0, -1]]
    many = [[b32("asset"), investor(str(i)), 1_762_000_000 + i, i, 7, i - 50] for i in range(100)]
    return [
        _batch("heartbeat", 1, 1_760_000_000, [], [], []),
        _batch("one item of each kind", 2, 1_760_000_060, [eligibility], [binding], [quotas[0]]),
        _batch("one eligibility only", 3, 1_760_000_120, [eligibility], [], []),
        _batch("one binding only", 4, 1_760_000_180, [], [binding], []),
        _batch("one quota only", 5, 1_760_000_240, [], [], [quotas[1]]),
        _batch("extreme values", U64, U64, [lowered, raised], [unbinding, binding], quotas),
        _batch("a hundred items", 6, 1_760_000_300, many, [], []),
    ]


def _batch(title: str, number: int, issued: int, items: list[Any], bindings: list[Any], quotas: list[Any]) -> Case:
    names = ("asset", "investor", "validUntil", "class", "permissions", "limitDelta")
    message = {
        "number": number,
        "issuedAt": issued,
        "eligibilities": [dict(zip(names, item, strict=True)) for item in items],
        "bindings": [dict(zip(("asset", "account", "investor"), item, strict=True)) for item in bindings],
        "quotas": [dict(zip(("asset", "class", "delta"), item, strict=True)) for item in quotas],
    }
    columns = {
        "number": str(number),
        "issuedAt": str(issued),
        "eligibilityAssets": [hex0(item[0]) for item in items],
        "eligibilityInvestors": [hex0(item[1]) for item in items],
        "eligibilityValidUntil": [str(item[2]) for item in items],
        "eligibilityClasses": [item[3] for item in items],
        "eligibilityPermissions": [item[4] for item in items],
        "eligibilityLimitDeltas": [str(item[5]) for item in items],
        "bindingAssets": [hex0(item[0]) for item in bindings],
        "bindingAccounts": [hex0(item[1]) for item in bindings],
        "bindingInvestors": [hex0(item[2]) for item in bindings],
        "quotaAssets": [hex0(item[0]) for item in quotas],
        "quotaClasses": [item[1] for item in quotas],
        "quotaDeltas": [str(item[2]) for item in quotas],
    }
    return _case(title, "OracleBatch", columns, message, EVM)


def _permits() -> list[Case]:
    cases = [
        ("an EVM account", b32("asset"), evm_account("ana"), investor("ana"), 1_760_003_600, EVM),
        ("an AccountId32", b32("asset"), b32("account/ana"), investor("ana"), 1_760_003_600, SUBSTRATE),
        ("largest values", ONES, ONES, ONES, U64, EVM),
    ]
    return [
        _case(
            title,
            "BindingPermit",
            {"asset": hex0(asset), "account": hex0(account), "investor": hex0(owner), "expiresAt": str(expires)},
            {"asset": asset, "account": account, "investor": owner, "expiresAt": expires},
            domain,
        )
        for title, asset, account, owner, expires, domain in cases
    ]


def _signer_sets() -> list[Case]:
    addresses = sorted(b32(f"signer/{i}")[12:] for i in range(25))
    cases = [
        ("nobody", 1, 1, 0, []),
        ("one of one", 2, 1, 1, addresses[:1]),
        ("two of three", 1, 7, 2, addresses[:3]),
        ("thirteen of twenty-five", 2, U64, 13, addresses),
    ]
    return [
        _case(
            title,
            "SignerSet",
            {"role": role, "id": str(number), "threshold": k, "signers": [hex0(signer) for signer in signers]},
            {"role": role, "id": number, "threshold": k, "signers": signers},
            EVM,
        )
        for title, role, number, k, signers in cases
    ]
