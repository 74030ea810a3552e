// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Lot, Reason} from "../../src/types/Types.sol";
import {LotsHarness} from "../support/Harness.sol";
import {Test} from "../support/Test.sol";

/// @title Lots under random lists: the sum is kept, and nothing ever unlocks earlier
contract LotsTest is Test {
    uint256 private constant NOW = 1000;

    LotsHarness private _lots;

    function setUp() external {
        _lots = new LotsHarness();
    }

    /// @dev Up to 32 lots with times from a narrow range, so that equal times and due lots are frequent.
    function drawn(uint256 seed, uint256 most) private pure returns (Lot[] memory lots) {
        uint256 count = seed % (most + 1);
        lots = new Lot[](count);
        for (uint256 i; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            lots[i] = Lot(
                uint128(bound(random, 1, 1000)),
                uint64(bound(random >> 64, 1, 4)),
                uint64(bound(random >> 128, NOW - 3, NOW + 9))
            );
        }
    }

    /// @dev A list as storage holds it: canonical, equal times merged.
    function held(uint256 seed) private view returns (Lot[] memory lots) {
        (, lots) = _lots.credit(0, new Lot[](0), drawn(seed, 32), 0);
    }

    function sum(Lot[] memory lots) private pure returns (uint256 total) {
        for (uint256 i; i < lots.length; ++i) {
            total += lots[i].amount;
        }
    }

    /// @dev Tokens that stay locked until `time` or later.
    function lockedUntil(Lot[] memory lots, uint256 time) private pure returns (uint256 total) {
        for (uint256 i; i < lots.length; ++i) {
            if (lots[i].unlocksAt >= time) total += lots[i].amount;
        }
    }

    function assertCanonical(Lot[] memory lots) private pure {
        for (uint256 i = 1; i < lots.length; ++i) {
            uint256 before = (uint256(lots[i - 1].unlocksAt) << 64) | lots[i - 1].acquiredAt;
            vm.assertTrue(before < ((uint256(lots[i].unlocksAt) << 64) | lots[i].acquiredAt), "canonical");
        }
    }

    function testFuzz_FoldKeepsTheSumAndFreesOnlyWhatIsDue(uint256 seed, uint96 free) external view {
        Lot[] memory lots = held(seed);
        (uint256 left, Lot[] memory rest, uint256 folded) = _lots.fold(free, lots, NOW);
        vm.assertEq(left, uint256(free) + folded);
        vm.assertEq(folded + sum(rest), sum(lots));
        vm.assertEq(folded, sum(lots) - lockedUntil(lots, NOW + 1));
        assertCanonical(rest);
        for (uint256 time = NOW + 1; time < NOW + 10; ++time) {
            vm.assertEq(lockedUntil(rest, time), lockedUntil(lots, time));
        }
    }

    function testFuzz_CreditKeepsTheSumAndLoosensNothing(uint256 seed, uint256 other, uint96 free) external view {
        Lot[] memory lots = held(seed);
        Lot[] memory arriving = held(other);
        (uint256 left, Lot[] memory rest) = _lots.credit(free, lots, arriving, NOW);
        vm.assertEq(left + sum(rest), uint256(free) + sum(lots) + sum(arriving));
        assertCanonical(rest);
        for (uint256 time = NOW + 1; time < NOW + 10; ++time) {
            vm.assertEq(lockedUntil(rest, time), lockedUntil(lots, time) + lockedUntil(arriving, time));
        }
    }

    function testFuzz_TakeGivesWhatWasNamedAndLeavesTheRest(uint256 seed, uint88 free, uint96 part) external view {
        Lot[] memory lots = held(seed);
        (uint256 available, Lot[] memory locked,) = _lots.fold(free, lots, NOW);
        Lot[] memory wanted = named(locked, bound(part, 0, available), seed);
        vm.assume(wanted.length > 0);
        LotsHarness.Outcome memory outcome = _lots.take(free, lots, wanted, NOW);
        vm.assertEq(outcome.reason.code, 0);
        vm.assertEq(sum(outcome.taken), sum(wanted));
        vm.assertEq(outcome.free + sum(outcome.lots) + sum(outcome.taken), uint256(free) + sum(lots));
        assertCanonical(outcome.lots);
        for (uint256 time = NOW + 1; time < NOW + 10; ++time) {
            uint256 after_ = lockedUntil(outcome.lots, time) + lockedUntil(outcome.taken, time);
            vm.assertEq(after_, lockedUntil(lots, time));
        }
        // And the way back: a refund restores the very holding.
        (uint256 left, Lot[] memory rest) = _lots.credit(outcome.free, outcome.lots, outcome.taken, NOW);
        vm.assertEq(left, available);
        vm.assertEq(keccak256(abi.encode(rest)), keccak256(abi.encode(locked)));
    }

    /// @dev Names `free` tokens, and a random part of a random choice of `locked`.
    function named(Lot[] memory locked, uint256 free, uint256 seed) private pure returns (Lot[] memory wanted) {
        Lot[] memory list = new Lot[](locked.length + 1);
        uint256 count;
        if (free > 0) list[count++] = Lot(uint128(free), 0, 0);
        for (uint256 i; i < locked.length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, "name", i)));
            if (random & 1 == 0) continue;
            uint256 amount = random & 2 == 0 ? locked[i].amount : bound(random >> 2, 1, locked[i].amount);
            list[count++] = Lot(uint128(amount), locked[i].acquiredAt, locked[i].unlocksAt);
        }
        wanted = new Lot[](count);
        for (uint256 i; i < count; ++i) {
            wanted[i] = list[i];
        }
    }

    function testFuzz_TakeNeverGivesMoreThanALotHolds(uint256 seed, uint128 more) external view {
        (, Lot[] memory locked,) = _lots.fold(0, held(seed), NOW);
        vm.assume(locked.length > 0);
        Lot memory lot = locked[seed % locked.length];
        uint256 have = lot.amount;
        Lot[] memory wanted = new Lot[](1);
        wanted[0] = Lot(uint128(bound(more, have + 1, type(uint96).max)), lot.acquiredAt, lot.unlocksAt);
        LotsHarness.Outcome memory outcome = _lots.take(0, locked, wanted, NOW);
        vm.assertEq(outcome.reason.code, 41);
        vm.assertEq(outcome.reason.c, have);
    }

    function testFuzz_TakeAnyTakesFreeFirstThenTheSoonest(uint256 seed, uint96 free, uint256 wanted) external view {
        Lot[] memory lots = held(seed);
        wanted = bound(wanted, 0, uint256(free) + sum(lots));
        (uint256 available, Lot[] memory locked,) = _lots.fold(free, lots, NOW);
        LotsHarness.Outcome memory outcome = _lots.takeAny(free, lots, wanted, NOW);
        vm.assertEq(sum(outcome.taken), wanted);
        vm.assertEq(outcome.free + sum(outcome.lots) + wanted, uint256(free) + sum(lots));
        vm.assertEq(outcome.free, wanted < available ? available - wanted : 0);
        assertCanonical(outcome.lots);
        // What stays is locked at least as long as anything that went.
        uint256 last = outcome.taken.length == 0 ? 0 : outcome.taken[outcome.taken.length - 1].unlocksAt;
        if (outcome.lots.length > 0) vm.assertTrue(outcome.lots[0].unlocksAt >= last);
        (uint256 left, Lot[] memory rest) = _lots.credit(outcome.free, outcome.lots, outcome.taken, NOW);
        vm.assertEq(left, available);
        vm.assertEq(keccak256(abi.encode(rest)), keccak256(abi.encode(locked)));
    }

    function testFuzz_MergeNearestLosesNothingAndLoosensNothing(uint256 seed) external view {
        Lot[] memory lots = held(seed);
        Lot[] memory rest = _lots.mergeNearest(lots);
        vm.assertEq(sum(rest), sum(lots));
        vm.assertEq(rest.length, lots.length < 2 ? lots.length : lots.length - 1);
        assertCanonical(rest);
        for (uint256 time = NOW - 3; time < NOW + 10; ++time) {
            vm.assertTrue(lockedUntil(rest, time) >= lockedUntil(lots, time));
        }
    }

    function testFuzz_MergeLotsMakesOneOfThoseNamedToTheLatestTimes(uint256 seed, uint256 choice) external view {
        (, Lot[] memory locked,) = _lots.fold(0, held(seed), NOW);
        vm.assume(locked.length >= 2);
        Lot[] memory pair = new Lot[](2);
        uint256 first = choice % (locked.length - 1);
        Lot memory other = locked[bound(choice >> 64, first + 1, locked.length - 1)];
        pair[0] = locked[first];
        pair[1] = Lot(other.amount, other.acquiredAt, other.unlocksAt);
        (Lot[] memory rest,, Lot memory into,) = _lots.mergeLots(locked, pair, NOW);
        vm.assertEq(sum(rest), sum(locked));
        vm.assertEq(into.amount, sum(pair));
        vm.assertEq(into.unlocksAt, pair[1].unlocksAt);
        assertCanonical(rest);
        for (uint256 time = NOW + 1; time < NOW + 10; ++time) {
            vm.assertTrue(lockedUntil(rest, time) >= lockedUntil(locked, time));
        }
        pair[1].amount += 1;
        (,,, Reason memory reason) = _lots.mergeLots(locked, pair, NOW);
        vm.assertEq(reason.code, 41);
        vm.assertEq(reason.c, pair[1].amount - 1);
    }
}
