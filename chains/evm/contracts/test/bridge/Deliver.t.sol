// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IBridgeEvents} from "../../src/interfaces/IBridgeEvents.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {Refusals} from "../../src/libraries/Refusals.sol";
import {AT_INVESTOR, AT_LOTS, MAX_AMOUNT} from "../../src/types/Constants.sol";
import {Approval, LaneFlow, Lot, Reason, TransferOrder} from "../../src/types/Types.sol";
import {DeliverBase} from "../support/DeliverBase.sol";

contract DeliverTest is DeliverBase {
    function test_CreditsOwnLotsUnchanged() external {
        Lot[] memory lots = new Lot[](2);
        lots[0] = Lot(100, 0, 0);
        lots[1] = lockedLot(500, LOCK)[0];
        TransferOrder memory order = ownOrder(lots);
        vm.assertEq(deliver(away, order), 0);
        (uint256 free,, Lot[] memory held,,,) = away.lens.positionOf(asset, ANA);
        vm.assertEq(free, 100);
        vm.assertEq(held[0].amount, 500);
        vm.assertEq(held[0].unlocksAt, LOCK);
        vm.assertEq(held[0].acquiredAt, START - 1 days);
        vm.assertEq(away.token.balanceOf(ana), 600);
        (uint256 supply,,, LaneFlow[] memory flows) = away.lens.supplyOf(asset);
        vm.assertEq(supply, 600);
        vm.assertEq(flows[0].lane, home.domain);
        vm.assertEq(flows[0].arrived, 600);
        vm.assertEq(away.lens.outcomeOf(home.domain, 1), 1);
    }

    function test_TellsWhatHappened() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        Approval memory approval = approvalOf(order);
        bytes[] memory signed = signApproval(away, approval);
        bytes32 orderId = Digests.orderId(order);
        vm.expectEmit(address(away.bridge));
        emit IBridgeEvents.OrderDelivered(orderId, home.domain, 1, uint64(START));
        vm.prank(ANYONE);
        away.bridge.deliver(listOf(order), approval, 1, signed);
        vm.expectEmit(address(away.bridge));
        emit IBridgeEvents.OrderRefused(orderId, home.domain, 1, 22);
        away.bridge.deliver(listOf(order), approval, 1, signed);
    }

    function test_AnArrivingLotThatIsDueComesFree() external {
        TransferOrder memory order = ownOrder(lockedLot(500, LOCK));
        order = patched(order, uint64(LOCK));
        vm.warp(LOCK);
        setEligibility(away, ANA, uint64(LOCK + 1), ALL_PERMISSIONS);
        vm.assertEq(deliver(away, order), 0);
        (uint256 free,, Lot[] memory held,,,) = away.lens.positionOf(asset, ANA);
        vm.assertEq(free, 500);
        vm.assertEq(held.length, 0);
    }

    /// @dev The order with a deadline beyond `time`, as a lane with longer flights would have made it.
    function patched(TransferOrder memory order, uint64 time) private pure returns (TransferOrder memory) {
        order.deadline = time + 1 hours;
        return order;
    }

    function test_ReplayIsAnsweredWithoutLookingAtSignatures() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        deliver(away, order);
        Approval memory approval;
        uint16[] memory codes = away.bridge.deliver(listOf(order), approval, 99, new bytes[](0));
        vm.assertEq(codes[0], 22);
        refuseOrder(order, Refusals.ORDER_CONSUMED, 1);
    }

    function test_TwoOrdersThatShareANonceExcludeEachOther() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        TransferOrder memory twin = ownOrder(freeLot(2));
        twin.nonce = order.nonce;
        vm.assertEq(deliver(away, order), 0);
        refuseOrder(twin, Refusals.ORDER_CONSUMED, 1);
    }

    function test_ABatchGivesOneCodePerOrderAndNeverFailsAsAWhole() external {
        TransferOrder[] memory orders = new TransferOrder[](5);
        Approval memory approval;
        approval.orders = new bytes32[](4);
        approval.expiresAt = uint64(START + 600);
        for (uint256 i; i < 5; ++i) {
            orders[i] = ownOrder(freeLot(uint128(i + 1)));
        }
        orders[1].recipient = b32(ANYONE);
        orders[2].terms = 2;
        for (uint256 i; i < 4; ++i) {
            approval.orders[i] = Digests.orderId(orders[i]);
        }
        // The second is the first again, the last is named by nobody.
        orders[3] = orders[0];
        bytes[] memory signed = signApproval(away, approval);
        uint16[] memory codes = away.bridge.deliver(orders, approval, 1, signed);
        vm.assertEq(codes[0], 0);
        vm.assertEq(codes[1], Refusals.RECEIVER_UNBOUND);
        vm.assertEq(codes[2], Refusals.TERMS_MISMATCH);
        vm.assertEq(codes[3], Refusals.ORDER_CONSUMED);
        vm.assertEq(codes[4], Refusals.QUORUM_NOT_MET);
        vm.assertEq(away.token.totalSupply(), 1);
    }

    function test_ARefusedOrderMayBeBroughtAgain() external {
        TransferOrder memory order = orderToBen(10);
        setEligibility(away, BEN, VALID, 0);
        vm.assertEq(deliver(away, order), Refusals.RECEIVER_NOT_ELIGIBLE);
        setEligibility(away, BEN, VALID, 1);
        vm.assertEq(deliver(away, order), 0);
    }

    function test_RefusesWhilePausedAnywhere() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        vm.prank(GUARD);
        away.bridge.pauseLane(home.domain, 4);
        refuseOrder(order, Refusals.PAUSED, 4);
        vm.prank(GUARD);
        away.bridge.pauseAsset(asset, 5);
        refuseOrder(order, Refusals.PAUSED, 5);
        vm.prank(GUARD);
        away.bridge.pause(6);
        refuseOrder(order, Refusals.PAUSED, 7);
    }

    function test_RefusesUnknownAssetsAndTerms() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        order.terms = 7;
        refuseOrder(order, Refusals.TERMS_MISMATCH, 7);
        order.asset = bytes32(uint256(5));
        refuseOrder(order, Refusals.ASSET_UNKNOWN, 5);
    }

    function test_RefusesOrdersForAnotherChainAndFromNoLane() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        order.source = bytes32(uint256(5));
        refuseOrder(order, Refusals.DOMAIN_MISMATCH, 5);
        order.source = home.domain;
        order.destination = bytes32(uint256(6));
        refuseOrder(order, Refusals.DOMAIN_MISMATCH, 6);
    }

    function test_DeliversUntilTheSecondBeforeTheDeadline() external {
        TransferOrder memory first = ownOrder(freeLot(1));
        TransferOrder memory second = ownOrder(freeLot(1));
        vm.warp(first.deadline - 1);
        vm.assertEq(deliver(away, first), 0);
        vm.warp(first.deadline);
        refuseOrder(second, Refusals.DEADLINE_PASSED, second.deadline);
    }

    function test_DeliversFromTheSecondOfInitiationOn() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        order.initiatedAt = uint64(START + 1);
        refuseOrder(order, Refusals.NOT_YET, START + 1);
        vm.warp(START + 1);
        vm.assertEq(deliver(away, order), 0);
    }

    function test_RefusesMoreThanTheAuthorisedIssue() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        order.lots[0].amount = AUTHORISED + 1;
        refuseOrder(order, Refusals.OVER_AUTHORISED_ISSUE, AUTHORISED);
        order.lots[0].amount = AUTHORISED;
        vm.assertEq(deliver(away, order), 0);
    }

    function test_RefusesRecipientsThatAreNotTheInvestors() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        order.recipient = b32(ben);
        refuseOrder(order, Refusals.RECEIVER_UNBOUND, num(ben));
        // What can be no account here belongs to nobody here either: both are told, the lower number is raised.
        bytes32[2] memory foreign = [bytes32(uint256(1) << 160), bytes32(0)];
        for (uint256 i; i < 2; ++i) {
            order.recipient = foreign[i];
            refuseOrder(order, Refusals.RECEIVER_UNBOUND, uint256(foreign[i]));
            (uint256 set, Reason[] memory reasons) = away.lens.explainDeliver(order);
            vm.assertEq(set, (1 << Refusals.RECEIVER_UNBOUND) | (1 << Refusals.RECIPIENT_MALFORMED));
            vm.assertEq(reasons[1].a, uint256(foreign[i]));
        }
    }

    function test_OfAnUnknownAssetNothingIsSaidAboutItsRecipient() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        (order.asset, order.recipient) = (bytes32(uint256(5)), 0);
        (uint256 set,) = away.lens.explainDeliver(order);
        vm.assertEq(set, 1 << Refusals.ASSET_UNKNOWN);
    }

    /// @dev Between delivery and settlement the order is neither lost nor counted twice: at no moment do the chains
    /// together show more or less than was issued, and what is in flight is never below nothing.
    function test_TheAuditHoldsBetweenDeliveryAndSettlement() external {
        TransferOrder memory order = ownOrder(freeLot(1234));
        audit(1234);
        vm.assertEq(deliver(away, order), 0);
        audit(0);
        settle(home, order, 1);
        audit(0);
        order = ownOrder(freeLot(99));
        reject(away, order, 9);
        audit(99);
        settle(home, order, 2);
        audit(0);
    }

    function audit(int256 inFlight) private view {
        (uint256 here, uint256 issued,, LaneFlow[] memory flows) = home.lens.supplyOf(asset);
        (uint256 there,,, LaneFlow[] memory others) = away.lens.supplyOf(asset);
        vm.assertEq(here, issued - flows[0].sent + flows[0].refunded);
        vm.assertEq(there, others[0].arrived);
        vm.assertEq(int256(flows[0].sent) - int256(flows[0].refunded) - int256(others[0].arrived), inFlight);
        vm.assertEq(int256(here + there) + inFlight, int256(issued));
    }

    function test_RefusesFrozenReceivers() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        freezeAccount(away, ana);
        refuseOrder(order, Refusals.RECEIVER_FROZEN, 0);
        order.recipient = b32(ana2);
        freezeInvestor(away, ANA);
        refuseOrder(order, Refusals.RECEIVER_FROZEN, 0);
    }

    function test_RefusesReceiversNotEligibleOrNotFresh() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        setEligibility(away, ANA, VALID, 6);
        refuseOrder(order, Refusals.RECEIVER_NOT_ELIGIBLE, 6);
        setEligibility(away, ANA, uint64(START), 7);
        refuseOrder(order, Refusals.ELIGIBILITY_EXPIRED, START);
        setEligibility(away, ANA, VALID, 7);
        order.deadline = VALID;
        vm.warp(START + MAX_ORACLE_AGE + 1);
        refuseOrder(order, Refusals.ORACLE_STALE, MAX_ORACLE_AGE + 1);
    }

    function test_RefusesOrdersOutOfForm() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        order.lots = new Lot[](0);
        refuseOrder(order, Refusals.AMOUNT_ZERO, 0);
        order.lots = freeLot(uint128(MAX_AMOUNT + 1));
        refuseOrder(order, Refusals.AMOUNT_TOO_LARGE, MAX_AMOUNT + 1);
        order.lots = new Lot[](2);
        (order.lots[0], order.lots[1]) = (Lot(1, 0, 0), Lot(1, 0, 0));
        refuseOrder(order, Refusals.MALFORMED, AT_LOTS);
        order.lots = freeLot(1);
        order.fromInvestor = 0;
        vm.assertEq(deliver(away, order), Refusals.MALFORMED);
        order.fromInvestor = ANA;
        order.toInvestor = bytes32(uint256(1) << 128);
        (, Reason[] memory reasons) = away.lens.explainDeliver(order);
        vm.assertEq(reasons[reasons.length - 1].a, AT_INVESTOR);
    }

    function test_RefusesLockedLotsToAnotherInvestor() external {
        TransferOrder memory order = orderToBen(10);
        order.lots = lockedLot(10, LOCK);
        refuseOrder(order, Refusals.MALFORMED, AT_LOTS);
    }

    function test_RefusesAThirtyThirdLotAndMergesIntoTheThirtySecond() external {
        for (uint256 i = 1; i <= 32; ++i) {
            TransferOrder memory order = ownOrder(freeLot(1));
            order.lots = lockedLot(1, LOCK + i);
            vm.assertEq(deliver(away, order), 0);
            settle(home, ownOrderBehind(order), 1);
        }
        TransferOrder memory last = ownOrder(freeLot(1));
        last.lots = lockedLot(1, LOCK + 33);
        refuseOrder(last, Refusals.TOO_MANY_LOTS, 33);
        last.lots = lockedLot(1, LOCK + 32);
        vm.assertEq(deliver(away, last), 0);
    }

    /// @dev The order as the source knows it: the test changed its lots on the way.
    function ownOrderBehind(TransferOrder memory order) private pure returns (TransferOrder memory) {
        order.lots = freeLot(1);
        return order;
    }

    function test_RefusesAnUnknownSenderOfThisChainToAnother() external {
        TransferOrder memory order = orderToBen(10);
        order.fromInvestor = bytes32(uint256(0xd0));
        refuseOrder(order, Refusals.CLASS_TRANSFER_FORBIDDEN, 0);
    }

    function test_ExplainTellsAllFailingRulesAtOnce() external {
        TransferOrder memory order = ownOrder(freeLot(1));
        setEligibility(away, ANA, uint64(START), 7);
        order.terms = 2;
        order.deadline = uint64(START);
        (uint256 set, Reason[] memory reasons) = away.lens.explainDeliver(order);
        vm.assertEq(reasons.length, 3);
        vm.assertEq(reasons[0].code, Refusals.ELIGIBILITY_EXPIRED);
        vm.assertEq(reasons[1].code, Refusals.DEADLINE_PASSED);
        vm.assertEq(reasons[2].code, Refusals.TERMS_MISMATCH);
        vm.assertEq(set, (1 << 10) | (1 << 21) | (1 << 39));
    }
}
