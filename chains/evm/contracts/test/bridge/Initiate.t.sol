// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {AT_INVESTOR, AT_LOTS, MAX_AMOUNT} from "../../src/types/Constants.sol";
import {InitiateRequest, LaneFlow, Lot, TransferOrder} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

contract InitiateTest is Fixture {
    uint256 private constant LOCK = START + 100;

    function setUp() public override {
        super.setUp();
        issue(home, ana, freeLot(1000));
        issue(home, ana, lockedLot(500, LOCK));
    }

    function mixed(uint128 free, uint128 locked) private pure returns (Lot[] memory lots) {
        lots = new Lot[](2);
        lots[0] = Lot(free, 0, 0);
        lots[1] = lockedLot(locked, LOCK)[0];
    }

    function own(Lot[] memory lots) private view returns (InitiateRequest memory) {
        return requestOf(away, ANA, ana, lots);
    }

    function send(InitiateRequest memory request) private {
        vm.prank(ana);
        home.bridge.initiate(request);
    }

    function test_TakesTheLotsAndKeepsTheOrder() external {
        TransferOrder memory order = initiate(home, ana, own(mixed(300, 200)));
        vm.assertEq(order.source, home.domain);
        vm.assertEq(order.destination, away.domain);
        vm.assertEq(order.nonce, 1);
        vm.assertEq(order.terms, 1);
        vm.assertEq(order.fromInvestor, ANA);
        vm.assertEq(order.sender, b32(ana));
        vm.assertEq(order.seat, 0);
        vm.assertEq(order.initiatedAt, START);
        vm.assertEq(order.lots.length, 2);
        vm.assertEq(order.lots[0].amount, 300);
        vm.assertEq(order.lots[1].amount, 200);
        vm.assertEq(order.lots[1].unlocksAt, LOCK);
        vm.assertEq(home.lens.orderAt(away.domain, 1), Digests.orderId(order));
        vm.assertEq(home.lens.orderAt(away.domain, 2), 0);
    }

    function test_MovesTotalsIntoFlight() external {
        send(own(mixed(300, 200)));
        (uint256 free, uint256 inFlight, Lot[] memory lots, uint8 reserved, uint8 orders,) =
            home.lens.positionOf(asset, ANA);
        vm.assertEq(free, 700);
        vm.assertEq(inFlight, 500);
        vm.assertEq(lots[0].amount, 300);
        vm.assertEq(reserved, 1);
        vm.assertEq(orders, 1);
        vm.assertEq(home.token.balanceOf(ana), 1000);
        (uint256 supply,,, LaneFlow[] memory flows) = home.lens.supplyOf(asset);
        vm.assertEq(supply, 1000);
        vm.assertEq(flows[0].sent, 500);
    }

    function test_NoncesCountUpByLane() external {
        send(own(freeLot(1)));
        TransferOrder memory order = initiate(home, ana, own(freeLot(1)));
        vm.assertEq(order.nonce, 2);
    }

    function test_ANamedLotThatHasUnlockedComesFromFree() external {
        vm.warp(LOCK);
        TransferOrder memory order = initiate(home, ana, own(mixed(1000, 500)));
        vm.assertEq(order.lots.length, 1);
        vm.assertEq(order.lots[0].amount, 1500);
        vm.assertEq(order.lots[0].unlocksAt, 0);
    }

    function test_AnotherInvestorGetsFreeTokensOnly() external {
        send(requestOf(away, BEN, ben, freeLot(1000)));
        InitiateRequest memory request = requestOf(away, BEN, ben, lockedLot(500, LOCK));
        refuse(IRefusals.LotsLocked.selector, 0, LOCK, 500);
        send(request);
        vm.warp(LOCK);
        request = requestOf(away, BEN, ben, lockedLot(500, LOCK));
        send(request);
    }

    function test_RefusesWhilePausedAnywhere() external {
        InitiateRequest memory request = own(freeLot(1));
        vm.startPrank(GUARD);
        home.bridge.pauseLane(away.domain, 2);
        vm.stopPrank();
        refuse(IRefusals.Paused.selector, 2);
        send(request);
        vm.startPrank(GUARD);
        home.bridge.pauseAsset(asset, 3);
        vm.stopPrank();
        refuse(IRefusals.Paused.selector, 3);
        send(request);
        vm.startPrank(GUARD);
        home.bridge.pause(6);
        vm.stopPrank();
        refuse(IRefusals.Paused.selector, 7);
        send(request);
    }

    function test_RefusesUnknownLanesAndAssets() external {
        InitiateRequest memory request = own(freeLot(1));
        request.destination = bytes32(uint256(5));
        refuse(IRefusals.LaneUnknown.selector, 5);
        send(request);
        request = own(freeLot(1));
        request.asset = bytes32(uint256(5));
        refuse(IRefusals.AssetUnknown.selector, 5);
        send(request);
    }

    function test_RefusesAnAssetThatIsNotOpenOnTheLane() external {
        vm.prank(ADMIN_);
        home.bridge.openLane(bytes32(uint256(6)), 2, 1, MAX_FLIGHT);
        InitiateRequest memory request = own(freeLot(1));
        request.destination = bytes32(uint256(6));
        refuse(IRefusals.AssetUnknown.selector, uint256(asset));
        send(request);
    }

    function test_RefusesUnboundBlockedFrozenAndUnpermittedSenders() external {
        InitiateRequest memory request = own(freeLot(1));
        refuse(IRefusals.SenderUnbound.selector, num(ANYONE));
        vm.prank(ANYONE);
        home.bridge.initiate(request);
        setEligibility(home, ANA, VALID, 5);
        refuse(IRefusals.SenderBlocked.selector, 5);
        send(request);
        setEligibility(home, ANA, VALID, 3);
        refuse(IRefusals.BridgeNotPermitted.selector, 3);
        send(request);
        setEligibility(home, ANA, VALID, 7);
        freezeInvestor(home, ANA);
        refuse(IRefusals.SenderFrozen.selector);
        send(request);
    }

    function test_RefusesRecipientsThatCantBe() external {
        InitiateRequest memory request = own(freeLot(1));
        request.recipient = 0;
        refuse(IRefusals.RecipientMalformed.selector, 0);
        send(request);
        request.recipient = bytes32(uint256(1) << 160);
        refuse(IRefusals.RecipientMalformed.selector, uint256(1) << 160);
        send(request);
        // An AccountId32 may be any 32 bytes but zero.
        vm.startPrank(ADMIN_);
        home.bridge.openLane(away.domain, 2, MIN_FLIGHT, MAX_FLIGHT);
        vm.stopPrank();
        send(request);
    }

    function test_RefusesRequestsOutOfForm() external {
        InitiateRequest memory request = own(freeLot(1));
        request.toInvestor = 0;
        refuse(IRefusals.Malformed.selector, AT_INVESTOR);
        send(request);
        Lot[] memory lots = mixed(1, 1);
        (lots[0], lots[1]) = (lots[1], lots[0]);
        request = own(lots);
        refuse(IRefusals.Malformed.selector, AT_LOTS);
        send(request);
        request = own(new Lot[](0));
        refuse(IRefusals.AmountZero.selector);
        send(request);
        request = own(mixed(1, 0));
        refuse(IRefusals.AmountZero.selector);
        send(request);
        request = own(freeLot(uint128(MAX_AMOUNT + 1)));
        refuse(IRefusals.AmountTooLarge.selector, MAX_AMOUNT + 1, MAX_AMOUNT);
        send(request);
    }

    function test_RefusesMoreThanThirtyTwoNamedLots() external {
        Lot[] memory lots = new Lot[](33);
        for (uint256 i; i < 33; ++i) {
            lots[i] = Lot(1, 1, uint64(LOCK + i));
        }
        InitiateRequest memory request = own(lots);
        refuse(IRefusals.TooManyLots.selector, 33, 32);
        send(request);
    }

    function test_RefusesDeadlinesOutsideTheLanesRange() external {
        InitiateRequest memory request = own(freeLot(1));
        request.deadline = uint64(START + MIN_FLIGHT - 1);
        refuse(IRefusals.DeadlineRange.selector, START + MIN_FLIGHT, START + MAX_FLIGHT);
        send(request);
        request.deadline = uint64(START + MAX_FLIGHT + 1);
        refuse(IRefusals.DeadlineRange.selector, START + MIN_FLIGHT, START + MAX_FLIGHT);
        send(request);
        request.deadline = uint64(START + MIN_FLIGHT);
        send(request);
        request.deadline = uint64(START + MAX_FLIGHT);
        send(request);
    }

    function test_RefusesASixteenthOrderInFlight() external {
        for (uint256 i; i < 15; ++i) {
            send(own(freeLot(1)));
        }
        InitiateRequest memory request = own(freeLot(1));
        refuse(IRefusals.TooManyInFlight.selector, 15);
        send(request);
    }

    function test_RefusesMoreThanTheAccountOrTheFreePartHolds() external {
        InitiateRequest memory request = own(freeLot(1501));
        refuse(IRefusals.InsufficientBalance.selector, 1500, 1501);
        send(request);
        request = own(freeLot(1001));
        refuse(IRefusals.LotsLocked.selector, 1000, LOCK, 1001);
        send(request);
    }

    function test_RefusesLotsThatAreMissingOrSmaller() external {
        InitiateRequest memory request = own(lockedLot(501, LOCK));
        refuse(IRefusals.LotUnknown.selector, START - 1 days, LOCK, 500);
        send(request);
        request = own(lockedLot(1, LOCK + 1));
        refuse(IRefusals.LotUnknown.selector, START - 1 days, LOCK + 1, 0);
        send(request);
    }

    function test_RefusesASplitThatLeavesNoPlaceForTheReturn() external {
        for (uint256 i = 1; i <= 31; ++i) {
            issue(home, ana, lockedLot(10, LOCK + i));
        }
        InitiateRequest memory request = own(lockedLot(499, LOCK));
        refuse(IRefusals.TooManyLots.selector, 33, 32);
        send(request);
        request = own(lockedLot(500, LOCK));
        send(request);
        // Its place stays reserved while it is in flight.
        refuse(IRefusals.TooManyLots.selector, 33, 32);
        issue(home, ana, lockedLot(10, LOCK + 40));
    }

    function test_RaisesTheLowestOfBothContracts() external {
        InitiateRequest memory request = own(freeLot(1501));
        request.recipient = 0;
        refuse(IRefusals.InsufficientBalance.selector, 1500, 1501);
        send(request);
        request.asset = bytes32(uint256(5));
        refuse(IRefusals.AssetUnknown.selector, 5);
        send(request);
    }
}
