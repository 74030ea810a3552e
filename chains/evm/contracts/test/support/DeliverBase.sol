// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Lot, Reason, TransferOrder} from "../../src/types/Types.sol";
import {Fixture} from "./Fixture.sol";

/// @title What tests of arrivals share
abstract contract DeliverBase is Fixture {
    uint256 internal constant LOCK = START + 100 days;

    function setUp() public virtual override {
        super.setUp();
        issue(home, ana, freeLot(10_000));
        issue(home, ana, lockedLot(500, LOCK));
    }

    /// @dev An order of Ana's own lots to herself.
    function ownOrder(Lot[] memory lots) internal returns (TransferOrder memory) {
        return initiate(home, ana, requestOf(away, ANA, ana, lots));
    }

    function orderToBen(uint128 amount) internal returns (TransferOrder memory) {
        return initiate(home, ana, requestOf(away, BEN, ben, freeLot(amount)));
    }

    /// @dev Expects that `order` is refused with `code`, that explain names it with value `a`, and that nothing
    /// changed.
    function refuseOrder(TransferOrder memory order, uint16 code, uint256 a) internal {
        (uint256 set, Reason[] memory reasons) = away.lens.explainDeliver(order);
        vm.assertTrue(set & (1 << code) != 0, "explain");
        vm.assertEq(reasons[0].code, code);
        vm.assertEq(reasons[0].a, a);
        (uint256 before,,) = away.token.totals();
        vm.assertEq(deliver(away, order), code);
        (uint256 supply,,) = away.token.totals();
        vm.assertEq(supply, before);
    }
}
