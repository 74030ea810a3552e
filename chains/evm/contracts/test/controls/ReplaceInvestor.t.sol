// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenControlEvents} from "../../src/interfaces/ITokenControls.sol";
import {Lot, TransferOrder} from "../../src/types/Types.sol";
import {ControlsBase} from "./ControlsBase.sol";

contract ReplaceInvestorTest is ControlsBase {
    function setUp() public override {
        super.setUp();
        issue(home, ana, lots3(free(1000), lot(500, LOCK), lot(300, LATER)));
    }

    function test_EverythingAddsUpInTheSuccessor() external {
        issue(home, ben, lots2(free(40), lot(60, LOCK)));
        freeze(ANA, uint256(100));
        freeze(BEN, uint256(11));
        freeze(ANA, true);
        (int256 limitAna,,) = views.limitOf(ANA);
        (int256 limitBen,,) = views.limitOf(BEN);
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.InvestorReplaced(asset, ANA, BEN, REASON, DOCUMENT);
        replace(ANA, BEN);
        vm.assertEq(freeOf(BEN), 1040);
        vm.assertEq(lockedUntil(BEN, LOCK), 560);
        vm.assertEq(lockedUntil(BEN, LATER), 300);
        vm.assertEq(views.frozenOf(BEN), 111);
        vm.assertEq(flagsOf(BEN), 3);
        (int256 limit, uint256 used,) = views.limitOf(BEN);
        vm.assertEq(limit, limitAna + limitBen);
        vm.assertEq(used, 1900);
        vm.assertEq(totalOf(ANA), 0);
        vm.assertEq(flagsOf(ANA), 4);
        vm.assertEq(views.frozenOf(ANA), 0);
        vm.assertEq(roomOf(ANA), int256(0));
        vm.assertEq(views.successorOf(ANA), BEN);
        vm.assertEq(uint8(home.token.eligibilityOf(ANA) >> 168), 0);
        vm.assertEq(uint16(home.token.eligibilityOf(ANA) >> 176), 1);
        vm.assertEq(holdersOf(1), 0);
        vm.assertEq(holdersOf(2), 1);
        vm.assertEq(investorOf(ana), BEN);
        vm.assertEq(balance(ana), 1800);
    }

    function test_TheSuccessorJoinsItsClassIfItDidNotCount() external {
        replace(ANA, BEN);
        vm.assertEq(holdersOf(1), 0);
        vm.assertEq(holdersOf(2), 1);
        vm.prank(ana);
        home.token.transfer(cho, 1000);
    }

    function test_OfOneWhoHoldsNothingCountsNobody() external {
        replace(CHO, BEN);
        vm.assertEq(holdersOf(2), 0);
        vm.assertEq(holdersOf(3), 0);
        vm.assertEq(investorOf(cho), BEN);
    }

    function test_DeliveriesSettlementsAndRefundsFollow() external {
        TransferOrder memory delivered = initiate(home, ana, requestOf(away, ANA, ana, freeLot(100)));
        TransferOrder memory returned = initiate(home, ana, requestOf(away, ANA, ana, lots1(lot(200, LOCK))));
        replace(ANA, BEN);
        (, uint256 used,) = views.limitOf(BEN);
        vm.assertEq(used, 1800);
        vm.prank(CONTROL);
        awayControls().replaceInvestor(ANA, BEN, REASON, DOCUMENT);
        vm.assertEq(deliver(away, delivered), 0);
        (uint256 there,,,,,) = away.token.positionOf(BEN);
        vm.assertEq(there, 100);
        settle(home, delivered, 1);
        reject(away, returned, 9);
        settle(home, returned, 2);
        vm.assertEq(totalOf(BEN), 1700);
        vm.assertEq(lockedUntil(BEN, LOCK), 500);
        (, used,) = views.limitOf(BEN);
        vm.assertEq(used, 1700);
        vm.assertEq(balance(ana), 1700);
    }

    function test_OneHopHoweverOftenItHappens() external {
        bytes32 dan = bytes32(uint256(77));
        replace(ANA, BEN);
        replace(BEN, CHO);
        replace(CHO, dan);
        vm.assertEq(views.successorOf(ANA), dan);
        vm.assertEq(views.successorOf(BEN), dan);
        vm.assertEq(investorOf(ana), dan);
        vm.assertEq(totalOf(dan), 1800);
    }

    function test_ABindingToARetiredInvestorBindsToItsSuccessor() external {
        replace(ANA, BEN);
        bindAccount(home, spare, ANA);
        vm.assertEq(investorOf(spare), BEN);
    }

    function test_MergesTheNearestLotsWhileThereAreTooMany() external {
        issue(home, ben, ladder(32, 10));
        replace(ANA, BEN);
        vm.assertEq(lotsOf(BEN).length, 32);
        vm.assertEq(totalOf(BEN), 320 + 1800);
        // 32 and LATER: the first two of the ladder become one. LOCK had merged by its times.
        vm.assertEq(lockedUntil(BEN, LOCK + 1 days), 520);
    }

    function test_FoldsWhatIsDue() external {
        vm.warp(LOCK);
        heartbeat(home);
        replace(ANA, BEN);
        vm.assertEq(freeOf(BEN), 1500);
        vm.assertEq(lotsOf(BEN).length, 1);
    }

    function test_FrozenAmountsStopAtTheMost() external {
        freeze(ANA, uint256(2 ** 96 - 1));
        freeze(BEN, uint256(5));
        replace(ANA, BEN);
        vm.assertEq(views.frozenOf(BEN), 2 ** 96 - 1);
    }

    function test_OfVelocitiesTheLargerCounts() external {
        vm.prank(ADMIN_);
        controls.setVelocity(600, 1);
        vm.prank(ana);
        home.token.transfer(cho, 500);
        issue(home, ben, lots1(free(900)));
        vm.prank(ben);
        home.token.transfer(cho, 200);
        vm.warp(block.timestamp + 100);
        replace(ANA, BEN);
        // 400 of Ana's are left, 100 of Ben's: 200 more may go.
        refuse(IRefusals.VelocityExceeded.selector, 1);
        vm.prank(ben);
        home.token.transfer(cho, 201);
        vm.prank(ben);
        home.token.transfer(cho, 200);
    }

    function test_RefusesWhatCantBe() external {
        malformed(1);
        replace(0, BEN);
        malformed(1);
        replace(ANA, 0);
        malformed(1);
        replace(ANA, ANA);
        malformed(1);
        replace(ANA, bytes32(uint256(1) << 128));
        replace(ANA, BEN);
        malformed(1);
        replace(ANA, CHO);
        malformed(1);
        replace(CHO, ANA);
    }

    function test_RefusesMoreOrdersThanOneMayHave() external {
        issue(home, ben, lots1(free(100)));
        for (uint256 i; i < 8; ++i) {
            initiate(home, ana, requestOf(away, ANA, ana, freeLot(1)));
            initiate(home, ben, requestOf(away, BEN, ben, freeLot(1)));
        }
        refuse(IRefusals.TooManyInFlight.selector, 15);
        replace(ANA, BEN);
    }

    function test_RefusesMoreReservedPlacesThanThereAre() external {
        issue(home, cho, ladder(32, 10));
        issue(home, ben, ladder(1, 10));
        initiate(home, cho, requestOf(away, CHO, cho, ladder(32, 10)));
        initiate(home, ben, requestOf(away, BEN, ben, ladder(1, 10)));
        refuse(IRefusals.TooManyLots.selector, 33, 32);
        replace(CHO, BEN);
    }

    function test_RefusesTheThirtyThirdThatLeadsToOne() external {
        for (uint256 i = 1; i <= 32; ++i) {
            replace(bytes32(1000 + i), BEN);
        }
        malformed(16);
        replace(ANA, BEN);
        malformed(16);
        replace(BEN, ANA);
    }

    function test_RefusesWithoutReasonOrDocument() external {
        vm.startPrank(CONTROL);
        malformed(11);
        controls.replaceInvestor(ANA, BEN, 0, DOCUMENT);
        malformed(11);
        controls.replaceInvestor(ANA, BEN, REASON, 0);
        vm.stopPrank();
    }
}
