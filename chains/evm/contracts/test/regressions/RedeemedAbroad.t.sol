// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {TransferOrder} from "../../src/types/Types.sol";
import {ControlsBase} from "../controls/ControlsBase.sol";

/// @title More redeemed on a chain than was ever issued there
/// @notice Abroad nothing is issued and anything may be redeemed. The difference underflowed: an issue there failed without a
/// reason, and asking for the reasons failed too.
contract RedeemedAbroadRegression is ControlsBase {
    function setUp() public override {
        super.setUp();
        issue(home, ana, freeLot(100));
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(50)));
        vm.assertEq(deliver(away, order), 0);
        vm.prank(CONTROL);
        awayControls().redeem(ana, freeLot(50), REASON, DOCUMENT);
    }

    function test_AnIssueAbroadIsStillRefusedForItsReason() external {
        refuse(IRefusals.DomainMismatch.selector, uint256(away.domain), uint256(home.domain));
        issue(away, ana, freeLot(1));
        (uint256 set,) = away.lens.explainIssue(asset, b32(CONTROL), b32(ana), freeLot(1));
        vm.assertEq(set, 1 << 27);
    }
}
