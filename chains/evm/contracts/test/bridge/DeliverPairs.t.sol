// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Refusals} from "../../src/libraries/Refusals.sol";
import {Lot, TransferOrder} from "../../src/types/Types.sol";
import {DeliverBase} from "../support/DeliverBase.sol";

/// @title A lapsed holder comes home
contract DeliverHomeTest is DeliverBase {
    function test_AnExpiredRecordIsEnoughToComeHome() external {
        deliver(away, ownOrder(lockedLot(500, LOCK)));
        setEligibility(home, ANA, uint64(START), 7);
        TransferOrder memory back = initiate(away, ana, requestOf(home, ANA, ana, lockedLot(500, LOCK)));
        vm.assertEq(deliver(home, back), 0);
    }

    function test_ABlockedOneStaysOutAndAnotherInvestorNeedsAFreshRecord() external {
        deliver(away, ownOrder(freeLot(100)));
        TransferOrder memory back = initiate(away, ana, requestOf(home, ANA, ana, freeLot(10)));
        TransferOrder memory toBen = initiate(away, ana, requestOf(home, BEN, ben, freeLot(10)));
        setEligibility(home, ANA, uint64(START), 0);
        setEligibility(home, BEN, uint64(START), 7);
        vm.assertEq(deliver(home, back), Refusals.RECEIVER_NOT_ELIGIBLE);
        vm.assertEq(deliver(home, toBen), Refusals.ELIGIBILITY_EXPIRED);
    }
}

/// @title Arrivals at another investor under the rules Forbid and Restart
contract DeliverForbiddenTest is DeliverBase {
    function defaultRule() internal pure override returns (uint8) {
        return 0;
    }

    function test_RefusesAnotherInvestorAndTakesTheSame() external {
        refuseOrder(orderToBen(10), Refusals.CLASS_TRANSFER_FORBIDDEN, 1);
        vm.assertEq(deliver(away, ownOrder(freeLot(10))), 0);
    }
}

contract DeliverRestartedTest is DeliverBase {
    function defaultRule() internal pure override returns (uint8) {
        return 2;
    }

    function test_MakesOneLotWithANewHoldingPeriod() external {
        vm.assertEq(deliver(away, orderToBen(10)), 0);
        (uint256 free,, Lot[] memory held,,,) = away.lens.positionOf(asset, BEN);
        vm.assertEq(free, 0);
        vm.assertEq(held[0].acquiredAt, START);
        vm.assertEq(held[0].unlocksAt, START + HOLDING_PERIOD);
    }

    function test_RefusesALotBelowTheLeast() external {
        refuseOrder(orderToBen(MIN_LOT - 1), Refusals.LOT_TOO_SMALL, MIN_LOT);
    }

    function test_LeavesTheLastEightPlacesToTheHolder() external {
        for (uint256 i = 1; i <= 24; ++i) {
            vm.warp(START + i);
            TransferOrder memory order = orderToBen(MIN_LOT);
            vm.assertEq(deliver(away, order), 0);
            settle(home, order, 1);
        }
        vm.warp(START + 25);
        refuseOrder(orderToBen(MIN_LOT), Refusals.TOO_MANY_LOTS, 25);
    }
}
