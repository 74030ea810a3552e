"""Names of chains, assets and accounts (CAIP-2; protocol section 1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from bridge.errors import InvalidChainName, InvalidField, MalformedAccount
from bridge.types import ZERO32, AccountKind

SUBSTRATE_BRIDGE: Final = keccak(text="lockstep/bridge")
"""The bridge's name on a Substrate chain: pallets have no address."""

# CAIP-2 allows upper case in a reference; two spellings of one chain would be two domains, so only lower case is taken.
_CAIP2: Final = re.compile(r"[-a-z0-9]{3,8}:[-_a-z0-9]{1,32}")
_EVM_PADDING: Final = bytes(12)


@dataclass(frozen=True, slots=True)
class ChainName:
    """A bridge on a chain in one life of that chain.

    `deployment` is drawn anew with every genesis or constructor, so that signatures for an earlier dev chain with the
    same genesis hash and addresses are worth nothing.

    Raises:
        InvalidChainName: the CAIP-2 id is malformed or not in lower case.
        InvalidField: bridge or deployment is not 32 bytes.
    """

    caip2: str
    bridge: bytes
    deployment: bytes

    def __post_init__(self) -> None:
        if not _CAIP2.fullmatch(self.caip2):
            raise InvalidChainName(self.caip2)
        _require32("ChainName", "bridge", self.bridge)
        _require32("ChainName", "deployment", self.deployment)

    def domain(self) -> bytes:
        """keccak256(abi.encode(string caip2, bytes32 bridge, bytes32 deployment)): the EIP-712 salt of this chain."""
        return keccak(encode(["string", "bytes32", "bytes32"], [self.caip2, self.bridge, self.deployment]))


def evm_caip2(chain_id: int) -> str:
    """The CAIP-2 id of an EVM chain."""
    return f"eip155:{chain_id}"


def substrate_caip2(genesis: bytes) -> str:
    """The CAIP-2 id of a Substrate chain: the first 32 hex digits of its genesis hash."""
    _require32("ChainName", "genesis", genesis)
    return f"polkadot:{genesis.hex()[:32]}"


def asset_id(home_domain: bytes, issuer: bytes, salt: bytes) -> bytes:
    """keccak256(abi.encode(bytes32 homeDomain, bytes32 issuer, bytes32 salt))."""
    for name, value in (("home_domain", home_domain), ("issuer", issuer), ("salt", salt)):
        _require32("AssetId", name, value)
    return keccak(home_domain + issuer + salt)


def account_of_evm(address: bytes) -> bytes:
    """An EVM address as an account: left-padded with 12 zero bytes.

    Raises:
        MalformedAccount: not 20 bytes, or the zero address.
    """
    if len(address) != 20 or not any(address):
        raise MalformedAccount(address)
    return _EVM_PADDING + address


def evm_of_account(account: bytes) -> bytes:
    """The 20-byte EVM address in an account.

    Raises:
        MalformedAccount: not 12 zero bytes followed by 20 that are not all zero.
    """
    if not is_account(AccountKind.EVM, account):
        raise MalformedAccount(account)
    return account[12:]


def is_account(kind: AccountKind, account: bytes) -> bool:
    """Whether 32 bytes can be an account of this kind of chain (else RecipientMalformed)."""
    if len(account) != 32 or account == ZERO32:
        return False
    return kind is AccountKind.ACCOUNT_ID32 or account[:12] == _EVM_PADDING


def is_investor_id(investor: bytes) -> bool:
    """Whether 32 bytes are an InvestorId: the high half zero, the low half not."""
    return len(investor) == 32 and investor[:16] == bytes(16) and any(investor)


def _require32(struct: str, field: str, value: bytes) -> None:
    if not isinstance(value, bytes) or len(value) != 32:
        raise InvalidField(struct, field, "bytes32", value)
