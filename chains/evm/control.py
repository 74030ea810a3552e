"""The issuer's, guardian's and admin's side of an EVM chain: see `chains.control.Control`."""

from __future__ import annotations

from collections.abc import Sequence

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from bridge.types import Action, AssetTerms, Lot, PairRule, SignerSet
from chains.accounts import Account
from chains.base import Submitted
from chains.errors import MalformedAnswer
from chains.evm.artifacts import artifact
from chains.evm.codec import event_topic
from chains.evm.connection import EvmConnection
from chains.evm.rpc import CHAIN, as_bytes

PER_ASSET_ROLE = 1 << 63
"""Set in every controller's role, so that no asset's role is one of the chain's own (0 admin, 1 guardian)."""


def controller_role(asset: bytes) -> int:
    """The AccessManager role of an asset's controller: uint64(uint256(asset) >> 192) | 2^63."""
    return int.from_bytes(asset[:8], "big") | PER_ASSET_ROLE


class EvmControl(EvmConnection):
    """`chains.control.Control` for an EVM chain."""

    def redeem(self, asset: bytes, account: bytes, lots: Sequence[Lot], action: Action, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "redeem", account, _rows(lots), action=action)

    def freeze_account(self, asset: bytes, account: bytes, frozen: bool, action: Action, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "freezeAccount", account, frozen, action=action)

    def freeze_investor(
        self, asset: bytes, investor: bytes, frozen: bool, action: Action, signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "freezeInvestor", investor, frozen, action=action)

    def freeze_amount(self, asset: bytes, investor: bytes, amount: int, action: Action, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "freezeAmount", investor, amount, action=action)

    def force_transfer(
        self, asset: bytes, sender: bytes, to: bytes, amount: int, action: Action, signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "forceTransfer", sender, to, amount, action=action)

    def recover(self, asset: bytes, lost: bytes, to: bytes, action: Action, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "recover", lost, to, action=action)

    def replace_investor(
        self, asset: bytes, retired: bytes, successor: bytes, action: Action, signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "replaceInvestor", retired, successor, action=action)

    def move_lots(
        self, asset: bytes, sender: bytes, to: bytes, lots: Sequence[Lot], action: Action, signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "moveLots", sender, to, _rows(lots), action=action)

    def propose_release(
        self, asset: bytes, investor: bytes, lots: Sequence[Lot], action: Action, signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "proposeRelease", investor, _rows(lots), action=action)

    def release_lots(
        self, asset: bytes, investor: bytes, lots: Sequence[Lot], action: Action, signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._act(signer, asset, "releaseLots", investor, _rows(lots), action=action)

    def cancel_release(self, asset: bytes, release: bytes, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._call_token(signer, asset, "cancelRelease", release)

    def merge_lots(self, asset: bytes, lots: Sequence[Lot], signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._call_token(signer, asset, "mergeLots", _rows(lots))

    def set_document(self, asset: bytes, name: bytes, uri: str, digest: bytes, signer: Account) -> Submitted:
        """See `chains.control.Control`; ERC-1643's own call."""
        return self._call_token(signer, asset, "setDocument", name, uri, digest)

    def remove_document(self, asset: bytes, name: bytes, signer: Account) -> Submitted:
        """See `chains.control.Control`; ERC-1643's own call."""
        return self._call_token(signer, asset, "removeDocument", name)

    def set_velocity(self, asset: bytes, capacity: int, rate: int, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._call_token(signer, asset, "setVelocity", capacity, rate)

    def set_terms(self, asset: bytes, terms: AssetTerms, pairs: Sequence[PairRule], signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        rows = [pair.to_values() for pair in pairs]
        return self._call_token(signer, asset, "setTerms", terms.to_values(), rows)

    def set_controller(self, asset: bytes, controller: bytes, signer: Account) -> Submitted:
        """Grants the asset's role to the controller and takes it from everybody else who holds it."""
        role = controller_role(asset)
        authority = artifact("AccessManager")
        for other in self._granted(role) - {controller}:
            if self._has_role(role, other):
                self._send(signer, self.contracts.authority, authority.calldata("revokeRole", role, other))
        return self._send(signer, self.contracts.authority, authority.calldata("grantRole", role, controller, 0))

    def set_rate(
        self,
        lane: bytes,
        asset: bytes,
        out_capacity: int,
        out_rate: int,
        in_capacity: int,
        in_rate: int,
        signer: Account,
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._call_bridge(signer, "setRate", lane, asset, out_capacity, out_rate, in_capacity, in_rate)

    def propose_signers(self, proposed: SignerSet, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._call_bridge(signer, "proposeSigners", proposed.to_values())

    def propose_signers_signed(
        self, proposed: SignerSet, set_id: int, signatures: Sequence[bytes], signer: Account
    ) -> Submitted:
        """See `chains.control.Control`."""
        return self._call_bridge(signer, "proposeSignersSigned", proposed.to_values(), set_id, list(signatures))

    def activate_signers(self, role: int, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._call_bridge(signer, "activateSigners", role)

    def cancel_signers(self, role: int, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._call_bridge(signer, "cancelSigners", role)

    def retire_signers(self, role: int, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._call_bridge(signer, "retireSigners", role)

    def strike_signer(self, role: int, address: bytes, signer: Account) -> Submitted:
        """See `chains.control.Control`."""
        return self._call_bridge(signer, "strikeSigner", role, address)

    def _act(self, signer: Account, asset: bytes, function: str, *args: object, action: Action) -> Submitted:
        """A controller's action: the reason and the document come last."""
        return self._call_token(signer, asset, function, *args, action.reason, action.document)

    def _has_role(self, role: int, account: bytes) -> bool:
        data = artifact("AccessManager").calldata("hasRole", role, account)
        try:
            is_member, _delay = decode(["bool", "uint32"], self._rpc.call(self.contracts.authority, data, None))
        except DecodingError as error:
            raise MalformedAnswer(CHAIN, "hasRole") from error
        return bool(is_member)

    def _granted(self, role: int) -> set[bytes]:
        """Everybody who was ever given a role."""
        topic = event_topic(artifact("AccessManager").entry("event", "RoleGranted"))
        query = {
            "address": self.contracts.authority,
            "fromBlock": "0x0",
            "toBlock": "latest",
            "topics": ["0x" + topic.hex(), f"0x{role:064x}"],
        }
        return {as_bytes(log["topics"][2], "an account") for log in self._logs_of(query)}


def _rows(lots: Sequence[Lot]) -> list[tuple[object, ...]]:
    return [lot.to_values() for lot in lots]
