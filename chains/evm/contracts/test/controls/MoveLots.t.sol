// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenControlEvents} from "../../src/interfaces/ITokenControls.sol";
import {EligibilityItem, Lot} from "../../src/types/Types.sol";
import {ControlsBase} from "./ControlsBase.sol";

contract MoveLotsTest is ControlsBase {
    function setUp() public override {
        super.setUp();
        issue(home, ana, lots3(free(1000), lot(500, LOCK), lot(300, LATER)));
    }

    function test_MovesLotsWithTheirTimes() external {
        int256 room = roomOf(BEN);
        vm.expectEmit(address(home.token));
        emit IERC20.Transfer(ana, ben, 450);
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.LotsMoved(
            asset, b32(ana), b32(ben), lots2(free(100), lot(350, LOCK)), REASON, DOCUMENT
        );
        moveLots(ana, ben, lots2(free(100), lot(350, LOCK)));
        vm.assertEq(freeOf(BEN), 100);
        vm.assertEq(lockedUntil(BEN, LOCK), 350);
        vm.assertEq(lotsOf(BEN)[0].acquiredAt, START - 1 days);
        vm.assertEq(lockedUntil(ANA, LOCK), 150);
        vm.assertEq(balance(ben), 450);
        vm.assertEq(roomOf(BEN), room - 450);
        vm.assertEq(holdersOf(2), 1);
    }

    function test_AsksNoPairRule() external {
        setRule(0);
        moveLots(ana, ben, lots1(lot(500, LOCK)));
        vm.assertEq(lockedUntil(BEN, LOCK), 500);
    }

    function test_AsksNoVelocityAndNoPause() external {
        vm.startPrank(ADMIN_);
        controls.setVelocity(1, 1);
        home.bridge.pause(15);
        vm.stopPrank();
        moveLots(ana, ben, lots1(free(500)));
        vm.assertEq(freeOf(BEN), 500);
    }

    function test_MergesTheNearestWhenTheReceiverIsFull() external {
        issue(home, ben, ladder(32, 10));
        moveLots(ana, ben, lots1(lot(300, LATER)));
        vm.assertEq(lotsOf(BEN).length, 32);
        vm.assertEq(totalOf(BEN), 620);
        vm.assertEq(lockedUntil(BEN, LATER), 300);
    }

    function test_AWholePositionMayGoAtAFullQuotaOfTheSameClass() external {
        setEligibility(home, EligibilityItem(asset, BEN, VALID, 1, 7, 0));
        setSeats(home, 1, 0);
        Lot[] memory all = lots3(free(1000), lot(500, LOCK), lot(300, LATER));
        Lot[] memory most = lots3(free(1000), lot(500, LOCK), lot(299, LATER));
        refuse(IRefusals.HolderCapReached.selector, 1, 1);
        moveLots(ana, ben, most);
        moveLots(ana, ben, all);
        vm.assertEq(holdersOf(1), 1);
    }

    function test_AnOrderInFlightKeepsTheSeat() external {
        setEligibility(home, EligibilityItem(asset, BEN, VALID, 1, 7, 0));
        setSeats(home, 1, 0);
        initiate(home, ana, requestOf(away, ANA, ana, lots1(lot(300, LATER))));
        refuse(IRefusals.HolderCapReached.selector, 1, 1);
        moveLots(ana, ben, lots2(free(1000), lot(500, LOCK)));
    }

    function test_RefusesAQuotaThatIsFull() external {
        setSeats(home, 2, 0);
        refuse(IRefusals.HolderCapReached.selector, 2, 0);
        moveLots(ana, ben, lots1(free(1)));
    }

    function test_RefusesMoreThanTheReceiversLimit() external {
        setRoom(home, BEN, 99);
        refuse(IRefusals.LimitExceeded.selector, 99, 100);
        moveLots(ana, ben, lots1(free(100)));
        moveLots(ana, ben, lots1(free(99)));
    }

    function test_RefusesUnboundAccounts() external {
        refuse(IRefusals.SenderUnbound.selector, num(spare));
        moveLots(spare, ben, lots1(free(1)));
        refuse(IRefusals.ReceiverUnbound.selector, num(spare));
        moveLots(ana, spare, lots1(free(1)));
    }

    function test_RefusesABlockedSender() external {
        setEligibility(home, ANA, VALID, 1);
        refuse(IRefusals.SenderBlocked.selector, 1);
        moveLots(ana, ben, lots1(free(1)));
    }

    function test_RefusesFrozenSides() external {
        freeze(ana, true);
        refuse(IRefusals.SenderFrozen.selector);
        moveLots(ana, ben, lots1(free(1)));
        freeze(ana, false);
        freeze(BEN, true);
        refuse(IRefusals.ReceiverFrozen.selector);
        moveLots(ana, ben, lots1(free(1)));
    }

    function test_RefusesAReceiverWhoIsNotEligible() external {
        setEligibility(home, EligibilityItem(asset, BEN, VALID, 2, 6, 0));
        refuse(IRefusals.ReceiverNotEligible.selector, 6);
        moveLots(ana, ben, lots1(free(1)));
        setEligibility(home, EligibilityItem(asset, BEN, uint64(START), 2, 7, 0));
        refuse(IRefusals.EligibilityExpired.selector, START);
        moveLots(ana, ben, lots1(free(1)));
    }

    function test_RefusesWhileTheOracleIsSilent() external {
        vm.warp(START + MAX_ORACLE_AGE + 1);
        refuse(IRefusals.OracleStale.selector, MAX_ORACLE_AGE + 1, MAX_ORACLE_AGE);
        moveLots(ana, ben, lots1(free(1)));
    }

    function test_RefusesOneInvestorOnBothSides() external {
        malformed(1);
        moveLots(ana, ana2, lots1(free(1)));
        malformed(1);
        moveLots(ana, ana, lots1(free(1)));
        setEligibility(home, EligibilityItem(asset, ANA, uint64(START), 1, 7, 0));
        refuse(IRefusals.EligibilityExpired.selector, START);
        moveLots(ana, ana2, lots1(free(1)));
    }

    function test_RefusesAFrozenAmount() external {
        freeze(ANA, uint256(1700));
        refuse(IRefusals.FrozenAmount.selector, 1700);
        moveLots(ana, ben, lots1(free(101)));
        moveLots(ana, ben, lots1(free(100)));
    }

    function test_RefusesLotsThatAreNotThere() external {
        refuse(IRefusals.LotUnknown.selector, START - 1 days, LOCK, 500);
        moveLots(ana, ben, lots1(lot(501, LOCK)));
        refuse(IRefusals.LotsLocked.selector, 1000, LOCK, 1001);
        moveLots(ana, ben, lots1(free(1001)));
        refuse(IRefusals.InsufficientBalance.selector, 1800, 1801);
        moveLots(ana, ben, lots1(free(1801)));
    }

    function test_RefusesLotsWithoutForm() external {
        refuse(IRefusals.AmountZero.selector);
        moveLots(ana, ben, new Lot[](0));
        malformed(2);
        moveLots(ana, ben, lots2(lot(1, LATER), lot(1, LOCK)));
        refuse(IRefusals.AmountTooLarge.selector, 2 ** 96, 2 ** 96 - 1);
        moveLots(ana, ben, lots1(free(2 ** 96)));
    }

    function test_AsksTheLimitEvenOfLotsWithoutForm() external {
        setRoom(home, BEN, 1);
        refuse(IRefusals.LimitExceeded.selector, 1, 2);
        moveLots(ana, ben, lots2(lot(1, LATER), lot(1, LOCK)));
    }

    function test_RefusesWithoutReasonOrDocument() external {
        vm.startPrank(CONTROL);
        malformed(11);
        controls.moveLots(ana, ben, lots1(free(1)), 0, DOCUMENT);
        malformed(11);
        controls.moveLots(ana, ben, lots1(free(1)), REASON, 0);
        vm.stopPrank();
    }
}
