// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenEvents} from "../../src/interfaces/ITokenEvents.sol";
import {AT_LOTS, MAX_AMOUNT, controllerRole} from "../../src/types/Constants.sol";
import {Lot} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

contract IssueTest is Fixture {
    function twoLots() private pure returns (Lot[] memory lots) {
        lots = new Lot[](2);
        lots[0] = Lot(100, 0, 0);
        lots[1] = Lot(50, uint64(START - 1), uint64(START + 10));
    }

    function test_GivesFreeAndLockedLots() external {
        vm.expectEmit(address(home.token));
        emit ITokenEvents.Issued(asset, ANA, b32(ana), twoLots());
        issue(home, ana, twoLots());
        (uint256 free,, Lot[] memory held,,,) = home.token.positionOf(ANA);
        vm.assertEq(free, 100);
        vm.assertEq(held.length, 1);
        vm.assertEq(held[0].amount, 50);
        vm.assertEq(held[0].unlocksAt, START + 10);
        (uint256 supply, uint256 issued, uint256 redeemed) = home.token.totals();
        vm.assertEq(supply, 150);
        vm.assertEq(issued, 150);
        vm.assertEq(redeemed, 0);
        vm.assertEq(home.token.balanceOf(ana), 150);
    }

    function test_MergesLotsOfEqualTimes() external {
        issue(home, ana, twoLots());
        issue(home, ana, twoLots());
        (,, Lot[] memory held,,,) = home.token.positionOf(ANA);
        vm.assertEq(held.length, 1);
        vm.assertEq(held[0].amount, 100);
    }

    function test_RefusesAnyoneButAController() external {
        refuse(IRefusals.NotController.selector, num(ADMIN_));
        vm.prank(ADMIN_);
        home.token.issue(ana, freeLot(1));
    }

    function test_RefusesAControllerWhoHoldsTheRoleWithADelay() external {
        vm.prank(ADMIN_);
        home.authority.grantRole(controllerRole(asset), ANYONE, 1 days);
        refuse(IRefusals.NotController.selector, num(ANYONE));
        vm.prank(ANYONE);
        home.token.issue(ana, freeLot(1));
    }

    function test_RefusesAwayFromHome() external {
        refuse(IRefusals.DomainMismatch.selector, uint256(away.domain), uint256(home.domain));
        issue(away, ana, freeLot(1));
    }

    function test_RefusesAnUnboundAccount() external {
        refuse(IRefusals.ReceiverUnbound.selector, num(ANYONE));
        issue(home, ANYONE, freeLot(1));
    }

    function test_RefusesAFrozenInvestorOrAccount() external {
        freezeAccount(home, ana2);
        refuse(IRefusals.ReceiverFrozen.selector);
        issue(home, ana2, freeLot(1));
        issue(home, ana, freeLot(1));
        freezeInvestor(home, ANA);
        refuse(IRefusals.ReceiverFrozen.selector);
        issue(home, ana, freeLot(1));
    }

    function test_RefusesAnInvestorWhoMayNotReceive() external {
        setEligibility(home, ANA, VALID, 6);
        refuse(IRefusals.ReceiverNotEligible.selector, 6);
        issue(home, ana, freeLot(1));
    }

    function test_RefusesAnExpiredInvestor() external {
        vm.warp(VALID);
        heartbeat(home);
        refuse(IRefusals.EligibilityExpired.selector, VALID);
        issue(home, ana, freeLot(1));
    }

    function test_RefusesWhileTheOracleIsSilent() external {
        vm.warp(START + MAX_ORACLE_AGE + 1);
        refuse(IRefusals.OracleStale.selector, MAX_ORACLE_AGE + 1, MAX_ORACLE_AGE);
        issue(home, ana, freeLot(1));
    }

    function test_RefusesNothingAndZero() external {
        refuse(IRefusals.AmountZero.selector);
        issue(home, ana, new Lot[](0));
        Lot[] memory lots = twoLots();
        lots[1].amount = 0;
        refuse(IRefusals.AmountZero.selector);
        issue(home, ana, lots);
    }

    function test_RefusesMoreThanAnythingCanBe() external {
        refuse(IRefusals.AmountTooLarge.selector, MAX_AMOUNT + 1, MAX_AMOUNT);
        issue(home, ana, freeLot(uint128(MAX_AMOUNT + 1)));
        Lot[] memory lots = twoLots();
        lots[0].amount = type(uint128).max;
        refuse(IRefusals.AmountTooLarge.selector, uint256(type(uint128).max) + 50, MAX_AMOUNT);
        issue(home, ana, lots);
    }

    function test_RefusesLotsOutOfOrder() external {
        Lot[] memory lots = twoLots();
        (lots[0], lots[1]) = (lots[1], lots[0]);
        refuse(IRefusals.Malformed.selector, AT_LOTS);
        issue(home, ana, lots);
    }

    function test_RefusesALotThatIsDueAndTakesOneDueInASecond() external {
        refuse(IRefusals.Malformed.selector, AT_LOTS);
        issue(home, ana, lockedLot(1, START));
        issue(home, ana, lockedLot(1, START + 1));
    }

    function test_FillsThirtyTwoPlacesAndRefusesTheNext() external {
        for (uint256 i = 1; i <= 32; ++i) {
            issue(home, ana, lockedLot(1, START + i));
        }
        refuse(IRefusals.TooManyLots.selector, 33, 32);
        issue(home, ana, lockedLot(1, START + 33));
        issue(home, ana, lockedLot(1, START + 32));
        vm.warp(START + 1);
        issue(home, ana, lockedLot(1, START + 33));
    }

    function test_ReachesTheAuthorisedIssueAndRefusesMore() external {
        issue(home, ana, freeLot(AUTHORISED));
        refuse(IRefusals.OverAuthorisedIssue.selector, AUTHORISED, AUTHORISED + 1);
        issue(home, ana, freeLot(1));
    }

    function test_WhatIsInFlightCountsAsIssued() external {
        issue(home, ana, freeLot(AUTHORISED));
        initiate(home, ana, requestOf(away, ANA, ana, freeLot(10)));
        refuse(IRefusals.OverAuthorisedIssue.selector, AUTHORISED, AUTHORISED + 1);
        issue(home, ana, freeLot(1));
    }

    function test_RaisesTheLowestOfSeveral() external {
        refuse(IRefusals.ReceiverUnbound.selector, num(ANYONE));
        vm.prank(ANYONE);
        home.token.issue(ANYONE, new Lot[](0));
    }

    function test_RefusesOnAForkOfTheChain() external {
        vm.chainId(999);
        refuse(IRefusals.DomainMismatch.selector, 999, 31337);
        issue(home, ana, freeLot(1));
    }
}
