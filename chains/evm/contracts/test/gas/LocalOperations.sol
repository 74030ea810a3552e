// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {ITokenControls} from "../../src/interfaces/ITokenControls.sol";
import {AssetTerms, PairRule} from "../../src/types/Types.sol";
import {GasBase} from "./GasBase.sol";

/// @title What happens on one chain alone: transfers, issues, controller actions
abstract contract LocalOperations is GasBase {
    uint16 internal constant REASON = 21;
    bytes32 internal constant ORDERED_BY = keccak256("the document that orders it");

    function transferBetweenHolders() internal returns (uint256) {
        vm.prank(dana);
        home.token.transfer(eva, 100);
        return spent();
    }

    function transferUnderVelocity() internal returns (uint256) {
        vm.prank(ADMIN_);
        controls().setVelocity(10_000, 10);
        // The investor's first spending takes a slot of its own, once.
        transferBetweenHolders();
        return transferBetweenHolders();
    }

    function transferByAPairException() internal returns (uint256) {
        AssetTerms memory terms = paramsOf(1).terms;
        terms.terms = 2;
        PairRule[] memory pairs = new PairRule[](1);
        pairs[0] = PairRule(CLASS, CLASS + 1, 1);
        vm.prank(ADMIN_);
        controls().setTerms(terms, pairs);
        return transferBetweenHolders();
    }

    function transferOfAPartlyFrozen() internal returns (uint256) {
        vm.prank(CONTROL);
        controls().freezeAmount(DANA, 500, REASON, ORDERED_BY);
        return transferBetweenHolders();
    }

    function transferToANewHolder() internal returns (uint256) {
        vm.prank(dana);
        home.token.transfer(finn, 100);
        return spent();
    }

    function transferThatFoldsALot() internal returns (uint256) {
        issue(home, finn, lockedIn(500, 100));
        vm.warp(START + 100);
        vm.prank(finn);
        home.token.transfer(eva, 100);
        return spent();
    }

    function transferBetweenOwnAccounts() internal returns (uint256) {
        vm.prank(dana);
        home.token.transfer(dana2, 100);
        vm.prank(dana);
        home.token.transfer(dana2, 100);
        return spent();
    }

    function issueToAHolder() internal returns (uint256) {
        issue(home, dana, lockedIn(500, 90 days));
        return spent();
    }

    function forceTransfer() internal returns (uint256) {
        vm.prank(CONTROL);
        controls().forceTransfer(dana, eva, 100, REASON, ORDERED_BY);
        return spent();
    }

    function recover() internal returns (uint256) {
        vm.prank(CONTROL);
        controls().recover(dana, address(uint160(uint256(keccak256("dana's new key")))), REASON, ORDERED_BY);
        return spent();
    }

    function freezeAnAccount() internal returns (uint256) {
        vm.prank(CONTROL);
        controls().freezeAccount(dana, true, REASON, ORDERED_BY);
        return spent();
    }

    function controls() internal view returns (ITokenControls) {
        return ITokenControls(address(home.token));
    }
}
