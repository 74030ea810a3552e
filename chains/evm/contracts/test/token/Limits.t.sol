// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenEvents} from "../../src/interfaces/ITokenEvents.sol";
import {Refusals} from "../../src/libraries/Refusals.sol";
import {MAX_ROOM} from "../../src/types/Constants.sol";
import {EligibilityItem, Lot, Reason, TransferOrder} from "../../src/types/Types.sol";
import {Vm} from "../support/Vm.sol";
import {TransferBase} from "./Transfer.t.sol";

/// @title Limits: how much an investor may have, here and in flight from here
contract LimitTest is TransferBase {
    function wide(int256 limit) private pure returns (uint256) {
        return uint256(limit);
    }

    function test_ATransferReachesTheLimitAndPassesItByNothing() external {
        setRoom(home, BEN, 100);
        move(ana, ben, 99);
        move(ana, ben, 1);
        vm.assertEq(roomOf(home, BEN), 0);
        refuse(IRefusals.LimitExceeded.selector, 100, 101);
        move(ana, ben, 1);
    }

    function test_OneMoreThanTheRoomIsRefusedAtOnce() external {
        setRoom(home, BEN, 100);
        refuse(IRefusals.LimitExceeded.selector, 100, 101);
        move(ana, ben, 101);
    }

    function test_WhatTheSenderGivesIsRoomAgain() external {
        setRoom(home, ANA, 0);
        move(ana, ben, 400);
        vm.assertEq(roomOf(home, ANA), 400);
        move(ben, ana, 400);
        refuse(IRefusals.LimitExceeded.selector, 1500, 1501);
        vm.prank(CONTROL);
        home.token.issue(ana, freeLot(1));
    }

    function test_LotsCountAndSoDoTokensInFlight() external {
        initiate(home, ana, requestOf(away, ANA, ana, freeLot(300)));
        vm.assertEq(usedOf(home, ANA), 1500);
        setRoom(home, ANA, 10);
        issue(home, cho, freeLot(50));
        refuse(IRefusals.LimitExceeded.selector, 1510, 1511);
        move(cho, ana, 11);
        move(cho, ana, 10);
    }

    function test_AnIssueAsksTheLimit() external {
        setRoom(home, ANA, 100);
        Lot[] memory two = new Lot[](2);
        two[0] = Lot(60, 0, 0);
        two[1] = Lot(41, uint64(START), uint64(START + 7));
        refuse(IRefusals.LimitExceeded.selector, 1600, 1601);
        issue(home, ana, two);
        two[1].amount = 40;
        issue(home, ana, two);
        vm.assertEq(roomOf(home, ANA), 0);
    }

    function test_AnIssueThatIsMalformedOtherwiseNamesTheLimitToo() external {
        setRoom(home, ANA, 5);
        (uint256 set,) = home.token.explainIssue(b32(CONTROL), b32(ana), lockedLot(6, START));
        vm.assertEq(set, (1 << Refusals.LIMIT_EXCEEDED) | (1 << Refusals.MALFORMED));
    }

    function test_OwnAccountsAskNoLimit() external {
        setRoom(home, ANA, -5000);
        move(ana, ana2, 1500);
        vm.assertEq(roomOf(home, ANA), -5000);
    }

    function test_ALimitBelowWhatIsHeldStopsReceivingOnlyAndTakesNothing() external {
        setRoom(home, ANA, -700);
        vm.assertEq(home.token.balanceOf(ana), 1500);
        issue(home, cho, freeLot(50));
        refuse(IRefusals.LimitExceeded.selector, 800, 1501);
        move(cho, ana, 1);
        move(ana, ben, 1000);
        vm.assertEq(roomOf(home, ANA), 300);
        move(cho, ana, 50);
    }

    function test_ANegativeLimitIsToldAsItIs() external {
        setRoom(home, BEN, -3);
        refuse(IRefusals.LimitExceeded.selector, wide(-3), 1);
        move(ana, ben, 1);
        (int256 limit, uint256 used, int256 room) = home.token.limitOf(BEN);
        vm.assertEq(limit, -3);
        vm.assertEq(used, 0);
        vm.assertEq(room, -3);
        vm.assertEq(uint128(home.token.eligibilityOf(BEN)), uint256(type(uint128).max) - 2);
    }

    function test_OfAnInvestorWithoutRecordNoLimitIsNamed() external {
        bytes32 nobody = bytes32(uint256(77));
        bindAccount(home, ANYONE, nobody);
        (uint256 set, Reason[] memory reasons) = home.token.explainTransfer(b32(ana), b32(ANYONE), 5);
        vm.assertEq(set, 1 << Refusals.RECEIVER_NOT_ELIGIBLE);
        vm.assertEq(reasons[0].a, 0);
    }

    function test_AnAmountOfZeroOrTooMuchAsksNoLimit() external {
        setRoom(home, BEN, -3);
        (uint256 set,) = home.token.explainTransfer(b32(ana), b32(ben), 0);
        vm.assertEq(set, 1 << Refusals.AMOUNT_ZERO);
        (set,) = home.token.explainTransfer(b32(ana), b32(ben), 1 << 96);
        vm.assertEq(set, 1 << Refusals.AMOUNT_TOO_LARGE);
    }

    // What a cut releases

    function expectGranted(int128 delta, int256 room, uint256 released) private {
        uint256 record = (uint256(VALID) << 192) | (uint256(1) << 176) | (7 << 168) | (uint256(home.batch + 1) << 128);
        vm.expectEmit(address(home.token));
        emit ITokenEvents.EligibilitySet(asset, ANA, record);
        vm.expectEmit(address(home.token));
        emit ITokenEvents.LimitSet(asset, ANA, room, released);
        moveLimit(home, ANA, delta);
    }

    function test_ACutReleasesWhatNobodyUsesAndNoMore() external {
        setRoom(home, ANA, 100);
        expectGranted(-40, 60, 40);
        expectGranted(-60, 0, 60);
        expectGranted(-1, -1, 0);
        expectGranted(31, 30, 0);
        expectGranted(-31, -1, 30);
        expectGranted(1001, 1000, 0);
    }

    function test_ARenewalTellsNothingOfTheLimit() external {
        vm.recordLogs();
        moveLimit(home, ANA, 0);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            vm.assertTrue(logs[i].topics[0] != ITokenEvents.LimitSet.selector);
        }
        vm.assertEq(usedOf(home, ANA), 1500);
    }

    function test_ARenewalLeavesWhatIsInFlightAsItIs() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(300)));
        moveLimit(home, ANA, 0);
        (, uint256 aloft,,,,) = home.token.positionOf(ANA);
        vm.assertEq(aloft, 300);
        moveLimit(home, ANA, -1);
        (, aloft,,,,) = home.token.positionOf(ANA);
        vm.assertEq(aloft, 300);
        vm.assertEq(deliver(away, order), 0);
        settle(home, order, 1);
        vm.assertEq(usedOf(home, ANA), 1200);
    }

    function test_OnlyWhatWasReleasedIsGrantedElsewhereSoTheWholeIsNeverPassed() external {
        // A whole of 2000: Ana holds 1500 of it here.
        setRoom(home, ANA, 500);
        setRoom(away, ANA, 0);
        expectGranted(-2000, -1500, 500);
        moveLimit(away, ANA, 500);
        vm.assertEq(roomOf(away, ANA) + int256(usedOf(home, ANA)), 2000);
    }

    // Bounds of rooms

    function skipped(int128 delta) private {
        uint256 before = home.token.eligibilityOf(ANA);
        moveLimit(home, ANA, delta);
        vm.assertEq(home.token.eligibilityOf(ANA), before);
    }

    function test_AnItemMovesARoomToItsBoundAndNotBeyond() external {
        setRoom(home, ANA, MAX_ROOM - 1);
        moveLimit(home, ANA, 1);
        vm.assertEq(roomOf(home, ANA), MAX_ROOM);
        skipped(1);
        setRoom(home, ANA, -MAX_ROOM);
        skipped(-1);
        moveLimit(home, ANA, 1);
        vm.assertEq(roomOf(home, ANA), 1 - MAX_ROOM);
    }

    function test_ARoomBeyondItsBoundStopsNoRevocation() external {
        setRoom(home, ANA, MAX_ROOM);
        move(ana, ben, 1000);
        vm.assertEq(roomOf(home, ANA), MAX_ROOM + 1000);
        setEligibility(home, EligibilityItem(asset, ANA, VALID, 1, 0, 0));
        vm.assertEq(uint8(home.token.eligibilityOf(ANA) >> 168), 0);
        setEligibility(home, EligibilityItem(asset, ANA, VALID, 1, 1, -1));
        vm.assertEq(uint8(home.token.eligibilityOf(ANA) >> 168), 1);
        skipped(1);
    }

    // Crossings to oneself

    function test_ACrossingToOneselfMovesTheLimitAlongAndNoRoom() external {
        setRoom(home, ANA, 3);
        setRoom(away, ANA, -2);
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(300)));
        vm.assertEq(roomOf(home, ANA), 3);
        vm.assertEq(deliver(away, order), 0);
        vm.assertEq(roomOf(away, ANA), -2);
        vm.assertEq(usedOf(away, ANA), 300);
        settle(home, order, 1);
        vm.assertEq(roomOf(home, ANA), 3);
        vm.assertEq(usedOf(home, ANA), 1200);
    }

    function test_ACrossingToAnotherNeedsRoomThereAndFreesItHereWhenItIsSettled() external {
        setRoom(home, ANA, 3);
        setRoom(away, BEN, 299);
        TransferOrder memory order = initiate(home, ana, requestOf(away, BEN, ben, freeLot(300)));
        vm.assertEq(deliver(away, order), Refusals.LIMIT_EXCEEDED);
        (uint256 set, Reason[] memory reasons) = away.lens.explainDeliver(order);
        vm.assertEq(set, 1 << Refusals.LIMIT_EXCEEDED);
        vm.assertEq(reasons[0].a, 299);
        vm.assertEq(reasons[0].b, 300);
        setRoom(away, BEN, 300);
        vm.assertEq(deliver(away, order), 0);
        vm.assertEq(roomOf(away, BEN), 0);
        vm.assertEq(roomOf(home, ANA), 3);
        settle(home, order, 1);
        vm.assertEq(roomOf(home, ANA), 303);
    }

    function test_ARefundLandsAfterTheLimitWasCutAndGrantedElsewhere() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(1000)));
        setRoom(home, ANA, -1500);
        reject(away, order, 9);
        settle(home, order, 2);
        vm.assertEq(home.token.balanceOf(ana), 1500);
        vm.assertEq(roomOf(home, ANA), -1500);
        vm.assertEq(usedOf(home, ANA), 1500);
    }

    function testFuzz_RoomIsLimitLessUsedWhateverHappens(uint256 seed) external {
        (int256 anas, int256 bens) = (roomOf(home, ANA) + 1500, roomOf(home, BEN));
        for (uint256 i; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            (address from, address to) = seed & 1 == 0 ? (ana, ben) : (ben, ana);
            vm.prank(from);
            try home.token.transfer(to, bound(seed >> 8, 1, 600)) {} catch {}
            vm.assertEq(roomOf(home, ANA), anas - int256(usedOf(home, ANA)));
            vm.assertEq(roomOf(home, BEN), bens - int256(usedOf(home, BEN)));
        }
    }

    function testFuzz_ATransferIsRefusedExactlyWhenItWouldPassTheLimit(uint16 room, uint16 amount) external {
        uint256 sum = bound(amount, 1, 1000);
        setRoom(home, BEN, int256(uint256(room)));
        (uint256 set,) = home.token.explainTransfer(b32(ana), b32(ben), sum);
        vm.assertEq(set, sum > room ? 1 << Refusals.LIMIT_EXCEEDED : 0);
        if (sum > room) refuse(IRefusals.LimitExceeded.selector, room, sum);
        move(ana, ben, sum);
    }
}
