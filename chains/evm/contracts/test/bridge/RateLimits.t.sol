// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IBridgeEvents} from "../../src/interfaces/IBridgeEvents.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {Refusals} from "../../src/libraries/Refusals.sol";
import {AT_RATE, MAX_AMOUNT} from "../../src/types/Constants.sol";
import {InitiateRequest, RateInfo, Reason, TransferOrder} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

abstract contract RateBase is Fixture {
    uint256 internal constant NEVER = type(uint64).max;

    function setUp() public virtual override {
        super.setUp();
        issue(home, ana, freeLot(100_000));
        issue(home, ben, freeLot(100_000));
        issue(home, cho, freeLot(100_000));
        // A holder on the other side, so that no quota matters.
        vm.assertEq(deliver(away, send(ana, ANA, 1000)), 0);
    }

    function setRate(Chain storage chain, uint256 outCap, uint256 outRate, uint256 inCap, uint256 inRate) internal {
        bytes32 lane = chain.domain == home.domain ? away.domain : home.domain;
        vm.prank(ADMIN_);
        chain.bridge.setRate(lane, asset, outCap, outRate, inCap, inRate);
    }

    function send(address from, bytes32 investor, uint128 amount) internal returns (TransferOrder memory) {
        return initiate(home, from, requestOf(away, investor, from, freeLot(amount)));
    }

    function refuseSend(address from, bytes32 investor, uint128 amount, uint256 wait, uint256 available) internal {
        InitiateRequest memory request = requestOf(away, investor, from, freeLot(amount));
        (uint256 set, Reason[] memory reasons) = home.lens.explainInitiate(b32(from), request);
        vm.assertEq(set, 1 << Refusals.RATE_LIMITED, "explain");
        vm.assertEq(reasons[0].a, wait, "wait");
        vm.assertEq(reasons[0].b, available, "available");
        refuse(IRefusals.RateLimited.selector, wait, available);
        vm.prank(from);
        home.bridge.initiate(request);
    }

    function outbound(Chain storage chain, bytes32 lane) internal view returns (uint256) {
        (RateInfo memory info,) = chain.lens.rateOf(lane, asset);
        return info.available;
    }

    function inbound(Chain storage chain, bytes32 lane) internal view returns (uint256) {
        (, RateInfo memory info) = chain.lens.rateOf(lane, asset);
        return info.available;
    }
}

contract SetRateTest is RateBase {
    function test_TellsAndShowsTheLimits() external {
        (RateInfo memory none,) = home.lens.rateOf(away.domain, asset);
        vm.assertEq(none.capacity + none.rate + none.available, 0);
        vm.expectEmit(address(home.bridge));
        emit IBridgeEvents.RateSet(away.domain, asset, 100, 2, 200, 3);
        setRate(home, 100, 2, 200, 3);
        (RateInfo memory out, RateInfo memory into) = home.lens.rateOf(away.domain, asset);
        vm.assertEq(out.capacity, 100);
        vm.assertEq(out.rate, 2);
        vm.assertEq(out.available, 100);
        vm.assertEq(into.capacity, 200);
        vm.assertEq(into.rate, 3);
        vm.assertEq(into.available, 200);
    }

    function test_RefusesAnyoneButTheAdminAndUnknownLanesAndAssets() external {
        refuse(IRefusals.NotAdmin.selector, num(GUARD));
        vm.prank(GUARD);
        home.bridge.setRate(away.domain, asset, 1, 1, 2, 1);
        vm.startPrank(GUARD);
        refuse(IRefusals.LaneUnknown.selector, 7);
        home.bridge.setRate(bytes32(uint256(7)), asset, 1, 1, 2, 1);
        refuse(IRefusals.AssetUnknown.selector, 7);
        home.bridge.setRate(away.domain, bytes32(uint256(7)), 1, 1, 2, 1);
        vm.stopPrank();
    }

    function test_RefusesHalfALimitAndTooLittleRoomForArrivals() external {
        uint256[4][6] memory bad = [
            [uint256(0), 1, 2, 1],
            [uint256(1), 0, 2, 1],
            [uint256(1), 1, 0, 1],
            [uint256(1), 1, 2, 0],
            [uint256(5), 1, 9, 1],
            [MAX_AMOUNT + 1, 1, 2 * MAX_AMOUNT + 2, 1]
        ];
        for (uint256 i; i < bad.length; ++i) {
            refuse(IRefusals.Malformed.selector, AT_RATE);
            setRate(home, bad[i][0], bad[i][1], bad[i][2], bad[i][3]);
        }
        setRate(home, 5, 1, 10, 1);
        setRate(home, MAX_AMOUNT / 2, MAX_AMOUNT, MAX_AMOUNT, MAX_AMOUNT);
        setRate(home, 0, 0, 0, 0);
        send(ana, ANA, 50_000);
    }

    function test_WhatWasSpentStaysWhenLimitsChange() external {
        setRate(home, 1000, 1, 2000, 1);
        send(ana, ANA, 250);
        send(ben, BEN, 250);
        setRate(home, 600, 1, 1200, 1);
        vm.assertEq(outbound(home, away.domain), 100);
        setRate(home, 0, 0, 0, 0);
        setRate(home, 400, 1, 800, 1);
        vm.assertEq(outbound(home, away.domain), 0);
        refuseSend(cho, CHO, 1, 1, 0);
    }

    function test_WithoutLimitsNothingIsSpent() external {
        send(ana, ANA, 20_000);
        setRate(home, 100_000, 1, 200_000, 1);
        vm.assertEq(outbound(home, away.domain), 100_000);
    }
}

