// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IERC3643Events} from "../../src/interfaces/IERC3643.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenControlEvents} from "../../src/interfaces/ITokenControls.sol";
import {EligibilityItem, Lot, OracleBatch, QuotaItem} from "../../src/types/Types.sol";
import {ControlsBase} from "./ControlsBase.sol";

contract ForceTransferTest is ControlsBase {
    function setUp() public override {
        super.setUp();
        issue(home, ana, lots3(free(1000), lot(500, LOCK), lot(300, LATER)));
    }

    function told(address from, address to, uint256 amount, uint256 unfroze) private {
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.ForcedTransfer(asset, b32(from), b32(to), amount, unfroze, REASON, DOCUMENT);
    }

    function test_MovesFreeTokensAndTellsIt() external {
        int256 room = roomOf(BEN);
        vm.expectEmit(address(home.token));
        emit IERC20.Transfer(ana, ben, 400);
        told(ana, ben, 400, 0);
        force(ana, ben, 400);
        vm.assertEq(balance(ana), 1400);
        vm.assertEq(balance(ben), 400);
        vm.assertEq(freeOf(ANA), 600);
        vm.assertEq(freeOf(BEN), 400);
        vm.assertEq(roomOf(BEN), room - 400);
        vm.assertEq(holdersOf(2), 1);
    }

    function test_TakesFreeTokensFirstThenLotsByUnlockWithTheirTimes() external {
        force(ana, ben, 1600);
        vm.assertEq(freeOf(BEN), 1000);
        vm.assertEq(lockedUntil(BEN, LOCK), 500);
        vm.assertEq(lockedUntil(BEN, LATER), 100);
        vm.assertEq(freeOf(ANA), 0);
        vm.assertEq(lockedUntil(ANA, LATER), 200);
        Lot[] memory lots = lotsOf(BEN);
        vm.assertEq(lots[0].acquiredAt, START - 1 days);
    }

    function test_CountsTheLeaverOutAndTheJoinerIn() external {
        vm.assertEq(holdersOf(1), 1);
        force(ana, ben, 1800);
        vm.assertEq(holdersOf(1), 0);
        vm.assertEq(holdersOf(2), 1);
    }

    function test_IsNotBlockedByAnyRuleButTheReceiversIdentity() external {
        // No room, no quota, a lapsed receiver, a silent oracle, both frozen, the sender blocked, everything paused.
        OracleBatch memory batch = newBatch(home);
        batch.eligibilities = new EligibilityItem[](2);
        batch.eligibilities[0] = EligibilityItem(asset, BEN, uint64(START), 2, 1, -type(int96).max);
        batch.eligibilities[1] = EligibilityItem(asset, ANA, uint64(START), 1, 0, 0);
        batch.quotas = new QuotaItem[](1);
        batch.quotas[0] = QuotaItem(asset, 2, -100_000);
        submit(home, batch);
        freeze(ANA, true);
        freeze(ana, true);
        freeze(BEN, true);
        freeze(ben, true);
        vm.startPrank(ADMIN_);
        home.bridge.pause(15);
        controls.setVelocity(1, 1);
        vm.stopPrank();
        vm.warp(START + 60 days);
        force(ana, ben, 1700);
        vm.assertEq(balance(ben), 1700);
        vm.assertTrue(roomOf(BEN) < 0, "room");
        vm.assertEq(lockedUntil(BEN, LOCK), 500);
    }

    function test_IsNotBlockedByAPairRuleThatForbids() external {
        setRule(0);
        force(ana, ben, 1);
        vm.assertEq(freeOf(BEN), 1);
    }

    function test_KeepsTimesUnderAPairRuleThatRestarts() external {
        setRule(2);
        force(ana, ben, 1100);
        vm.assertEq(freeOf(BEN), 1000);
        vm.assertEq(lockedUntil(BEN, LOCK), 100);
    }

    function test_SaysWhatItUnfroze() external {
        freeze(ANA, uint256(1500));
        // 300 are not frozen; 1000 - 300 have to be.
        vm.expectEmit(address(home.token));
        emit IERC3643Events.TokensUnfrozen(ana, 700);
        told(ana, ben, 1000, 700);
        force(ana, ben, 1000);
        vm.assertEq(views.frozenOf(ANA), 800);
    }

    function test_UnfreezesNothingThatIsNotNeeded() external {
        freeze(ANA, uint256(800));
        told(ana, ben, 1000, 0);
        force(ana, ben, 1000);
        vm.assertEq(views.frozenOf(ANA), 800);
        vm.assertEq(flagsOf(ANA) & 2, 2);
    }

    function test_OfEverythingUnfreezesAllThatWasHeld() external {
        freeze(ANA, uint256(5000));
        told(ana, ben, 1800, 1800);
        force(ana, ben, 1800);
        vm.assertEq(views.frozenOf(ANA), 3200);
    }

    function test_ToOneselfUnfreezesNothingAndMovesNothing() external {
        freeze(ANA, uint256(1800));
        told(ana, ana, 1800, 0);
        force(ana, ana, 1800);
        vm.assertEq(views.frozenOf(ANA), 1800);
        vm.assertEq(balance(ana), 1800);
        vm.assertEq(freeOf(ANA), 1000);
    }

    function test_ToAnotherOwnAccountMovesBalancesOnly() external {
        freeze(ANA, uint256(1800));
        int256 room = roomOf(ANA);
        told(ana, ana2, 1700, 0);
        force(ana, ana2, 1700);
        vm.assertEq(balance(ana), 100);
        vm.assertEq(balance(ana2), 1700);
        vm.assertEq(views.frozenOf(ANA), 1800);
        vm.assertEq(freeOf(ANA), 1000);
        vm.assertEq(roomOf(ANA), room);
        vm.assertEq(holdersOf(1), 1);
    }

    function test_MergesTheNearestLotsWhenTheReceiverIsFull() external {
        issue(home, ben, ladder(32, 10));
        force(ana, ben, 1600);
        Lot[] memory lots = lotsOf(BEN);
        vm.assertEq(lots.length, 32);
        vm.assertEq(totalOf(BEN), 320 + 1600);
        // LOCK joins the first of the ladder; LATER makes the 33rd, so the nearest two (days 0 and 1) become one.
        vm.assertEq(lockedUntil(BEN, LOCK), 0);
        vm.assertEq(lockedUntil(BEN, LOCK + 1 days), 520);
        vm.assertEq(lockedUntil(BEN, LATER), 100);
    }

    function test_FoldsWhatIsDueFirst() external {
        vm.warp(LOCK);
        force(ana, ben, 1500);
        vm.assertEq(freeOf(BEN), 1500);
        vm.assertEq(lotsOf(BEN).length, 0);
    }

    function test_RefusesAnUnboundSender() external {
        refuse(IRefusals.SenderUnbound.selector, num(spare));
        force(spare, ben, 1);
    }

    function test_RefusesAnUnboundReceiver() external {
        refuse(IRefusals.ReceiverUnbound.selector, num(spare));
        force(ana, spare, 1);
    }

    function test_RefusesAReceiverWithoutPermissionToReceive() external {
        setEligibility(home, EligibilityItem(asset, BEN, VALID, 2, 6, 0));
        refuse(IRefusals.ReceiverNotEligible.selector, 6);
        force(ana, ben, 1);
    }

    function test_RefusesNothing() external {
        refuse(IRefusals.AmountZero.selector);
        force(ana, ben, 0);
    }

    function test_RefusesMoreThanTheAccountHolds() external {
        refuse(IRefusals.InsufficientBalance.selector, 1800, 1801);
        force(ana, ben, 1801);
    }

    function test_RefusesAnAmountThatNobodyCanHold() external {
        refuse(IRefusals.AmountTooLarge.selector, 2 ** 96, 2 ** 96 - 1);
        force(ana, ben, 2 ** 96);
    }

    function test_RefusesWithoutReasonOrDocument() external {
        malformed(11);
        vm.prank(CONTROL);
        controls.forceTransfer(ana, ben, 1, 0, DOCUMENT);
        malformed(11);
        vm.prank(CONTROL);
        controls.forceTransfer(ana, ben, 1, REASON, 0);
    }

    function test_RaisesTheLowestOfAllThatFail() external {
        // 5 before 12 before 30 before 48.
        refuse(IRefusals.ReceiverUnbound.selector, num(spare));
        controls.forceTransfer(ana, spare, 0, 0, 0);
        refuse(IRefusals.AmountZero.selector);
        controls.forceTransfer(ana, ben, 0, 0, 0);
        refuse(IRefusals.NotController.selector, num(address(this)));
        controls.forceTransfer(ana, ben, 1, 0, 0);
    }
}
