// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {OracleBatch, EligibilityItem, Approval, Lot, TransferOrder, InitiateRequest} from "../src/types/Types.sol";
import {Digests} from "../src/libraries/Digests.sol";
import {Fixture} from "./support/Fixture.sol";

/// @title What operations cost, whole transactions with 21,000 and calldata
/// @notice Each test asserts the goal of its operation; the committed snapshot shows any step towards it.
contract GasTest is Fixture {
    event Measured(string name, uint256 gas);

    function setUp() public override {
        super.setUp();
        issue(home, ana, freeLot(100_000));
        issue(home, ben, freeLot(100_000));
    }

    function _cost(string memory name, uint256 goal) private {
        uint256 gas = vm.lastCallGas().gasTotalUsed;
        emit Measured(name, gas);
        vm.assertLe(gas, goal, name);
    }

    function test_TransferBetweenHolders() external {
        vm.prank(ana);
        home.token.transfer(ben, 100);
        _cost("transfer, both hold", 55_000);
    }

    function test_TransferToANewHolder() external {
        vm.prank(ana);
        home.token.transfer(cho, 100);
        _cost("transfer, new holder", 100_000);
    }

    function test_TransferThatFoldsOneLot() external {
        issue(home, cho, lockedLot(500, START + 100));
        vm.warp(START + 100);
        vm.prank(cho);
        home.token.transfer(ben, 100);
        _cost("transfer, one lot folds", 62_000);
    }

    function test_MoveBetweenOwnAccounts() external {
        vm.prank(ana);
        home.token.transfer(ana2, 100);
        _cost("own move", 45_000);
    }

    function test_InitiateFree() external {
        InitiateRequest memory request = requestOf(away, ANA, ana, freeLot(10));
        vm.prank(ana);
        home.bridge.initiate(request);
        request = requestOf(away, ANA, ana, freeLot(100));
        vm.prank(ana);
        home.bridge.initiate(request);
        _cost("initiate, free", 110_000);
    }

    function test_InitiateOneLockedLot() external {
        issue(home, ana, lockedLot(500, START + 100 days));
        InitiateRequest memory request = requestOf(away, ANA, ana, freeLot(10));
        vm.prank(ana);
        home.bridge.initiate(request);
        request = requestOf(away, ANA, ana, lockedLot(500, START + 100 days));
        vm.prank(ana);
        home.bridge.initiate(request);
        _cost("initiate, locked", 115_000);
    }

    function test_DeliverFreeToAHolder() external {
        _delivered(freeLot(10));
        _measureDelivery(freeLot(100), "deliver, free", 110_000);
    }

    function test_DeliverAFurtherLot() external {
        issue(home, ana, lockedLot(500, START + 100 days));
        issue(home, ana, lockedLot(500, START + 101 days));
        _delivered(lockedLot(500, START + 100 days));
        _measureDelivery(lockedLot(500, START + 101 days), "deliver, further lot", 135_000);
    }

    function test_DeliverALotThatMerges() external {
        issue(home, ana, lockedLot(500, START + 100 days));
        _delivered(lockedLot(250, START + 100 days));
        _measureDelivery(lockedLot(250, START + 100 days), "deliver, merging lot", 120_000);
    }

    function test_DeliverToANewHolder() external {
        TransferOrder memory order = initiate(home, ben, requestOf(away, BEN, ben, freeLot(10)));
        deliver(away, order);
        _measureDelivery(lockedLotOfAna(), "deliver, new holder", 175_000);
    }

    function lockedLotOfAna() private returns (Lot[] memory lots) {
        lots = lockedLot(500, START + 100 days);
        issue(home, ana, lots);
    }

    function test_DeliverTwenty() external {
        _delivered(freeLot(10));
        TransferOrder[] memory orders = new TransferOrder[](20);
        Approval memory approval;
        approval.orders = new bytes32[](20);
        approval.expiresAt = uint64(START + 600);
        for (uint256 i; i < 20; ++i) {
            bool first = i < 10;
            InitiateRequest memory request = requestOf(away, first ? ANA : BEN, first ? ana : ben, freeLot(100));
            orders[i] = initiate(home, first ? ana : ben, request);
            approval.orders[i] = Digests.orderId(orders[i]);
        }
        bytes[] memory signed = signApproval(away, approval);
        away.bridge.deliver(orders, approval, 1, signed);
        _cost("deliver, 20", 61_000 * 20);
    }

    function test_SettleDelivered() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(10)));
        deliver(away, order);
        settle(home, order, 1);
        _cost("settle delivered", 90_000);
    }

    function test_SettleRefund() external {
        issue(home, ana, lockedLot(500, START + 100 days));
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, lockedLot(500, START + 100 days)));
        reject(away, order, 9);
        _cost("reject", 100_000);
        settle(home, order, 2);
        _cost("settle refund", 130_000);
    }

    function test_BatchOfFiftyRenewals() external {
        OracleBatch memory batch = newBatch(home);
        batch.eligibilities = new EligibilityItem[](50);
        for (uint256 i; i < 50; ++i) {
            batch.eligibilities[i] = EligibilityItem(asset, bytes32(1000 + i), VALID, 5, ALL_PERMISSIONS, 100);
        }
        submit(home, batch);
        batch.number += 1;
        submit(home, batch);
        _cost("batch of 50 renewals", 50 * 14_500);
    }

    function test_Heartbeat() external {
        heartbeat(home);
        _cost("heartbeat", 80_000);
    }

    function _delivered(Lot[] memory lots) private {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, lots));
        vm.assertEq(deliver(away, order), 0);
    }

    function _measureDelivery(Lot[] memory lots, string memory name, uint256 goal) private {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, lots));
        uint16 code = deliver(away, order);
        _cost(name, goal);
        vm.assertEq(code, 0);
    }
}
