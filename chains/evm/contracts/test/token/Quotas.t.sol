// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenEvents} from "../../src/interfaces/ITokenEvents.sol";
import {Refusals} from "../../src/libraries/Refusals.sol";
import {MAX_QUOTA} from "../../src/types/Constants.sol";
import {EligibilityItem, Reason, TransferOrder} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Quotas: how many holders a class may have on this chain
contract QuotaTest is Fixture {
    function setUp() public override {
        super.setUp();
        issue(home, ana, freeLot(1000));
    }

    function move(address from, address to, uint256 amount) private {
        vm.prank(from);
        home.token.transfer(to, amount);
    }

    /// @dev Puts an investor into a class, with every permission.
    function put(Chain storage chain, bytes32 investor, uint16 class) private {
        setEligibility(chain, EligibilityItem(asset, investor, VALID, class, ALL_PERMISSIONS, 0));
    }

    function test_AClassFillsToItsQuotaAndNotBeyond() external {
        put(home, CHO, 2);
        setSeats(home, 2, 1);
        move(ana, ben, 1);
        vm.assertEq(holdersOf(home, 2), 1);
        refuse(IRefusals.HolderCapReached.selector, 2, 1);
        move(ana, cho, 1);
        setSeats(home, 2, 1);
        move(ana, cho, 1);
        vm.assertEq(holdersOf(home, 2), 2);
    }

    function test_WhoHoldsAlreadyNeedsNoSeat() external {
        move(ana, ben, 1);
        setSeats(home, 2, -5);
        move(ana, ben, 1);
    }

    function test_AClassWithoutQuotaTakesNobody() external {
        put(home, CHO, 9);
        refuse(IRefusals.HolderCapReached.selector, 9, 0);
        move(ana, cho, 1);
        put(home, CHO, 0);
        refuse(IRefusals.HolderCapReached.selector, 0, 0);
        move(ana, cho, 1);
    }

    function test_ANegativeQuotaIsToldAsItIs() external {
        moveQuota(home, 2, -QUOTA - 4);
        refuse(IRefusals.HolderCapReached.selector, 2, uint256(int256(-4)));
        move(ana, ben, 1);
    }

    function test_AnIssueNeedsASeatToo() external {
        setSeats(home, 2, 0);
        refuse(IRefusals.HolderCapReached.selector, 2, 0);
        issue(home, ben, freeLot(1));
        issue(home, ana, freeLot(1));
    }

    // The leaving comes before the joining

    function test_AWholePositionGoesToANewHolderOfTheSameClassAtAFullQuota() external {
        put(home, BEN, 1);
        setSeats(home, 1, 0);
        refuse(IRefusals.HolderCapReached.selector, 1, 1);
        move(ana, ben, 999);
        move(ana, ben, 1000);
        vm.assertEq(holdersOf(home, 1), 1);
        refuse(IRefusals.HolderCapReached.selector, 1, 1);
        move(ben, ana, 999);
    }

    function test_LeavingAnotherClassFreesNoSeatInThisOne() external {
        setSeats(home, 2, 0);
        refuse(IRefusals.HolderCapReached.selector, 2, 0);
        move(ana, ben, 1000);
    }

    function test_WhoKeepsALotOrHasAnOrderInFlightDoesntLeave() external {
        put(home, BEN, 1);
        setSeats(home, 1, 0);
        issue(home, ana, lockedLot(5, START + 100));
        refuse(IRefusals.HolderCapReached.selector, 1, 1);
        move(ana, ben, 1000);
        vm.warp(START + 100);
        heartbeat(home);
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(5)));
        refuse(IRefusals.HolderCapReached.selector, 1, 1);
        move(ana, ben, 1000);
        reject(away, order, 9);
        settle(home, order, 2);
        move(ana, ben, 1005);
    }

    function test_OverFullClassesLetOneTakeTheOthersSeatOnlyUnderTheQuota() external {
        put(home, BEN, 1);
        put(home, CHO, 1);
        move(ana, cho, 500);
        setSeats(home, 1, -1);
        // Two holders, one seat: even a leaving leaves the class full.
        refuse(IRefusals.HolderCapReached.selector, 1, 1);
        move(ana, ben, 500);
    }

    function test_ALeavingThatCannotHappenFreesNoSeat() external {
        put(home, BEN, 1);
        setSeats(home, 1, 0);
        move(ana, ana2, 400);
        (uint256 set,) = home.token.explainTransfer(b32(ana), b32(ben), 1000);
        vm.assertEq(set, (1 << Refusals.INSUFFICIENT_BALANCE) | (1 << Refusals.HOLDER_CAP_REACHED));
        move(ana2, ana, 400);
        freezeAmount(home, ANA, 1);
        (set,) = home.token.explainTransfer(b32(ana), b32(ben), 1000);
        vm.assertEq(set, (1 << Refusals.FROZEN_AMOUNT) | (1 << Refusals.HOLDER_CAP_REACHED));
    }

    // Counting

    function test_EveryoneWithTokensHereOrInFlightIsCountedOnce() external {
        vm.assertEq(holdersOf(home, 1), 1);
        issue(home, ana2, lockedLot(5, START + 100));
        vm.assertEq(holdersOf(home, 1), 1);
        move(ana, ben, 1000);
        vm.assertEq(holdersOf(home, 1), 1);
        vm.assertEq(holdersOf(home, 2), 1);
        TransferOrder memory order = initiate(home, ana2, requestOf(away, ANA, ana, lockedLot(5, START + 100)));
        vm.assertEq(holdersOf(home, 1), 1);
        vm.assertEq(deliver(away, order), 0);
        settle(home, order, 1);
        vm.assertEq(holdersOf(home, 1), 0);
        vm.assertEq(holdersOf(away, 1), 1);
    }

    function test_AClassChangeMovesTheCountAtOnceWhateverTheQuota() external {
        setSeats(home, 3, -7);
        put(home, ANA, 3);
        vm.assertEq(holdersOf(home, 1), 0);
        vm.assertEq(holdersOf(home, 3), 1);
        put(home, BEN, 3);
        vm.assertEq(holdersOf(home, 3), 1);
        setSeats(home, 3, 0);
        move(ana, cho, 1000);
        vm.assertEq(holdersOf(home, 3), 1);
    }

    function test_AClassChangeWhileEverythingIsInFlightMovesTheCountToo() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, BEN, ben, freeLot(1000)));
        put(home, ANA, 3);
        vm.assertEq(holdersOf(home, 1), 0);
        vm.assertEq(holdersOf(home, 3), 1);
        vm.assertEq(deliver(away, order), 0);
        settle(home, order, 1);
        vm.assertEq(holdersOf(home, 3), 0);
    }

    // What a cut releases

    function expectSet(int64 delta, int64 quota, uint64 released) private {
        vm.expectEmit(address(home.token));
        emit ITokenEvents.QuotaSet(asset, 1, quota, released);
        moveQuota(home, 1, delta);
    }

    function test_ACutReleasesTheSeatsThatNobodyHas() external {
        expectSet(-997, 3, 997);
        expectSet(-1, 2, 1);
        expectSet(-2, 0, 1);
        expectSet(-1, -1, 0);
        expectSet(5, 4, 0);
        expectSet(-9, -5, 3);
        expectSet(0, -5, 0);
    }

    function test_AQuotaReachesItsBoundAndPassesItByNothing() external {
        moveQuota(home, 9, int64(MAX_QUOTA));
        moveQuota(home, 9, 1);
        vm.assertEq(seatsOf(home, 9), MAX_QUOTA);
        moveQuota(home, 8, -int64(MAX_QUOTA));
        moveQuota(home, 8, -1);
        vm.assertEq(seatsOf(home, 8), -MAX_QUOTA);
    }

    // The seat travels with the last lot

    function orderOfAll() private returns (TransferOrder memory) {
        return initiate(home, ana, requestOf(away, ANA, ana, freeLot(1000)));
    }

    function test_TheLastLotTakesTheSeatAlong() external {
        setSeats(away, 1, 0);
        (int64 here, int64 there) = (seatsOf(home, 1), seatsOf(away, 1));
        TransferOrder memory order = orderOfAll();
        vm.assertEq(order.seat, 1);
        vm.assertEq(deliver(away, order), 0);
        vm.assertEq(seatsOf(away, 1), there + 1);
        vm.assertEq(holdersOf(away, 1), 1);
        vm.assertEq(seatsOf(home, 1), here);
        vm.assertEq(holdersOf(home, 1), 1);
        settle(home, order, 1);
        vm.assertEq(seatsOf(home, 1), here - 1);
        vm.assertEq(holdersOf(home, 1), 0);
    }

    function test_ASeatThatComesBackChangesNothing() external {
        (int64 quota, uint64 holders) = home.token.quotaOf(1);
        TransferOrder memory order = orderOfAll();
        reject(away, order, 9);
        settle(home, order, 2);
        vm.assertEq(seatsOf(home, 1), quota);
        vm.assertEq(holdersOf(home, 1), holders);
    }

    function test_WhoKeepsSomethingOrHasAnotherOrderInFlightTakesNoSeat() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(1)));
        vm.assertEq(order.seat, 0);
        order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(999)));
        vm.assertEq(order.seat, 0);
        setSeats(away, 1, 0);
        vm.assertEq(deliver(away, order), Refusals.HOLDER_CAP_REACHED);
        (, Reason[] memory reasons) = away.lens.explainDeliver(order);
        vm.assertEq(reasons[0].a, 1);
        vm.assertEq(reasons[0].b, 0);
    }

    function test_ADueLotThatStaysKeepsTheSeat() external {
        issue(home, ana, lockedLot(5, START + 100));
        vm.warp(START + 100);
        TransferOrder memory order = orderOfAll();
        vm.assertEq(order.seat, 0);
    }

    function test_ToAnotherInvestorNoSeatTravels() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, BEN, ben, freeLot(1000)));
        vm.assertEq(order.seat, 0);
        setSeats(away, 2, 0);
        vm.assertEq(deliver(away, order), Refusals.HOLDER_CAP_REACHED);
        setSeats(away, 2, 1);
        vm.assertEq(deliver(away, order), 0);
        settle(home, order, 1);
        vm.assertEq(holdersOf(home, 1), 0);
        vm.assertEq(seatsOf(home, 1), QUOTA);
    }

    function test_TheSeatIsOfTheClassHereWhereverTheReceiverIsCounted() external {
        put(away, ANA, 4);
        (int64 ones, int64 fours) = (seatsOf(away, 1), seatsOf(away, 4));
        vm.assertEq(deliver(away, orderOfAll()), 0);
        vm.assertEq(seatsOf(away, 1), ones + 1);
        vm.assertEq(seatsOf(away, 4), fours);
        vm.assertEq(holdersOf(away, 4), 1);
    }

    function test_WhoBuysAgainBeforeTheSettlementStaysCounted() external {
        TransferOrder memory order = orderOfAll();
        issue(home, ben, freeLot(10));
        move(ben, ana, 5);
        vm.assertEq(deliver(away, order), 0);
        settle(home, order, 1);
        vm.assertEq(holdersOf(home, 1), 1);
        vm.assertEq(seatsOf(home, 1), QUOTA - 1);
    }

    function testFuzz_CountsAreARecount(uint256 seed) external {
        address[3] memory accounts = [ana, ben, cho];
        bytes32[3] memory investors = [ANA, BEN, CHO];
        for (uint256 i; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (seed % 4 == 0) {
                put(home, investors[(seed >> 8) % 3], uint16(1 + (seed >> 16) % 3));
            } else {
                address from = accounts[(seed >> 8) % 3];
                uint256 balance = home.token.balanceOf(from);
                uint256 amount = seed & 2 == 0 ? balance : (seed >> 24) % (balance + 1);
                vm.prank(from);
                try home.token.transfer(accounts[(seed >> 16) % 3], amount) {} catch {}
            }
            for (uint16 class = 1; class <= 3; ++class) {
                uint64 count;
                for (uint256 k; k < 3; ++k) {
                    if (usedOf(home, investors[k]) > 0 && classOf(home, investors[k]) == class) ++count;
                }
                vm.assertEq(holdersOf(home, class), count);
            }
        }
    }
}
