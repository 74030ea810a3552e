"""Replacing an asset's token on an EVM chain: see `chains.replacement.ReplaceableChain`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple
from eth_utils.address import to_checksum_address

from bridge.errors import UnrecoverableError
from bridge.types import Lot
from chains.accounts import Account
from chains.base import OnSigned, Submitted
from chains.errors import MalformedAnswer
from chains.evm.artifacts import artifact, token
from chains.evm.control import EvmControl
from chains.evm.rpc import CHAIN
from chains.replacement import AccountRecord, AssetRecord, HolderRecord, ImportProgress
from chains.views import AssetParams, QuotaView


class ControlsUnknown(UnrecoverableError):
    """An asset can't be registered through a connection that was not told where the tokens' shared code is."""

    def __init__(self) -> None:
        super().__init__("this connection does not know the contract with the tokens' shared code (controls)")


class EvmReplacing(EvmControl):
    """`chains.replacement.ReplaceableChain` for an EVM chain."""

    def deploy_token(self, params: AssetParams, signer: Account, on_signed: OnSigned | None = None) -> str:
        """See `chains.replacement.ReplaceableChain`."""
        if not self.contracts.controls:
            raise ControlsUnknown
        code = artifact("SecurityToken").creation_code(
            self.contracts.bridge, self.contracts.authority, self.contracts.controls, params.to_values()
        )
        return str(to_checksum_address(self._sender.send(signer, None, code, on_signed)["contractAddress"]))

    def pause_of(self, asset: bytes) -> int:
        """See `chains.replacement.ReplaceableChain`."""
        return self._registration(asset)[1]

    def replace_token(self, asset: bytes, token: str, signer: Account) -> Submitted:
        """See `chains.replacement.ReplaceableChain`."""
        return self._call_bridge(signer, "replaceToken", asset, token)

    def import_progress(self, token: str) -> ImportProgress:
        """See `chains.replacement.ReplaceableChain`."""
        ((before, after, closed, rest, finished, accounts, holders, _total),) = self._ask(token, "importState")
        return ImportProgress(_address(before), _address(after), closed, rest, finished, accounts, holders)

    def export_account(self, token: str, account: bytes) -> AccountRecord:
        """See `chains.replacement.ReplaceableChain`."""
        (row,) = self._ask(token, "exportAccount", account)
        return AccountRecord(*row)

    def export_holder(self, token: str, investor: bytes) -> HolderRecord:
        """See `chains.replacement.ReplaceableChain`."""
        ((*row, lots),) = self._ask(token, "exportHolder", investor)
        return HolderRecord(*[*row, tuple(Lot.from_values(lot) for lot in lots)])

    def export_class(self, token: str, class_: int) -> QuotaView:
        """See `chains.replacement.ReplaceableChain`."""
        return QuotaView(*self._ask(token, "quotaOf", class_))

    def export_asset(self, token: str) -> AssetRecord:
        """See `chains.replacement.ReplaceableChain`."""
        raw = self._read(token, "exportRest")
        ((*_, supply, _issued, _redeemed, accounts, holders),) = self._decoded("exportRest", raw)
        return AssetRecord(accounts, holders, supply, raw)

    def import_accounts(self, token: str, accounts: Sequence[bytes], signer: Account) -> Submitted:
        """See `chains.replacement.ReplaceableChain`."""
        return self._import(token, signer, "importAccounts", [account[12:] for account in accounts])

    def import_holders(self, token: str, investors: Sequence[bytes], signer: Account) -> Submitted:
        """See `chains.replacement.ReplaceableChain`."""
        return self._import(token, signer, "importHolders", list(investors))

    def import_classes(self, token: str, classes: Sequence[int], signer: Account) -> Submitted:
        """See `chains.replacement.ReplaceableChain`."""
        return self._import(token, signer, "importClasses", list(classes))

    def import_rest(self, token: str, signer: Account) -> Submitted:
        """See `chains.replacement.ReplaceableChain`."""
        return self._import(token, signer, "importRest")

    def finish_import(self, token: str, signer: Account) -> Submitted:
        """See `chains.replacement.ReplaceableChain`."""
        return self._import(token, signer, "finishImport")

    def _import(self, address: str, signer: Account, function: str, *args: object) -> Submitted:
        return self._send(signer, address, token().calldata(function, *args))

    def _ask(self, address: str, function: str, *args: object) -> tuple[Any, ...]:
        return self._decoded(function, self._read(address, function, *args))

    def _read(self, address: str, function: str, *args: object) -> bytes:
        return self._rpc.call(address, token().calldata(function, *args), None)

    @staticmethod
    def _decoded(function: str, answer: bytes) -> tuple[Any, ...]:
        types = [collapse_if_tuple(item) for item in token().entry("function", function)["outputs"]]
        try:
            return tuple(decode(types, answer))
        except (DecodingError, OverflowError) as error:
            raise MalformedAnswer(CHAIN, function) from error


def _address(text: str) -> str | None:
    return str(to_checksum_address(text)) if int(text, 16) else None
