"""What the owner of an account signs: one statement, as readable text and as EIP-712 typed data.

Both name the oracle, the asset, the chain, the account, the holder's key, a nonce and an end, so that a signature serves one binding at
one oracle only. The EIP-712 domain is of its own: none of the bridge's signed objects can be mistaken for it.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils.address import to_checksum_address
from substrateinterface.utils.ss58 import is_valid_ss58_address, ss58_decode

from bridge.domains import account_of_evm, evm_of_account
from identity.oracle.people.proofs.errors import AccountMalformed

EVM, SUBSTRATE = "eip155", "polkadot"
_EVM_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_ACCOUNT_ID = re.compile(r"0x[0-9a-fA-F]{64}")

_TYPES = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
    ],
    "AccountControl": [
        {"name": "statement", "type": "string"},
        {"name": "oracle", "type": "string"},
        {"name": "asset", "type": "bytes32"},
        {"name": "chain", "type": "string"},
        {"name": "account", "type": "address"},
        {"name": "holder", "type": "string"},
        {"name": "nonce", "type": "string"},
        {"name": "expiresAt", "type": "uint64"},
    ],
}
STATEMENT = "I control this account and ask to bind it to my record as an investor in this asset."


@dataclass(frozen=True, slots=True)
class AccountControl:
    """The statement. `chain` is a CAIP-2 id; `asset` and `account` are 32 bytes; `expires_at` UTC seconds.

    `holder` is the RFC 7638 thumbprint of the key that the investor's credentials are bound to: whoever sees credentials
    and a statement, as signers do, sees that they name each other.
    """

    oracle: str
    asset: bytes
    chain: str
    account: bytes
    holder: str
    nonce: str
    expires_at: int

    @property
    def is_evm(self) -> bool:
        """Whether the account is one of an EVM chain."""
        return namespace_of(self.chain) == EVM

    def account_text(self) -> str:
        """The account as its statement names it: an EIP-55 address, or the AccountId32 in hex."""
        return account_text(self.chain, self.account)

    def text(self) -> str:
        """The readable statement, as wallets that sign texts show it."""
        end = dt.datetime.fromtimestamp(self.expires_at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return "\n".join(
            (
                STATEMENT,
                "",
                f"Oracle: {self.oracle}",
                f"Asset: 0x{self.asset.hex()}",
                f"Chain: {self.chain}",
                f"Account: {self.account_text()}",
                f"Holder key: {self.holder}",
                f"Nonce: {self.nonce}",
                f"Expires: {end}",
            )
        )

    def typed_data(self) -> dict[str, Any]:
        """The same as EIP-712 typed data, as wallets of EVM accounts show it. AccountMalformed for other chains."""
        if not self.is_evm:
            raise AccountMalformed(self.chain, "only accounts of EVM chains sign typed data")
        return {
            "types": _TYPES,
            "primaryType": "AccountControl",
            "domain": {
                "name": "Lockstep account control",
                "version": "1",
                "chainId": int(self.chain.partition(":")[2]),
            },
            "message": {
                "statement": STATEMENT,
                "oracle": self.oracle,
                "asset": "0x" + self.asset.hex(),
                "chain": self.chain,
                "account": self.account_text(),
                "holder": self.holder,
                "nonce": self.nonce,
                "expiresAt": self.expires_at,
            },
        }

    def signable(self) -> SignableMessage:
        """The typed data in the form that the EVM library signs and recovers."""
        return encode_typed_data(full_message=self.typed_data())


def namespace_of(chain: str) -> str:
    """The namespace of a CAIP-2 id: `eip155` or `polkadot`. AccountMalformed for any other."""
    namespace, _, reference = chain.partition(":")
    if namespace == EVM and reference.isascii() and reference.isdigit() and len(reference) <= 18:
        return EVM
    if namespace == SUBSTRATE and reference:
        return SUBSTRATE
    raise AccountMalformed(chain[:64], "this kind of chain is not served")


def account_text(chain: str, account: bytes) -> str:
    """The one spelling of an account in statements and answers."""
    if namespace_of(chain) == EVM:
        return to_checksum_address(evm_of_account(account))
    return "0x" + account.hex()


def parse_account(chain: str, text: str) -> bytes:
    """The 32 bytes of an account as people write it: an EVM address; an SS58 address or an AccountId32 in hex.

    Raises:
        AccountMalformed: another spelling, a wrong EIP-55 or SS58 checksum, the zero account.
    """
    if namespace_of(chain) == EVM:
        if not _EVM_ADDRESS.fullmatch(text):
            raise AccountMalformed(chain, "an address is 0x and 40 hex digits")
        digits = text[2:]
        mixed = digits not in (digits.lower(), digits.upper())
        if mixed and to_checksum_address(text) != text:
            raise AccountMalformed(chain, "the checksum of the address is wrong")
        if not any(bytes.fromhex(digits)):
            raise AccountMalformed(chain, "the zero address")
        return account_of_evm(bytes.fromhex(digits))
    if _ACCOUNT_ID.fullmatch(text):
        account = bytes.fromhex(text[2:])
    elif len(text) <= 64 and is_valid_ss58_address(text):
        account = bytes.fromhex(ss58_decode(text))
    else:
        raise AccountMalformed(chain, "neither an SS58 address nor an AccountId32 in hex")
    if len(account) != 32 or not any(account):
        raise AccountMalformed(chain, "an account has 32 bytes that are not all zero")
    return account