contract DepartureRatesTest is RateBase {
    function test_AnInvestorTakesAQuarterAndTheLaneItsWhole() external {
        setRate(home, 1000, 2, 2000, 2);
        refuseSend(ana, ANA, 251, NEVER, 250);
        send(ana, ANA, 250);
        // Of the share 0 is left: half a unit comes back each second.
        refuseSend(ana, ANA, 1, 2, 0);
        send(ben, BEN, 250);
        send(cho, CHO, 250);
        vm.assertEq(outbound(home, away.domain), 250);
    }

    function test_TheWaitIsTheLargerAndTheRoomTheSmallerOfBoth() external {
        setRate(home, 1000, 2, 2000, 2);
        send(ana, ANA, 250);
        send(ben, BEN, 250);
        send(cho, CHO, 250);
        vm.warp(START + 10);
        // Lane: 250 + 20 left; Ana's share: 5 left.
        refuseSend(ana, ANA, 6, 2, 5);
        send(ana, ANA, 5);
        // 265 left of the lane, 0 of her share.
        refuseSend(ana, ANA, 250, 500, 0);
    }

    function test_ItPassesFromTheSecondThatWasTold() external {
        setRate(home, 1000, 3, 2000, 3);
        send(ana, ANA, 250);
        // 100 * 4 / 3 = 133.3 seconds.
        refuseSend(ana, ANA, 100, 134, 0);
        vm.warp(START + 133);
        // 99.75 have come back, of which 99 can be used: the rest is asked for anew, rounded up again.
        refuseSend(ana, ANA, 100, 2, 99);
        vm.warp(START + 134);
        send(ana, ANA, 100);
    }

    function test_ALoweredCapacityIsPassedAlready() external {
        setRate(home, 1000, 1, 2000, 1);
        send(ana, ANA, 250);
        send(ben, BEN, 250);
        send(cho, CHO, 250);
        setRate(home, 800, 1, 1600, 1);
        // The wait is told for an empty share of 200, though 250 are spent of it: asking again tells the rest.
        refuseSend(ben, BEN, 51, 204, 0);
    }

    function test_AnUnboundSenderHasNoShare() external {
        setRate(home, 1000, 1, 2000, 1);
        InitiateRequest memory request = requestOf(away, ANA, ana, freeLot(300));
        (uint256 set,) = home.lens.explainInitiate(b32(ANYONE), request);
        vm.assertTrue(set & (1 << Refusals.RATE_LIMITED) == 0);
        request.lots = freeLot(1001);
        (set,) = home.lens.explainInitiate(b32(ANYONE), request);
        vm.assertTrue(set & (1 << Refusals.RATE_LIMITED) != 0);
    }

    function test_ARefundGivesTheLaneAndTheInvestorTheirRoomBack() external {
        setRate(home, 1000, 1, 2000, 1);
        TransferOrder memory order = send(ana, ANA, 250);
        refuseSend(ana, ANA, 1, 4, 0);
        reject(away, order, 9);
        settle(home, order, 2);
        vm.assertEq(outbound(home, away.domain), 1000);
        send(ana, ANA, 250);
    }

    function test_ARefundNeverMakesMoreRoomThanTheCapacity() external {
        setRate(home, 1000, 100, 2000, 1);
        TransferOrder memory order = send(ana, ANA, 250);
        vm.warp(START + 100);
        reject(away, order, 9);
        settle(home, order, 2);
        vm.assertEq(outbound(home, away.domain), 1000);
        refuseSend(ana, ANA, 251, NEVER, 250);
    }

    function test_AFullSettlementGivesNoRoomBack() external {
        setRate(home, 1000, 1, 2000, 1);
        TransferOrder memory order = send(ana, ANA, 250);
        vm.assertEq(deliver(away, order), 0);
        settle(home, order, 1);
        vm.assertEq(outbound(home, away.domain), 750);
    }

    /// @dev The evaluation of the bridge against arithmetic written anew.
    function testFuzz_WaitsAndRoom(uint256 capacity, uint256 rate, uint256 first, uint256 elapsed, uint256 second)
        external
    {
        capacity = bound(capacity, 4, 1_000_000);
        rate = bound(rate, 1, 2000);
        first = bound(first, 1, capacity / 4 < 90_000 ? capacity / 4 : 90_000);
        elapsed = bound(elapsed, 0, 1 days);
        second = bound(second, 1, 300_000);
        setRate(home, capacity, rate, 2 * capacity, rate);
        send(ana, ANA, uint128(first));
        vm.warp(START + elapsed);
        (uint256 laneWait, uint256 laneRoom) = expected(first, elapsed, capacity, rate, 1, second);
        (uint256 wait, uint256 room) = expected(first, elapsed, capacity, rate, 4, second);
        if (laneWait > wait) wait = laneWait;
        if (laneRoom < room) room = laneRoom;
        vm.assertEq(outbound(home, away.domain), laneRoom);
        (uint256 set, Reason[] memory reasons) =
            home.lens.explainInitiate(b32(ana), requestOf(away, ANA, ana, freeLot(uint128(second))));
        vm.assertTrue((set & (1 << Refusals.RATE_LIMITED) != 0) == (wait > 0), "limited");
        for (uint256 i; i < reasons.length; ++i) {
            if (reasons[i].code != Refusals.RATE_LIMITED) continue;
            vm.assertEq(reasons[i].a, wait, "wait");
            vm.assertEq(reasons[i].b, room, "room");
        }
    }

    function expected(uint256 spent, uint256 elapsed, uint256 capacity, uint256 rate, uint256 divisor, uint256 amount)
        private
        pure
        returns (uint256 wait, uint256 room)
    {
        uint256 drained = rate * elapsed / divisor;
        uint256 left = spent > drained ? spent - drained : 0;
        uint256 most = capacity / divisor;
        room = most > left ? most - left : 0;
        if (amount <= room) return (0, room);
        if (amount > most) return (NEVER, room);
        uint256 missing = (amount - room) * divisor;
        return (missing / rate + (missing % rate == 0 ? 0 : 1), room);
    }
}

