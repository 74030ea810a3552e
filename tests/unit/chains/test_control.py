"""What the two adapters send for each act of issuer, guardian and admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth_abi.abi import decode

from bridge.types import Action, AssetTerms, Lot, PairRule, SignerSet
from chains.accounts import Account
from chains.control import Control
from chains.evm.artifacts import artifact, input_types, token
from chains.evm.control import EvmControl, controller_role
from chains.substrate.control import SubstrateControl

ASSET = bytes(range(32))
INVESTOR = bytes(16) + bytes([7] * 16)
OTHER = bytes(16) + bytes([8] * 16)
ACCOUNT = bytes(12) + bytes([5] * 20)
SECOND = bytes(12) + bytes([6] * 20)
ADDRESS = "0x" + "05" * 20
SECOND_ADDRESS = "0x" + "06" * 20
LOTS = (Lot(5, 0, 0), Lot(6, 7, 8))
ROWS = ((5, 0, 0), (6, 7, 8))
ACTION = Action(3, bytes([9] * 32))
LAST = (3, bytes([9] * 32))
TERMS = AssetTerms(2, 0, 1, 5, 60, 1, 100, bytes(32))
PAIRS = (PairRule(1, 2, 0),)
SET = SignerSet(1, 2, 2, (bytes([1] * 20), bytes([2] * 20), bytes([3] * 20)))
SET_VALUES = (1, 2, 2, tuple("0x" + f"{n:02x}" * 20 for n in (1, 2, 3)))
DIGEST = bytes([4] * 32)
NAME = b"memo".ljust(32, b"\0")
SIGNER: Any = Account("evm", ACCOUNT, ADDRESS, None)

ACTS: dict[str, tuple[Callable[[Control], object], str, tuple[Any, ...], dict[str, Any]]] = {
    "redeem": (
        lambda c: c.redeem(ASSET, ACCOUNT, LOTS, ACTION, SIGNER),
        "redeem",
        (ADDRESS, ROWS, *LAST),
        {"account": ACCOUNT, "lots": LOTS},
    ),
    "freeze_account": (
        lambda c: c.freeze_account(ASSET, ACCOUNT, True, ACTION, SIGNER),
        "freezeAccount",
        (ADDRESS, True, *LAST),
        {"account": ACCOUNT, "frozen": True},
    ),
    "freeze_investor": (
        lambda c: c.freeze_investor(ASSET, INVESTOR, False, ACTION, SIGNER),
        "freezeInvestor",
        (INVESTOR, False, *LAST),
        {"investor": INVESTOR, "frozen": False},
    ),
    "freeze_amount": (
        lambda c: c.freeze_amount(ASSET, INVESTOR, 9, ACTION, SIGNER),
        "freezeAmount",
        (INVESTOR, 9, *LAST),
        {"investor": INVESTOR, "amount": 9},
    ),
    "force_transfer": (
        lambda c: c.force_transfer(ASSET, ACCOUNT, SECOND, 9, ACTION, SIGNER),
        "forceTransfer",
        (ADDRESS, SECOND_ADDRESS, 9, *LAST),
        {"from": ACCOUNT, "to": SECOND, "amount": 9},
    ),
    "recover": (
        lambda c: c.recover(ASSET, ACCOUNT, SECOND, ACTION, SIGNER),
        "recover",
        (ADDRESS, SECOND_ADDRESS, *LAST),
        {"from": ACCOUNT, "to": SECOND},
    ),
    "replace_investor": (
        lambda c: c.replace_investor(ASSET, INVESTOR, OTHER, ACTION, SIGNER),
        "replaceInvestor",
        (INVESTOR, OTHER, *LAST),
        {"retired": INVESTOR, "successor": OTHER},
    ),
    "move_lots": (
        lambda c: c.move_lots(ASSET, ACCOUNT, SECOND, LOTS, ACTION, SIGNER),
        "moveLots",
        (ADDRESS, SECOND_ADDRESS, ROWS, *LAST),
        {"from": ACCOUNT, "to": SECOND, "lots": LOTS},
    ),
    "propose_release": (
        lambda c: c.propose_release(ASSET, INVESTOR, LOTS, ACTION, SIGNER),
        "proposeRelease",
        (INVESTOR, ROWS, *LAST),
        {"investor": INVESTOR, "lots": LOTS},
    ),
    "release_lots": (
        lambda c: c.release_lots(ASSET, INVESTOR, LOTS, ACTION, SIGNER),
        "releaseLots",
        (INVESTOR, ROWS, *LAST),
        {"investor": INVESTOR, "lots": LOTS},
    ),
    "cancel_release": (
        lambda c: c.cancel_release(ASSET, DIGEST, SIGNER),
        "cancelRelease",
        (DIGEST,),
        {"id": DIGEST},
    ),
    "merge_lots": (lambda c: c.merge_lots(ASSET, LOTS, SIGNER), "mergeLots", (ROWS,), {"lots": LOTS}),
    "set_document": (
        lambda c: c.set_document(ASSET, NAME, "ipfs://x", DIGEST, SIGNER),
        "setDocument",
        (NAME, "ipfs://x", DIGEST),
        {"name": NAME, "uri": "ipfs://x", "hash": DIGEST},
    ),
    "remove_document": (
        lambda c: c.remove_document(ASSET, NAME, SIGNER),
        "removeDocument",
        (NAME,),
        {"name": NAME},
    ),
    "set_velocity": (
        lambda c: c.set_velocity(ASSET, 10, 2, SIGNER),
        "setVelocity",
        (10, 2),
        {"capacity": 10, "rate": 2},
    ),
    "set_terms": (
        lambda c: c.set_terms(ASSET, TERMS, PAIRS, SIGNER),
        "setTerms",
        (TERMS.to_values(), ((1, 2, 0),)),
        {"terms": TERMS, "pairs": PAIRS},
    ),
}

GOVERNING: dict[str, tuple[Callable[[Control], object], str, tuple[Any, ...], str, dict[str, Any]]] = {
    "set_rate": (
        lambda c: c.set_rate(DIGEST, ASSET, 1, 2, 3, 4, SIGNER),
        "setRate",
        (DIGEST, ASSET, 1, 2, 3, 4),
        "Bridge",
        {"lane": DIGEST, "asset": ASSET, "out_capacity": 1, "out_rate": 2, "in_capacity": 3, "in_rate": 4},
    ),
    "propose_signers": (
        lambda c: c.propose_signers(SET, SIGNER),
        "proposeSigners",
        (SET_VALUES,),
        "Eligibility",
        {"proposal": SET},
    ),
    "propose_signers_signed": (
        lambda c: c.propose_signers_signed(SET, 1, [bytes(65)], SIGNER),
        "proposeSignersSigned",
        (SET_VALUES, 1, (bytes(65),)),
        "Eligibility",
        {"proposal": SET, "set": 1, "signatures": (bytes(65),)},
    ),
    "activate_signers": (
        lambda c: c.activate_signers(2, SIGNER),
        "activateSigners",
        (2,),
        "Eligibility",
        {"role": 2},
    ),
    "cancel_signers": (lambda c: c.cancel_signers(2, SIGNER), "cancelSigners", (2,), "Eligibility", {"role": 2}),
    "retire_signers": (lambda c: c.retire_signers(2, SIGNER), "retireSigners", (2,), "Eligibility", {"role": 2}),
    "strike_signer": (
        lambda c: c.strike_signer(2, bytes([1] * 20), SIGNER),
        "strikeSigner",
        (2, "0x" + "01" * 20),
        "Eligibility",
        {"role": 2, "signer": bytes([1] * 20)},
    ),
}


class Evm(EvmControl):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self._bridge = artifact("ComplianceBridge")
        self.contracts: Any = type("Contracts", (), {"bridge": "bridge"})

    def token_of(self, asset: bytes) -> str:
        assert asset == ASSET
        return "token"

    def _send(self, signer: Account, to: str, data: bytes, on_signed: Any = None) -> Any:
        self.sent.append((to, data))


class Substrate(SubstrateControl):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, dict[str, object]]] = []

    def _call(
        self, signer: Account, pallet: str, call: str, args: Any, on_signed: Any = None, explain: Any = None
    ) -> Any:
        self.sent.append((pallet, call, args))


def decoded(contract: Any, function: str, data: bytes) -> tuple[Any, ...]:
    (entry,) = [one for one in contract.entries("function", function) if contract.abi]
    return tuple(decode(input_types(entry), data[4:]))


@pytest.mark.parametrize("name", sorted(ACTS))
def test_an_act_on_an_asset_is_the_same_call_on_both_chains(name: str) -> None:
    act, function, values, args = ACTS[name]
    evm, substrate = Evm(), Substrate()
    act(evm)
    act(substrate)
    ((to, data),) = evm.sent
    assert to == "token"
    assert decoded(token(), function, data) == values
    has_action = values[-2:] == LAST
    assert substrate.sent == [
        ("SecurityToken", name, {"asset": ASSET, **args, **({"action": ACTION} if has_action else {})})
    ]


@pytest.mark.parametrize("name", sorted(GOVERNING))
def test_an_act_of_governance_is_the_same_call_on_both_chains(name: str) -> None:
    act, function, values, pallet, args = GOVERNING[name]
    evm, substrate = Evm(), Substrate()
    act(evm)
    act(substrate)
    ((to, data),) = evm.sent
    assert to == "bridge"
    assert decoded(artifact("ComplianceBridge"), function, data) == values
    assert substrate.sent == [(pallet, name, args)]


def test_every_act_of_the_interface_is_tried_here() -> None:
    reads = {"history", "order_started", "fate", "set_controller"}
    acts = {name for name in vars(Control) if not name.startswith("_")} - reads
    assert acts == set(ACTS) | set(GOVERNING)


def test_an_assets_controller_has_a_role_of_its_own_that_no_chain_wide_role_is() -> None:
    assert controller_role(bytes(32)) == 1 << 63
    assert controller_role(bytes([0xFF] * 32)) == 2**64 - 1
    assert controller_role(bytes([1] + [0] * 31)) != controller_role(bytes([2] + [0] * 31))
    assert min(controller_role(bytes([n] * 32)) for n in range(256)) > 2
