// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IBridgeEvents} from "../../src/interfaces/IBridgeEvents.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {AT_OUTCOME} from "../../src/types/Constants.sol";
import {LaneFlow, Lot, TransferOrder, TransferReceipt} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

contract SettleTest is Fixture {
    uint256 private constant LOCK = START + 100 days;

    function setUp() public override {
        super.setUp();
        issue(home, ana, freeLot(1000));
        issue(home, ana, lockedLot(500, LOCK));
    }

    function newOrder() private returns (TransferOrder memory) {
        Lot[] memory lots = new Lot[](2);
        lots[0] = Lot(100, 0, 0);
        lots[1] = lockedLot(200, LOCK)[0];
        return initiate(home, ana, requestOf(away, ANA, ana, lots));
    }

    function refuseReceipt(TransferOrder memory order, TransferReceipt memory receipt, bytes memory answer) private {
        bytes[] memory signed = signReceipt(home, receipt);
        vm.expectRevert(answer);
        home.bridge.settle(order, receipt, 1, signed);
    }

    function unknown(bytes32 order) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRefusals.InFlightUnknown.selector, uint256(order));
    }

    function assertPosition(uint256 free, uint256 inFlight, uint256 lot, uint256 reserved, uint256 orders)
        private
        view
    {
        (uint256 free_, uint256 inFlight_, Lot[] memory lots, uint8 reserved_, uint8 orders_,) =
            home.lens.positionOf(asset, ANA);
        vm.assertEq(free_, free);
        vm.assertEq(inFlight_, inFlight);
        vm.assertEq(lots[0].amount, lot);
        vm.assertEq(reserved_, reserved);
        vm.assertEq(orders_, orders);
    }

    function test_DeliveredEndsTheFlight() external {
        TransferOrder memory order = newOrder();
        assertPosition(900, 300, 300, 1, 1);
        TransferReceipt memory receipt = receiptOf(order, 1);
        bytes[] memory signed = signReceipt(home, receipt);
        vm.expectEmit(address(home.bridge));
        emit IBridgeEvents.OrderSettled(receipt.order, away.domain, 1, 1, 0);
        home.bridge.settle(order, receipt, 1, signed);
        assertPosition(900, 0, 300, 0, 0);
        vm.assertEq(home.lens.orderAt(away.domain, 1), 0);
        vm.assertEq(home.token.totalSupply(), 1200);
    }

    function test_RejectedAndExpiredReturnTheVeryLots() external {
        for (uint8 outcome = 2; outcome <= 3; ++outcome) {
            TransferOrder memory order = newOrder();
            settle(home, order, outcome);
            assertPosition(1000, 0, 500, 0, 0);
            vm.assertEq(home.token.balanceOf(ana), 1500);
            (uint256 supply,,, LaneFlow[] memory flows) = home.lens.supplyOf(asset);
            vm.assertEq(supply, 1500);
            vm.assertEq(flows[0].refunded, 300 * (uint256(outcome) - 1));
        }
    }

    function test_ALotThatCameDueInFlightReturnsFree() external {
        TransferOrder memory order = newOrder();
        vm.warp(LOCK);
        settle(home, order, 3);
        (uint256 free,, Lot[] memory lots,,,) = home.lens.positionOf(asset, ANA);
        vm.assertEq(free, 1500);
        vm.assertEq(lots.length, 0);
    }

    function test_ARefundLandsWhateverTheRulesSayByNow() external {
        TransferOrder memory order = newOrder();
        setEligibility(home, ANA, 0, 0);
        freezeInvestor(home, ANA);
        freezeAccount(home, ana);
        vm.startPrank(GUARD);
        home.bridge.pause(7);
        home.bridge.pauseLane(away.domain, 15);
        home.bridge.pauseAsset(asset, 15);
        vm.stopPrank();
        vm.warp(START + 300 days);
        settle(home, order, 2);
        (,,,, uint8 orders, uint8 flags) = home.lens.positionOf(asset, ANA);
        vm.assertEq(orders, 0);
        vm.assertEq(flags, 1);
        vm.assertEq(home.token.balanceOf(ana), 1500);
    }

    function test_ARefundFindsItsPlacesThoughThePositionIsFull() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, lockedLot(500, LOCK)));
        for (uint256 i = 1; i <= 31; ++i) {
            issue(home, ana, lockedLot(1, LOCK + i));
        }
        settle(home, order, 2);
        (,, Lot[] memory lots,,,) = home.lens.positionOf(asset, ANA);
        vm.assertEq(lots.length, 32);
        vm.assertEq(lots[0].amount, 500);
    }

    function test_RefusesUnderThePauseOfEverythingOnly() external {
        TransferOrder memory order = newOrder();
        vm.prank(GUARD);
        home.bridge.pause(9);
        refuseReceipt(order, receiptOf(order, 1), abi.encodeWithSelector(IRefusals.Paused.selector, 9));
        vm.prank(ADMIN_);
        home.bridge.resume(8);
        settle(home, order, 1);
    }

    function test_RefusesASecondSettlement() external {
        TransferOrder memory order = newOrder();
        settle(home, order, 1);
        refuseReceipt(order, receiptOf(order, 2), unknown(Digests.orderId(order)));
    }

    function test_RefusesAnOrderThatIsNotTheStoredOneOrNotTheReceipts() external {
        TransferOrder memory order = newOrder();
        TransferOrder memory other = newOrder();
        TransferReceipt memory receipt = receiptOf(other, 1);
        refuseReceipt(order, receipt, unknown(receipt.order));
        bytes32 genuine = Digests.orderId(order);
        order.lots[0].amount += 1;
        refuseReceipt(order, receiptOf(order, 2), unknown(Digests.orderId(order)));
        receipt.order = genuine;
        refuseReceipt(order, receipt, unknown(genuine));
    }

    function test_RefusesOutcomesThatDontExist() external {
        TransferOrder memory order = newOrder();
        TransferReceipt memory receipt = receiptOf(order, 1);
        bytes memory answer = abi.encodeWithSelector(IRefusals.Malformed.selector, AT_OUTCOME);
        receipt.outcome = 0;
        refuseReceipt(order, receipt, answer);
        receipt.outcome = 4;
        refuseReceipt(order, receipt, answer);
    }

    function test_RefusesAReceiptSignedForTheDestination() external {
        TransferOrder memory order = newOrder();
        TransferReceipt memory receipt = receiptOf(order, 2);
        bytes[] memory signed = signReceipt(away, receipt);
        vm.expectRevert();
        home.bridge.settle(order, receipt, 1, signed);
    }

    function test_RefusesTooFewSignaturesAndAChangedOutcome() external {
        TransferOrder memory order = newOrder();
        TransferReceipt memory receipt = receiptOf(order, 1);
        bytes[] memory signed = signatures(attestorKeys, 1, this.digestReceipt(receipt, separator(home)));
        refuse(IRefusals.QuorumNotMet.selector, 1, 2);
        home.bridge.settle(order, receipt, 1, signed);
        signed = signReceipt(home, receipt);
        receipt.outcome = 2;
        vm.expectRevert();
        home.bridge.settle(order, receipt, 1, signed);
    }

    function test_RefusesOnAForkOfTheChain() external {
        TransferOrder memory order = newOrder();
        TransferReceipt memory receipt = receiptOf(order, 1);
        bytes[] memory signed = signReceipt(home, receipt);
        vm.chainId(999);
        refuse(IRefusals.DomainMismatch.selector, 999, 31337);
        home.bridge.settle(order, receipt, 1, signed);
    }
}
