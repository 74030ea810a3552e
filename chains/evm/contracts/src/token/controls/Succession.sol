// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Buckets} from "../../libraries/Buckets.sol";
import {Forwarding, Forwards} from "../../libraries/Forwarding.sol";
import {Findings, Refusals} from "../../libraries/Refusals.sol";
import {Holding, Words} from "../../libraries/Words.sol";
import {
    AT_FORWARDS,
    AT_INVESTOR,
    FLAG_FROZEN,
    FLAG_PARTLY_FROZEN,
    FLAG_RETIRED,
    FLAG_SUCCEEDED,
    MAX_AMOUNT,
    MAX_FORWARDS,
    MAX_LOTS,
    MAX_ORDERS_IN_FLIGHT
} from "../../types/Constants.sol";
import {Action, ControlBase} from "./ControlBase.sol";

/// @title One investor id in the place of another
/// @notice The successor takes over everything: tokens with their times, orders in flight, freezes, room. What still
/// names the retired id follows: one hop, because all that led to it is turned to the successor.
abstract contract Succession is ControlBase {
    using Forwarding for Forwards;
    using Refusals for Findings;

    // Of a record: all but the permissions and what is in flight.
    uint256 private constant KEPT = ~((uint256(type(uint8).max) << 168) | type(uint128).max);

    function _replaceInvestor(Findings memory findings, bytes32 retired, bytes32 successor, Action memory action)
        internal
    {
        (uint128 old, uint128 next) = (uint128(uint256(retired)), uint128(uint256(successor)));
        Holding memory giving;
        Holding memory getting;
        if (_isInvestor(retired) && _isInvestor(successor) && old != next) {
            uint256 flags = _loadExactly(old, giving) | _loadExactly(next, getting);
            if (flags & FLAG_RETIRED != 0) findings.add(Refusals.MALFORMED, AT_INVESTOR);
            _checkPlaces(findings, giving, getting);
            if (_succeeded.leadingTo(old, next) > MAX_FORWARDS) findings.add(Refusals.MALFORMED, AT_FORWARDS);
        } else {
            findings.add(Refusals.MALFORMED, AT_INVESTOR);
        }
        findings.enforce();
        (bool hadOld, bool hadNext) = (_isHolder(old), _isHolder(next));
        _takeOver(giving, getting);
        _save(old, giving);
        _save(next, getting);
        _countHolder(hadOld, old);
        _countHolder(hadNext, next);
        _succeeded.turn(old, next);
        emit InvestorReplaced(_assetId(), retired, successor, action.reason, action.document);
    }

    /// @dev TooManyInFlight(max), TooManyLots(wouldBe, max): orders in flight and their places can't be merged.
    function _checkPlaces(Findings memory findings, Holding memory giving, Holding memory getting) private pure {
        if (giving.orders + getting.orders > MAX_ORDERS_IN_FLIGHT) {
            findings.add(Refusals.TOO_MANY_IN_FLIGHT, MAX_ORDERS_IN_FLIGHT);
        }
        uint256 reserved = giving.reserved + getting.reserved;
        if (reserved > MAX_LOTS) findings.add(Refusals.TOO_MANY_LOTS, reserved, MAX_LOTS);
    }

    function _takeOver(Holding memory giving, Holding memory getting) private {
        _loadLots(giving);
        _loadLots(getting);
        _takeOverExtra(giving, getting);
        uint256 record = _place(giving).record;
        _place(getting).record += Words.inFlightOf(record);
        _place(giving).record = record & KEPT;
        getting.free += giving.free;
        getting.room += giving.room;
        getting.orders += giving.orders;
        getting.reserved += giving.reserved;
        getting.flags |= (giving.flags & FLAG_FROZEN) | FLAG_SUCCEEDED;
        _creditMerging(getting, giving.lots);
        (giving.free, giving.room, giving.orders, giving.reserved) = (0, 0, 0, 0);
        giving.flags = FLAG_RETIRED;
        delete giving.lots;
    }

    /// @dev Frozen amounts add up; of what each has spent under a velocity, the larger counts.
    function _takeOverExtra(Holding memory giving, Holding memory getting) private {
        (uint256 old, uint256 next) = (_place(giving).extra, _place(getting).extra);
        uint256 frozen = Words.frozenOf(old) + Words.frozenOf(next);
        if (frozen > MAX_AMOUNT) frozen = MAX_AMOUNT;
        if (frozen > 0) getting.flags |= FLAG_PARTLY_FROZEN;
        (uint256 one, uint256 other) = (_spentNow(old), _spentNow(next));
        uint256 extra = Words.withSpent(frozen, one > other ? one : other, block.timestamp);
        if (old | next != 0) _place(getting).extra = extra;
        if (old != 0) _place(giving).extra = 0;
    }

    function _spentNow(uint256 extra) private view returns (uint256) {
        return Buckets.spentNow(Words.spentOf(extra), Words.spentAtOf(extra), _velocity.rate, 1, block.timestamp);
    }
}
