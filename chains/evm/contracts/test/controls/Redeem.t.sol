// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenControlEvents} from "../../src/interfaces/ITokenControls.sol";
import {EligibilityItem, TransferOrder} from "../../src/types/Types.sol";
import {ControlsBase} from "./ControlsBase.sol";

contract RedeemTest is ControlsBase {
    function setUp() public override {
        super.setUp();
        issue(home, ana, lots3(free(1000), lot(500, LOCK), lot(300, LATER)));
    }

    function test_EndsFreeAndLockedLots() external {
        int256 room = roomOf(ANA);
        vm.expectEmit(address(home.token));
        emit IERC20.Transfer(ana, address(0), 600);
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.Redeemed(asset, ANA, b32(ana), lots2(free(400), lot(200, LOCK)), REASON, DOCUMENT);
        redeem(ana, lots2(free(400), lot(200, LOCK)));
        (uint256 supply, uint256 issued, uint256 redeemed) = home.token.totals();
        vm.assertEq(supply, 1200);
        vm.assertEq(issued, 1800);
        vm.assertEq(redeemed, 600);
        vm.assertEq(balance(ana), 1200);
        vm.assertEq(freeOf(ANA), 600);
        vm.assertEq(lockedUntil(ANA, LOCK), 300);
        vm.assertEq(roomOf(ANA), room + 600);
    }

    function test_OfAllStopsCounting() external {
        redeem(ana, lots3(free(1000), lot(500, LOCK), lot(300, LATER)));
        vm.assertEq(holdersOf(1), 0);
    }

    function test_MakesRoomForANewIssue() external {
        issue(home, ana, lots1(free(AUTHORISED - 1800)));
        refuse(IRefusals.OverAuthorisedIssue.selector, AUTHORISED, AUTHORISED + 1);
        issue(home, ana, lots1(free(1)));
        redeem(ana, lots1(free(1)));
        issue(home, ana, lots1(free(1)));
    }

    function test_WorksOnAnyChain() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(400)));
        deliver(away, order);
        vm.prank(CONTROL);
        awayControls().redeem(ana, lots1(free(150)), REASON, DOCUMENT);
        (uint256 supply, uint256 issued, uint256 redeemed) = away.token.totals();
        vm.assertEq(supply, 250);
        vm.assertEq(issued, 0);
        vm.assertEq(redeemed, 150);
    }

    function test_OfALapsedOrBlockedHolderWhilePausedWorks() external {
        setEligibility(home, EligibilityItem(asset, ANA, uint64(START), 1, 0, 0));
        vm.prank(ADMIN_);
        home.bridge.pause(15);
        redeem(ana, lots1(free(10)));
        vm.assertEq(balance(ana), 1790);
    }

    function test_ServesADueNameFromTheFreePartAndTellsWhatItTook() external {
        vm.warp(LOCK);
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.Redeemed(asset, ANA, b32(ana), lots1(free(700)), REASON, DOCUMENT);
        redeem(ana, lots2(free(600), lot(100, LOCK)));
        vm.assertEq(totalOf(ANA), 1100);
    }

    function test_RefusesAnUnboundAccount() external {
        refuse(IRefusals.SenderUnbound.selector, num(spare));
        redeem(spare, lots1(free(1)));
    }

    function test_RefusesAFrozenHolder() external {
        freeze(ANA, true);
        refuse(IRefusals.SenderFrozen.selector);
        redeem(ana, lots1(free(1)));
        freeze(ANA, false);
        freeze(ana, true);
        refuse(IRefusals.SenderFrozen.selector);
        redeem(ana, lots1(free(1)));
    }

    function test_RefusesAFrozenAmount() external {
        freeze(ANA, uint256(1790));
        refuse(IRefusals.FrozenAmount.selector, 1790);
        redeem(ana, lots1(free(11)));
        redeem(ana, lots1(free(10)));
    }

    function test_RefusesLotsWithoutForm() external {
        refuse(IRefusals.AmountZero.selector);
        redeem(ana, lots1(free(0)));
        malformed(2);
        redeem(ana, lots2(lot(1, LATER), lot(1, LOCK)));
        refuse(IRefusals.AmountTooLarge.selector, 2 ** 96, 2 ** 96 - 1);
        redeem(ana, lots1(free(2 ** 96)));
    }

    function test_RefusesMoreThanTheAccountHolds() external {
        vm.prank(ana);
        home.token.transfer(ana2, 1000);
        refuse(IRefusals.InsufficientBalance.selector, 800, 900);
        redeem(ana, lots1(free(900)));
    }

    function test_RefusesMoreThanIsFreeOrInTheLot() external {
        refuse(IRefusals.LotsLocked.selector, 1000, LOCK, 1001);
        redeem(ana, lots1(free(1001)));
        refuse(IRefusals.LotUnknown.selector, START - 1 days, LOCK, 500);
        redeem(ana, lots1(lot(501, LOCK)));
    }

    function test_RefusesWithoutReasonOrDocument() external {
        vm.startPrank(CONTROL);
        malformed(11);
        controls.redeem(ana, lots1(free(1)), 0, DOCUMENT);
        malformed(11);
        controls.redeem(ana, lots1(free(1)), REASON, 0);
        vm.stopPrank();
    }
}
