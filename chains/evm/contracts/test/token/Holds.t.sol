// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {Refusals} from "../../src/libraries/Refusals.sol";
import {EligibilityItem, InitiateRequest, Lot, PairRule, Reason, TransferOrder} from "../../src/types/Types.sol";
import {TransferBase} from "./Transfer.t.sol";

/// @title A part of a position that is frozen. Ana has 1000 free and 500 locked
contract PartlyFrozenTest is TransferBase {
    function test_LeavesAtLeastTheFrozenAmountInThePosition() external {
        freezeAmount(home, ANA, 800);
        refuse(IRefusals.FrozenAmount.selector, 800);
        move(ana, ben, 701);
        move(ana, ben, 700);
        refuse(IRefusals.FrozenAmount.selector, 800);
        move(ana, ben, 1);
    }

    function test_LockedTokensServeTheFrozenAmountToo() external {
        freezeAmount(home, ANA, 500);
        move(ana, ben, 1000);
        vm.assertEq(usedOf(home, ANA), 500);
    }

    function test_MoreFrozenThanHeldFreezesEverything() external {
        freezeAmount(home, ANA, 5000);
        refuse(IRefusals.FrozenAmount.selector, 5000);
        move(ana, ben, 1);
    }

    function test_OwnAccountsMoveWhatIsFrozen() external {
        freezeAmount(home, ANA, 5000);
        move(ana, ana2, 1500);
        vm.assertEq(home.token.balanceOf(ana2), 1500);
    }

    function test_TheReceiversFrozenAmountSaysNothing() external {
        freezeAmount(home, BEN, 5000);
        move(ana, ben, 1000);
    }

    function test_ADepartureLeavesItToo() external {
        freezeAmount(home, ANA, 800);
        InitiateRequest memory request = requestOf(away, ANA, ana, freeLot(701));
        refuse(IRefusals.FrozenAmount.selector, 800);
        vm.prank(ana);
        home.bridge.initiate(request);
        request = requestOf(away, BEN, ben, freeLot(701));
        refuse(IRefusals.FrozenAmount.selector, 800);
        vm.prank(ana);
        home.bridge.initiate(request);
        initiate(home, ana, requestOf(away, ANA, ana, freeLot(700)));
        request = requestOf(away, ANA, ana, lockedLot(1, START + 100));
        refuse(IRefusals.FrozenAmount.selector, 800);
        vm.prank(ana);
        home.bridge.initiate(request);
    }

    function test_IsAskedOnlyOfWhatTheAccountHolds() external {
        freezeAmount(home, ANA, 800);
        (uint256 set,) = home.token.explainTransfer(b32(ana), b32(ben), 1501);
        vm.assertEq(set, 1 << Refusals.INSUFFICIENT_BALANCE);
        (set,) = home.token.explainTransfer(b32(ana), b32(ben), 1500);
        vm.assertEq(set, (1 << Refusals.FROZEN_AMOUNT) | (1 << Refusals.LOTS_LOCKED));
    }

    function testFuzz_IsRefusedExactlyWhenLessWouldStay(uint16 frozen, uint16 amount) external {
        uint256 sum = bound(amount, 1, 1000);
        freezeAmount(home, ANA, frozen);
        (uint256 set,) = home.token.explainTransfer(b32(ana), b32(ben), sum);
        bool refused = frozen > 0 && 1500 < uint256(frozen) + sum;
        vm.assertEq(set, refused ? 1 << Refusals.FROZEN_AMOUNT : 0);
    }
}

/// @title Velocity: how much may leave an investor in a time. 400 at once, 2 come back each second
contract VelocityTest is TransferBase {
    function setUp() public override {
        super.setUp();
        setVelocity(home, 400, 2);
    }

    function test_AtOnceNoMoreThanTheCapacity() external {
        refuse(IRefusals.VelocityExceeded.selector, type(uint64).max);
        move(ana, ben, 401);
        move(ana, ben, 400);
        refuse(IRefusals.VelocityExceeded.selector, 1);
        move(ana, ben, 1);
    }

    function test_TheToldWaitIsEnoughAndNotTooLong() external {
        move(ana, ben, 400);
        refuse(IRefusals.VelocityExceeded.selector, 51);
        move(ana, ben, 101);
        vm.warp(START + 50);
        refuse(IRefusals.VelocityExceeded.selector, 1);
        move(ana, ben, 101);
        vm.warp(START + 51);
        move(ana, ben, 101);
        move(ana, ben, 1);
        refuse(IRefusals.VelocityExceeded.selector, 1);
        move(ana, ben, 1);
    }

    function test_ItIsTheInvestorsNotTheAccounts() external {
        move(ana, ana2, 700);
        move(ana2, ben, 400);
        refuse(IRefusals.VelocityExceeded.selector, 1);
        move(ana, ben, 1);
    }

    function test_OwnAccountsAndOwnCrossingsSpendNothing() external {
        move(ana, ana2, 1500);
        move(ana2, ana, 1500);
        initiate(home, ana, requestOf(away, ANA, ana, freeLot(500)));
        move(ana, ben, 400);
    }

    function test_ADepartureToAnotherSpendsAndARefundGivesNothingBack() external {
        InitiateRequest memory request = requestOf(away, BEN, ben, freeLot(401));
        refuse(IRefusals.VelocityExceeded.selector, type(uint64).max);
        vm.prank(ana);
        home.bridge.initiate(request);
        TransferOrder memory order = initiate(home, ana, requestOf(away, BEN, ben, freeLot(300)));
        reject(away, order, 9);
        settle(home, order, 2);
        refuse(IRefusals.VelocityExceeded.selector, 1);
        move(ana, ben, 101);
        move(ana, ben, 100);
    }

    function test_ARefusedTransferSpendsNothing() external {
        refuse(IRefusals.InsufficientBalance.selector, 0, 300);
        move(ana2, ben, 300);
        move(ana, ben, 400);
    }

    function test_WithoutVelocityNothingIsAskedAndWhatWasSpentStays() external {
        move(ana, ben, 400);
        setVelocity(home, 0, 0);
        move(ana, ben, 500);
        setVelocity(home, 400, 2);
        refuse(IRefusals.VelocityExceeded.selector, 1);
        move(ana, ben, 1);
    }

    function test_AFrozenAmountAndTheVelocityDontTouchEachOther() external {
        move(ana, ben, 150);
        freezeAmount(home, ANA, 1200);
        refuse(IRefusals.FrozenAmount.selector, 1200);
        move(ana, ben, 151);
        move(ana, ben, 150);
        refuse(IRefusals.VelocityExceeded.selector, 25);
        move(ana, ben, 150);
        vm.assertEq(home.token.frozenOf(ANA), 1200);
    }

    /// @dev A ledger of its own: what left in the last seconds, drained second by second.
    function testFuzz_NeverMoreThanCapacityAndDrain(uint256 seed) external {
        uint256 level;
        for (uint256 i; i < 10; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 pause = seed % 60;
            vm.warp(block.timestamp + pause);
            level = level > 2 * pause ? level - 2 * pause : 0;
            uint256 amount = bound(seed >> 64, 1, 200);
            if (home.token.balanceOf(ana) < amount || free(ANA) < amount) return;
            (uint256 set,) = home.token.explainTransfer(b32(ana), b32(ben), amount);
            vm.assertEq(set, level + amount > 400 ? 1 << Refusals.VELOCITY_EXCEEDED : 0);
            if (set != 0) continue;
            move(ana, ben, amount);
            level += amount;
        }
    }
}

