// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC1404} from "../../src/interfaces/IERC1404.sol";
import {IERC1410Views, IERC1594Check} from "../../src/interfaces/IERC1410Views.sol";
import {Refusals} from "../../src/libraries/Refusals.sol";
import {Reason} from "../../src/types/Types.sol";
import {RefusalTexts} from "../../src/token/surface/RefusalTexts.sol";
import {ControlsBase} from "../controls/ControlsBase.sol";

/// @title Asking why not, and partitions
contract RestrictionsTest is ControlsBase {
    IERC1404 private asking;
    IERC1410Views private parts;

    function setUp() public override {
        super.setUp();
        asking = IERC1404(address(home.token));
        parts = IERC1410Views(address(home.token));
        issue(home, ana, lots2(free(1000), lot(500, LOCK)));
    }

    function test_TellsTheLowestOfTheRulesThatFail() external {
        vm.assertEq(asking.detectTransferRestriction(ana, ben, 1000), 0);
        vm.assertEq(asking.detectTransferRestriction(ana, ben, 1001), 14);
        vm.assertEq(asking.detectTransferRestriction(spare, ben, 1), 4);
        vm.assertEq(asking.detectTransferRestriction(ana, spare, 0), 5);
        vm.assertEq(asking.detectTransferRestriction(ana, address(0), 1), 5);
        freeze(ANA, uint256(1500));
        vm.assertEq(asking.detectTransferRestriction(ana, ben, 1), 47);
        vm.prank(GUARD);
        home.bridge.pauseAsset(asset, 1);
        vm.assertEq(asking.detectTransferRestriction(ana, ben, 1), 1);
    }

    /// @dev A code of 0 if and only if the transfer passes.
    function testFuzz_AgreesWithTheTransfer(uint256 from, uint256 to, uint256 amount) external {
        address[5] memory people = [ana, ana2, ben, cho, spare];
        address giver = people[from % 5];
        address getter = people[to % 5];
        amount = amount % 1600;
        uint8 code = asking.detectTransferRestriction(giver, getter, amount);
        (uint256 set, Reason[] memory reasons) = home.token.explainTransfer(b32(giver), b32(getter), amount);
        (bool status, bytes32 number) = _check(giver, getter, amount);
        vm.assertTrue(status == (code == 0));
        vm.assertEq(uint256(number), code);
        vm.assertTrue((set == 0) == (code == 0));
        if (code != 0) vm.assertEq(reasons[0].code, code);
        vm.prank(giver);
        (bool done,) = address(home.token).call(abi.encodeCall(home.token.transfer, (getter, amount)));
        vm.assertTrue(done == (code == 0));
    }

    function _check(address giver, address getter, uint256 amount) private returns (bool allowed, bytes32 code) {
        bytes1 status;
        vm.prank(giver);
        (status, code) = IERC1594Check(address(home.token)).canTransfer(getter, amount, "");
        return (status == 0x51, code);
    }

    function test_StatusBytesAreThoseOfTheSharedTable() external view {
        string memory json =
            vm.readFile(string.concat(vm.projectRoot(), "/../../../tests/parity/vectors/refusals.json"));
        vm.assertEq(vm.parseJsonUint(json, ".counts.refusal"), Refusals.LAST);
        for (uint256 i; i < Refusals.LAST; ++i) {
            string memory row = string.concat(".refusal[", vm.toString(i), "]");
            uint256 number = vm.parseJsonUint(json, string.concat(row, ".number"));
            uint256 status = vm.parseJsonUint(json, string.concat(row, ".erc1066"));
            vm.assertEq(uint8(RefusalTexts.status(number)), status, "status");
        }
        vm.assertEq(uint8(RefusalTexts.status(0)), 0x51);
        vm.assertEq(uint8(RefusalTexts.status(Refusals.LAST + 1)), 0x50);
    }

    function test_EachRefusalHasASentenceOfItsOwn() external view {
        for (uint8 i; i <= Refusals.LAST; ++i) {
            bytes memory text = bytes(asking.messageForTransferRestriction(i));
            vm.assertTrue(text.length > 7 && text[text.length - 1] == ".", "no sentence");
            for (uint8 j; j < i; ++j) {
                bytes32 other = keccak256(bytes(asking.messageForTransferRestriction(j)));
                vm.assertTrue(keccak256(text) != other, "twice");
            }
        }
        vm.assertEq(asking.messageForTransferRestriction(0), "Allowed.");
        vm.assertEq(asking.messageForTransferRestriction(14), "Too little of the holding is free; lots are locked.");
        vm.assertEq(asking.messageForTransferRestriction(49), "There would be more than is authorised.");
        vm.assertEq(asking.messageForTransferRestriction(50), "No rule has this number.");
        vm.assertEq(asking.messageForTransferRestriction(255), "No rule has this number.");
    }

    /// @dev Both can come from screening: telling more than the rule would warn.
    function test_WhatMayComeFromScreeningTellsNoCure() external view {
        vm.assertEq(asking.messageForTransferRestriction(6), "The sender may not send this asset.");
        vm.assertEq(asking.messageForTransferRestriction(9), "The receiver may not receive this asset.");
    }

    function test_PartitionsSplitABalance() external {
        vm.assertEq(parts.balanceOfByPartition("FREE", ana), 1000);
        vm.assertEq(parts.balanceOfByPartition("LOCKED", ana), 500);
        vm.assertEq(parts.balanceOfByPartition("OTHER", ana), 0);
        vm.assertEq(parts.partitionsOf(ana).length, 2);
        vm.assertEq(parts.partitionsOf(ben).length, 0);
        vm.prank(ana);
        home.token.transfer(ana2, 1200);
        // What is free is the investor's: either account could send it.
        vm.assertEq(parts.balanceOfByPartition("FREE", ana), 300);
        vm.assertEq(parts.balanceOfByPartition("LOCKED", ana), 0);
        vm.assertEq(parts.balanceOfByPartition("FREE", ana2), 1000);
        vm.assertEq(parts.balanceOfByPartition("LOCKED", ana2), 200);
        bytes32[] memory names = parts.partitionsOf(ana);
        vm.assertEq(names.length, 1);
        vm.assertEq(names[0], "FREE");
        vm.prank(ana);
        home.token.transfer(ben, 300);
        vm.prank(ana2);
        home.token.transfer(ben, 700);
        vm.assertEq(parts.partitionsOf(ana2).length, 1);
        vm.assertEq(parts.partitionsOf(ana2)[0], "LOCKED");
        vm.warp(LOCK);
        vm.assertEq(parts.balanceOfByPartition("FREE", ana2), 500);
    }

    function test_AFrozenAmountIsNotSubtractedFromFree() external {
        freeze(ANA, uint256(1400));
        vm.assertEq(parts.balanceOfByPartition("FREE", ana), 1000);
    }

    function test_PartitionsFollowASuccessor() external {
        replace(ANA, BEN);
        vm.assertEq(parts.balanceOfByPartition("FREE", ana), 1000);
        vm.assertEq(parts.balanceOfByPartition("LOCKED", ana), 500);
    }
}
