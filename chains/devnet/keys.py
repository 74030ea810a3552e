"""The published development keys, derived and never stored. Refused unless LOCKSTEP_ENV is `dev`."""

from __future__ import annotations

import os
from functools import cache

from eth_account import Account as EthAccount
from eth_account.signers.local import LocalAccount
from substrateinterface import Keypair

from chains.devnet.errors import DevelopmentKeysRefused

DEV_MNEMONIC = "test test test test test test test test test test test junk"
ADMIN, GUARDIAN, CONTROLLER, RELAYER, ANA, BEN, CHO = range(7)
ATTESTORS = (10, 11, 12)
ORACLE_SIGNERS = (20, 21, 22)
ACCOUNTS = 30
"""How many accounts of the mnemonic the EVM chain endows."""


def require_development() -> None:
    """DevelopmentKeysRefused unless this process was started for development."""
    environment = os.environ.get("LOCKSTEP_ENV", "")
    if environment != "dev":
        raise DevelopmentKeysRefused(environment)


def dev_evm(index: int) -> LocalAccount:
    """The key at m/44'/60'/0'/0/index of the public test phrase."""
    require_development()
    return _derive_evm(index)


@cache
def _derive_evm(index: int) -> LocalAccount:
    EthAccount.enable_unaudited_hdwallet_features()
    account: LocalAccount = EthAccount.from_mnemonic(DEV_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return account


def dev_substrate(name: str) -> Keypair:
    """The sr25519 key `//name` of the public development phrase, such as `Alice`."""
    require_development()
    return Keypair.create_from_uri(f"//{name}")


def signer_addresses(indexes: tuple[int, ...]) -> list[str]:
    """The EVM addresses of these keys, ascending as signer sets want them, 0x-hex in lower case. Public."""
    return sorted(_derive_evm(index).address.lower() for index in indexes)
