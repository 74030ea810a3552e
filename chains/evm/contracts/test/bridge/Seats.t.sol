// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Refusals} from "../../src/libraries/Refusals.sol";
import {AT_SEAT} from "../../src/types/Constants.sol";
import {Reason, TransferOrder} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title How a holder's seat travels with the last lot, over two chains in one EVM
contract SeatsTest is Fixture {
    uint16 private constant CLASS = 1;

    function setUp() public override {
        super.setUp();
        issue(home, ana, freeLot(1000));
        setSeats(away, CLASS, 0);
    }

    function own(Chain storage from, Chain storage to, uint128 amount) private returns (TransferOrder memory) {
        return initiate(from, ana, requestOf(to, ANA, ana, freeLot(amount)));
    }

    function quotas() private view returns (int256) {
        return int256(seatsOf(home, CLASS)) + seatsOf(away, CLASS);
    }

    function assertCounts(uint256 here, uint256 there) private view {
        vm.assertEq(holdersOf(home, CLASS), here, "home");
        vm.assertEq(holdersOf(away, CLASS), there, "away");
    }

    function assertRooms(int256 here, int256 there) private view {
        vm.assertEq(roomOf(home, ANA), here);
        vm.assertEq(roomOf(away, ANA), there);
    }

    function test_TheLastLotTakesTheSeatAlongThoughTheOtherSideIsFull() external {
        int256 before = quotas();
        (int256 here, int256 there) = (roomOf(home, ANA), roomOf(away, ANA));
        TransferOrder memory order = own(home, away, 1000);
        vm.assertEq(order.seat, CLASS);
        assertCounts(1, 0);
        vm.assertEq(deliver(away, order), 0);
        // Until the settlement the investor uses two seats: the count is never too low.
        assertCounts(1, 1);
        vm.assertEq(quotas(), before + 1);
        settle(home, order, 1);
        assertCounts(0, 1);
        vm.assertEq(quotas(), before);
        assertRooms(here, there);
    }

    function test_APartNeedsASeatOnTheOtherSide() external {
        TransferOrder memory order = own(home, away, 999);
        vm.assertEq(order.seat, 0);
        vm.assertEq(deliver(away, order), Refusals.HOLDER_CAP_REACHED);
        setSeats(away, CLASS, 1);
        vm.assertEq(deliver(away, order), 0);
        settle(home, order, 1);
        assertCounts(1, 1);
    }

    function test_TheLastLotWithAnotherOrderInFlightLeavesTheSeat() external {
        TransferOrder memory first = own(home, away, 400);
        TransferOrder memory last = own(home, away, 600);
        vm.assertEq(last.seat, 0);
        setSeats(away, CLASS, 1);
        vm.assertEq(deliver(away, first), 0);
        vm.assertEq(deliver(away, last), 0);
        settle(home, first, 1);
        assertCounts(1, 1);
        settle(home, last, 1);
        assertCounts(0, 1);
    }

    function test_ARefundKeepsTheSeatWhereItWas() external {
        int256 before = quotas();
        TransferOrder memory order = own(home, away, 1000);
        reject(away, order, 9);
        settle(home, order, 2);
        vm.assertEq(quotas(), before);
        assertCounts(1, 0);
    }

    function test_AnHolderWhoBoughtMeanwhileKeepsAPlaceWithoutHisQuota() external {
        issue(home, ben, freeLot(50));
        TransferOrder memory order = own(home, away, 1000);
        vm.prank(ben);
        home.token.transfer(ana, 50);
        vm.assertEq(deliver(away, order), 0);
        settle(home, order, 1);
        assertCounts(1, 1);
        vm.assertEq(seatsOf(home, CLASS), QUOTA - 1);
    }

    function test_ThereAndBackAgainConservesQuotasRoomsAndCounts() external {
        int256 before = quotas();
        (int256 here, int256 there) = (roomOf(home, ANA), roomOf(away, ANA));
        for (uint256 i; i < 3; ++i) {
            TransferOrder memory order = own(home, away, 1000);
            vm.assertEq(deliver(away, order), 0);
            settle(home, order, 1);
            order = own(away, home, 1000);
            vm.assertEq(order.seat, CLASS);
            vm.assertEq(deliver(home, order), 0);
            settle(away, order, 1);
        }
        vm.assertEq(quotas(), before);
        assertRooms(here, there);
        assertCounts(1, 0);
    }

    function test_AnOrderToAnotherInvestorCarriesNoSeat() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, BEN, ben, freeLot(1000)));
        vm.assertEq(order.seat, 0);
        order.seat = CLASS;
        (uint256 set, Reason[] memory reasons) = away.lens.explainDeliver(order);
        vm.assertEq(set, 1 << Refusals.MALFORMED);
        vm.assertEq(reasons[0].a, AT_SEAT);
        vm.assertEq(deliver(away, order), Refusals.MALFORMED);
    }

    /// @dev Any sequence of own crossings, delivered or refused, leaves quotas and rooms of both chains as they were.
    function testFuzz_QuotasAndRoomsAreConserved(uint256 seed) external {
        setSeats(away, CLASS, 1);
        int256 before = quotas();
        (int256 here, int256 there) = (roomOf(home, ANA), roomOf(away, ANA));
        for (uint256 i; i < 6; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            cross(draw % 2 == 0, (draw >> 8) % 4, draw >> 16);
            vm.assertEq(quotas(), before);
            assertRooms(here, there);
            assertCounts(home.token.balanceOf(ana) > 0 ? 1 : 0, away.token.balanceOf(ana) > 0 ? 1 : 0);
        }
    }

    function cross(bool outward, uint256 kind, uint256 draw) private {
        if (outward) cross(home, away, kind, draw);
        else cross(away, home, kind, draw);
    }

    function cross(Chain storage from, Chain storage to, uint256 kind, uint256 draw) private {
        uint256 balance = from.token.balanceOf(ana);
        if (balance == 0) return;
        TransferOrder memory order = own(from, to, uint128(kind == 0 ? balance : bound(draw, 1, balance)));
        bool rejected = kind == 1;
        if (!rejected) rejected = deliver(to, order) != 0;
        if (rejected) reject(to, order, 9);
        settle(from, order, rejected ? 2 : 1);
    }
}
