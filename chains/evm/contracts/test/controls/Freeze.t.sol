// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC3643Events} from "../../src/interfaces/IERC3643.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenControlEvents} from "../../src/interfaces/ITokenControls.sol";
import {TransferOrder} from "../../src/types/Types.sol";
import {ControlsBase} from "./ControlsBase.sol";

contract FreezeTest is ControlsBase {
    function setUp() public override {
        super.setUp();
        issue(home, ana, lots2(free(1000), lot(500, LOCK)));
    }

    function test_AFrozenAccountNeitherGivesNorGetsAndItsSiblingDoes() external {
        vm.expectEmit(address(home.token));
        emit IERC3643Events.AddressFrozen(ana, true, CONTROL);
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.AccountFrozen(asset, b32(ana), true, REASON, DOCUMENT);
        freeze(ana, true);
        refuse(IRefusals.SenderFrozen.selector);
        vm.prank(ana);
        home.token.transfer(ben, 1);
        refuse(IRefusals.ReceiverFrozen.selector);
        issue(home, ana, lots1(free(1)));
        issue(home, ana2, lots1(free(10)));
        vm.prank(ana2);
        home.token.transfer(ben, 10);
        freeze(ana, false);
        vm.prank(ana);
        home.token.transfer(ben, 1);
    }

    function test_AFrozenInvestorIsStoppedOnEveryAccount() external {
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.InvestorFrozen(asset, ANA, true, REASON, DOCUMENT);
        freeze(ANA, true);
        refuse(IRefusals.SenderFrozen.selector);
        vm.prank(ana);
        home.token.transfer(ana2, 1);
        refuse(IRefusals.ReceiverFrozen.selector);
        issue(home, ana2, lots1(free(1)));
        freeze(ANA, false);
        vm.prank(ana);
        home.token.transfer(ana2, 1);
        vm.assertEq(flagsOf(ANA), 0);
    }

    function test_ARefundLandsWhateverIsFrozen() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(400)));
        freeze(ana, true);
        freeze(ANA, true);
        freeze(ANA, uint256(1500));
        reject(away, order, 9);
        settle(home, order, 2);
        vm.assertEq(balance(ana), 1500);
        vm.assertEq(freeOf(ANA), 1000);
    }

    function test_ADeliveryIsRefusedByAFreeze() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(400)));
        vm.prank(CONTROL);
        awayControls().freezeInvestor(ANA, true, REASON, DOCUMENT);
        vm.assertEq(deliver(away, order), 8);
        vm.prank(CONTROL);
        awayControls().freezeInvestor(ANA, false, REASON, DOCUMENT);
        vm.prank(CONTROL);
        awayControls().freezeAccount(ana, true, REASON, DOCUMENT);
        vm.assertEq(deliver(away, order), 8);
    }

    function test_AFrozenAmountBindsWhatLeavesTheInvestor() external {
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.AmountFrozen(asset, ANA, 700, REASON, DOCUMENT);
        freeze(ANA, uint256(700));
        vm.assertEq(views.frozenOf(ANA), 700);
        vm.assertEq(flagsOf(ANA), 2);
        refuse(IRefusals.FrozenAmount.selector, 700);
        vm.prank(ana);
        home.token.transfer(ben, 801);
        vm.prank(ana);
        home.token.transfer(ben, 800);
        // Own moves carry it along.
        vm.prank(ana);
        home.token.transfer(ana2, 700);
        freeze(ANA, uint256(0));
        vm.assertEq(flagsOf(ANA), 0);
        vm.prank(ana2);
        home.token.transfer(ben, 200);
    }

    function test_AnAmountMayBeFrozenBeforeItIsHeld() external {
        freeze(CHO, uint256(50));
        issue(home, cho, lots1(free(60)));
        refuse(IRefusals.FrozenAmount.selector, 50);
        vm.prank(cho);
        home.token.transfer(ben, 11);
    }

    function test_AnInvestorMayBeFrozenBeforeTheOracleKnowsHim() external {
        bytes32 dan = bytes32(uint256(77));
        freeze(dan, true);
        vm.assertEq(flagsOf(dan), 1);
        vm.assertEq(home.token.eligibilityOf(dan), 0);
    }

    function test_RefusesWhatIsNoAccountOrInvestorOrAmount() external {
        refuse(IRefusals.RecipientMalformed.selector, 0);
        freeze(address(0), true);
        malformed(1);
        freeze(bytes32(0), true);
        malformed(1);
        freeze(bytes32(uint256(1) << 128), true);
        malformed(1);
        freeze(bytes32(0), uint256(1));
        refuse(IRefusals.AmountTooLarge.selector, 2 ** 96, 2 ** 96 - 1);
        freeze(ANA, uint256(2 ** 96));
    }

    function test_RefusesWithoutReasonOrDocument() external {
        vm.startPrank(CONTROL);
        malformed(11);
        controls.freezeAccount(ana, true, 0, DOCUMENT);
        malformed(11);
        controls.freezeInvestor(ANA, true, REASON, 0);
        malformed(11);
        controls.freezeAmount(ANA, 1, 0, 0);
        vm.stopPrank();
    }
}