contract ArrivalRatesTest is RateBase {
    function test_ArrivalsAreLimitedEdgeByEdge() external {
        setRate(away, 100, 1, 200, 2);
        TransferOrder memory order = send(ana, ANA, 200);
        TransferOrder memory small = send(ana, ANA, 7);
        vm.assertEq(deliver(away, order), 0);
        vm.assertEq(inbound(away, home.domain), 0);
        (uint256 set, Reason[] memory reasons) = away.lens.explainDeliver(small);
        vm.assertEq(set, 1 << Refusals.RATE_LIMITED);
        vm.assertEq(reasons[0].a, 4);
        vm.assertEq(reasons[0].b, 0);
        vm.assertEq(deliver(away, small), Refusals.RATE_LIMITED);
        vm.warp(START + 3);
        vm.assertEq(deliver(away, small), Refusals.RATE_LIMITED);
        vm.warp(START + 4);
        vm.assertEq(deliver(away, small), 0);
    }

    function test_AnOrderAboveTheCapacityNeverArrives() external {
        setRate(away, 100, 1, 200, 2);
        TransferOrder memory order = send(ana, ANA, 201);
        (, Reason[] memory reasons) = away.lens.explainDeliver(order);
        vm.assertEq(reasons[0].a, NEVER);
        vm.assertEq(reasons[0].b, 200);
    }

    function test_ABatchSpendsOrderByOrder() external {
        setRate(away, 100, 1, 200, 1);
        TransferOrder memory first = send(ana, ANA, 150);
        TransferOrder memory second = send(ana, ANA, 100);
        vm.assertEq(deliver(away, first), 0);
        vm.assertEq(deliver(away, second), Refusals.RATE_LIMITED);
        vm.assertEq(inbound(away, home.domain), 50);
    }

    function test_WhatComesBackMakesRoomForTheOtherDirectionOnce() external {
        setRate(away, 400, 1, 800, 1);
        vm.assertEq(deliver(away, send(ana, ANA, 300)), 0);
        vm.assertEq(inbound(away, home.domain), 500);
        vm.prank(ana);
        away.bridge.initiate(requestOf(home, ANA, ana, freeLot(100)));
        vm.assertEq(outbound(away, home.domain), 300);
        vm.assertEq(inbound(away, home.domain), 600);
        vm.assertEq(deliver(away, send(ana, ANA, 60)), 0);
        vm.assertEq(outbound(away, home.domain), 360);
        vm.assertEq(inbound(away, home.domain), 540);
        vm.warp(START + 1000);
        vm.assertEq(inbound(away, home.domain), 800);
    }

    function test_AnOrderOutOfFormIsNotWeighed() external {
        setRate(away, 100, 1, 200, 1);
        TransferOrder memory order = send(ana, ANA, 500);
        order.fromInvestor = 0;
        (uint256 set,) = away.lens.explainDeliver(order);
        vm.assertTrue(set & (1 << Refusals.RATE_LIMITED) == 0);
    }
}
