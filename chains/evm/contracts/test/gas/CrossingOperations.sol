// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Digests} from "../../src/libraries/Digests.sol";
import {Approval, InitiateRequest, Lot, TransferOrder} from "../../src/types/Types.sol";
import {GasBase} from "./GasBase.sol";

/// @title What crosses: departures, arrivals signed by 2 of 3, settlements
abstract contract CrossingOperations is GasBase {
    function initiateFree() internal returns (uint256) {
        InitiateRequest memory request = requestToSelf(freeLot(100));
        vm.prank(dana);
        home.bridge.initiate(request);
        return spent();
    }

    function initiateOneLockedLot() internal returns (uint256) {
        issue(home, dana, lockedIn(500, 90 days));
        InitiateRequest memory request = requestToSelf(lockedIn(500, 90 days));
        vm.prank(dana);
        home.bridge.initiate(request);
        return spent();
    }

    function initiateUnderRateLimits() internal returns (uint256) {
        setRates(home, away.domain);
        // The investor's first share takes a slot of its own, once.
        initiateFree();
        return initiateFree();
    }

    function deliverFree() internal returns (uint256) {
        return delivered(freeLot(100));
    }

    function deliverUnderRateLimits() internal returns (uint256) {
        setRates(away, home.domain);
        return delivered(freeLot(100));
    }

    function deliverAFurtherLot() internal returns (uint256) {
        issue(home, dana, lockedIn(500, 90 days));
        issue(home, dana, lockedIn(500, 91 days));
        arrived(lockedIn(500, 90 days));
        return delivered(lockedIn(500, 91 days));
    }

    function deliverALotThatMerges() internal returns (uint256) {
        issue(home, dana, lockedIn(500, 90 days));
        arrived(lockedIn(250, 90 days));
        return delivered(lockedIn(250, 90 days));
    }

    function deliverToANewHolder() internal returns (uint256) {
        TransferOrder memory order = initiate(home, dana, requestOf(away, EVA, eva, freeLot(100)));
        vm.assertEq(deliver(away, order), 0);
        return spent();
    }

    function deliverTwentyFree() internal returns (uint256) {
        arrived(freeLot(1000));
        TransferOrder memory order = initiate(home, eva, requestOf(away, EVA, eva, freeLot(1000)));
        vm.assertEq(deliver(away, order), 0);
        return twenty(false);
    }

    function deliverTwentyNewLots() internal returns (uint256) {
        return twenty(true);
    }

    function settleDelivered() internal returns (uint256) {
        settle(home, arrived(freeLot(100)), 1);
        return spent();
    }

    function settleByRefund() internal returns (uint256) {
        issue(home, dana, lockedIn(500, 90 days));
        TransferOrder memory order = sent(lockedIn(500, 90 days));
        reject(away, order, 9);
        settle(home, order, 2);
        return spent();
    }

    function rejectAnOrder() internal returns (uint256) {
        reject(away, sent(freeLot(100)), 9);
        return spent();
    }

    function setRates(Chain storage chain, bytes32 lane) internal {
        vm.prank(ADMIN_);
        chain.bridge.setRate(lane, asset, 100_000, 100, 200_000, 100);
    }

    function delivered(Lot[] memory lots) private returns (uint256) {
        vm.assertEq(deliver(away, sent(lots)), 0);
        return spent();
    }

    /// @dev Twenty orders under one approval, ten of each of two holders, free or each a lot of its own; gas of one.
    function twenty(bool locked) private returns (uint256) {
        TransferOrder[] memory orders = new TransferOrder[](20);
        bytes32[] memory ids = new bytes32[](20);
        for (uint256 i; i < 20; ++i) {
            (bytes32 investor, address account) = i < 10 ? (DANA, dana) : (EVA, eva);
            Lot[] memory lots = locked ? lockedIn(100, (90 + i) * 1 days) : freeLot(100);
            if (locked) issue(home, account, lots);
            orders[i] = initiate(home, account, requestOf(away, investor, account, lots));
            ids[i] = Digests.orderId(orders[i]);
        }
        Approval memory approval = approvalOf(orders, ids);
        bytes[] memory signed = signApproval(away, approval);
        uint16[] memory codes = away.bridge.deliver(orders, approval, 1, signed);
        uint256 gas = spent();
        for (uint256 i; i < 20; ++i) {
            vm.assertEq(codes[i], 0);
        }
        return gas / 20;
    }
}