/// @title Exceptions to the default pair rule, which is Keep here. Ana's class is 1, Ben's 2, Cho's 3
contract PairExceptionTest is TransferBase {
    function exceptions(PairRule memory one, PairRule memory two) private {
        PairRule[] memory pairs = new PairRule[](2);
        (pairs[0], pairs[1]) = (one, two);
        setPairs(home, pairs);
    }

    function test_ForbidsOnePairInOneDirection() external {
        exceptions(PairRule(1, 2, 0), PairRule(3, 2, 0));
        refuse(IRefusals.ClassTransferForbidden.selector, 1, 2);
        move(ana, ben, 10);
        move(ana, cho, 20);
        refuse(IRefusals.ClassTransferForbidden.selector, 3, 2);
        move(cho, ben, 10);
        move(cho, ana, 10);
    }

    function test_RestartsForOnePairAndAsksForTheLeastLot() external {
        exceptions(PairRule(1, 2, 2), PairRule(2, 1, 1));
        refuse(IRefusals.LotTooSmall.selector, MIN_LOT);
        move(ana, ben, MIN_LOT - 1);
        move(ana, ben, MIN_LOT);
        vm.assertEq(free(BEN), 0);
        vm.assertEq(lots(BEN)[0].unlocksAt, START + HOLDING_PERIOD);
        move(ana, cho, 1);
        vm.assertEq(free(CHO), 1);
    }

    function test_TheRuleFollowsTheClassesOfTheMoment() external {
        exceptions(PairRule(1, 2, 0), PairRule(4, 2, 1));
        setEligibility(home, EligibilityItem(asset, ANA, VALID, 4, ALL_PERMISSIONS, 0));
        move(ana, ben, 10);
    }

    function test_OtherTermsPutOtherExceptionsInTheirPlace() external {
        exceptions(PairRule(1, 2, 0), PairRule(3, 2, 0));
        setPairs(home, new PairRule[](0));
        move(ana, ben, 10);
        exceptions(PairRule(1, 3, 0), PairRule(3, 2, 0));
        move(ana, ben, 10);
        refuse(IRefusals.ClassTransferForbidden.selector, 1, 3);
        move(ana, cho, 10);
    }

    function test_AnExceptionHoldsForDeliveriesToo() external {
        PairRule[] memory pairs = new PairRule[](1);
        pairs[0] = PairRule(1, 2, 2);
        setPairs(home, pairs);
        setPairs(away, pairs);
        TransferOrder memory order = initiate(home, ana, requestOf(away, BEN, ben, freeLot(100)));
        vm.assertEq(deliver(away, order), 0);
        (uint256 left,, Lot[] memory held,,,) = away.token.positionOf(BEN);
        vm.assertEq(left, 0);
        vm.assertEq(held[0].unlocksAt, START + HOLDING_PERIOD);
        pairs[0].rule = 0;
        order = initiate(home, ana, requestOf(away, BEN, ben, freeLot(100)));
        setPairs(away, pairs);
        (uint256 set, Reason[] memory reasons) = away.lens.explainDeliver(order);
        vm.assertTrue(set & (1 << Refusals.CLASS_TRANSFER_FORBIDDEN) != 0);
        vm.assertEq(reasons[0].a, 1);
        vm.assertEq(reasons[0].b, 2);
    }

    function testFuzz_EveryPairHasItsRule(uint16 from, uint16 to, uint8 rule) external {
        PairRule[] memory pairs = new PairRule[](1);
        pairs[0] = PairRule(1, uint16(bound(to, 2, 3)), rule % 3);
        if (from % 2 == 0) pairs[0].fromClass = 2;
        setPairs(home, pairs);
        (uint256 set,) = home.token.explainTransfer(b32(ana), b32(ben), 100);
        bool hit = pairs[0].fromClass == 1 && pairs[0].toClass == 2;
        vm.assertEq(set, hit && rule % 3 == 0 ? 1 << Refusals.CLASS_TRANSFER_FORBIDDEN : 0);
    }
}
