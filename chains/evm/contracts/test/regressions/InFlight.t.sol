// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Words} from "../../src/libraries/Words.sol";
import {
    AssetParams,
    BindingItem,
    EligibilityItem,
    OracleBatch,
    QuotaItem,
    TransferOrder
} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title More in flight than was ever issued
/// @notice An order counts as in flight at its source until it is settled there. A holder of a whole issue of 2^96 - 1
/// sent it over, had it delivered, brought it home and sent it again before anyone settled: twice the issue was in
/// flight, in 96 bits. The excess fell into the next field, settling the first order underflowed, and the refund of the
/// second one could never land.
contract InFlightRegression is Fixture {
    uint128 private constant WHOLE = type(uint96).max;

    function setUp() public override {
        super.setUp();
        AssetParams memory params = paramsOf(1);
        params.salt = keccak256("whole");
        params.terms.authorisedIssue = WHOLE;
        asset = keccak256(abi.encode(params.homeDomain, params.issuer, params.salt));
        _list(home, params);
        _list(away, params);
        _connect(home, away.domain);
        _connect(away, home.domain);
    }

    function _list(Chain storage chain, AssetParams memory params) private {
        _listToken(chain, params);
        OracleBatch memory batch = newBatch(chain);
        batch.eligibilities = new EligibilityItem[](1);
        batch.eligibilities[0] = EligibilityItem(asset, ANA, VALID, 1, ALL_PERMISSIONS, int128(uint128(WHOLE)));
        batch.bindings = new BindingItem[](1);
        batch.bindings[0] = BindingItem(asset, b32(ana), ANA);
        batch.quotas = new QuotaItem[](1);
        batch.quotas[0] = QuotaItem(asset, 1, 1);
        submit(chain, batch);
    }

    function _inFlight() private view returns (uint256 sum, uint8 orders) {
        (, sum,,, orders,) = home.lens.positionOf(asset, ANA);
    }

    function test_TheWholeIssueInFlightTwiceStillSettlesAndComesBack() external {
        issue(home, ana, freeLot(WHOLE));
        TransferOrder memory first = initiate(home, ana, requestOf(away, ANA, ana, freeLot(WHOLE)));
        vm.assertEq(deliver(away, first), 0);
        TransferOrder memory back = initiate(away, ana, requestOf(home, ANA, ana, freeLot(WHOLE)));
        vm.assertEq(deliver(home, back), 0);
        TransferOrder memory second = initiate(home, ana, requestOf(away, ANA, ana, freeLot(WHOLE)));
        (uint256 sum, uint8 orders) = _inFlight();
        vm.assertEq(sum, 2 * uint256(WHOLE));
        vm.assertEq(orders, 2);

        settle(home, first, 1);
        (sum, orders) = _inFlight();
        vm.assertEq(sum, WHOLE);
        vm.assertEq(orders, 1);

        reject(away, second, 9);
        settle(home, second, 2);
        (sum, orders) = _inFlight();
        vm.assertEq(sum, 0);
        vm.assertEq(orders, 0);
        vm.assertEq(home.token.balanceOf(ana), WHOLE);
        vm.assertEq(home.token.totalSupply(), WHOLE);
    }

    function test_FifteenWholeIssuesInFlightFitBesideTheRecord() external pure {
        uint256 aloft = 15 * uint256(WHOLE);
        uint256 record = (uint256(type(uint128).max) << 128) + aloft;
        vm.assertEq(Words.inFlightOf(record), aloft);
        vm.assertEq(record >> 128, type(uint128).max);
    }
}
