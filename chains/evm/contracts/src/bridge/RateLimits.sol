// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Buckets} from "../libraries/Buckets.sol";
import {Findings, Refusals} from "../libraries/Refusals.sol";
import {RateInfo} from "../types/Types.sol";
import {BridgeBase} from "./BridgeBase.sol";
import {FlowWord, PairWord, PairWords} from "./FlowWords.sol";

/// @title How much of an asset may cross a lane, and how fast
/// @notice A bucket for each direction, and for each investor a share of a quarter of the outbound one: what one stolen
/// quorum, key or venue can move before people act. What comes back, by a crossing the other way or by a refund, makes
/// room again once.
abstract contract RateLimits is BridgeBase {
    using Refusals for Findings;

    /// @dev One investor takes at most this part of what leaves on a lane.
    uint256 private constant SHARE = 4;

    /// @notice An asset's rate limits on a lane; all zero means none.
    function rateOf(bytes32 lane, bytes32 asset)
        external
        view
        returns (RateInfo memory outbound, RateInfo memory inbound)
    {
        Flow storage flow = _flows[asset][lane];
        if (!flow.outbound.isLimited()) return (outbound, inbound);
        return (_rateInfo(flow.outbound, flow.outLimit), _rateInfo(flow.inbound, flow.inLimit));
    }

    /// @dev RateLimited(wait, available) for an amount that would leave: of the lane's bucket and of the share of
    /// `investor` (0: nobody's, no share), the larger wait of those that fail and the smaller room of both.
    function _checkOutbound(
        Findings memory findings,
        Flow storage flow,
        PairWord share,
        bytes32 investor,
        uint256 amount
    ) internal view {
        PairWord limit = flow.outLimit;
        (uint256 wait, uint256 available) =
            Buckets.ask(_spent(flow.outbound, limit), limit.low(), limit.high(), 1, amount);
        if (investor != 0) {
            (uint256 shareWait, uint256 shareAvailable) =
                Buckets.ask(_spentOfShare(share, limit), limit.low(), limit.high(), SHARE, amount);
            if (shareWait > wait) wait = shareWait;
            if (shareAvailable < available) available = shareAvailable;
        }
        if (wait > 0) findings.add(Refusals.RATE_LIMITED, wait, available);
    }

    /// @dev RateLimited(wait, available) for an amount that would arrive.
    function _checkInbound(Findings memory findings, Flow storage flow, uint256 amount) internal view {
        PairWord limit = flow.inLimit;
        (uint256 wait, uint256 available) =
            Buckets.ask(_spent(flow.inbound, limit), limit.low(), limit.high(), 1, amount);
        if (wait > 0) findings.add(Refusals.RATE_LIMITED, wait, available);
    }

    /// @dev What leaves is spent of the lane and of the investor's share, and gives room to what arrives.
    function _countOut(
        Flow storage flow,
        mapping(bytes32 investor => PairWord) storage shares,
        bytes32 investor,
        uint256 amount
    ) internal {
        FlowWord word = flow.outbound.plus(amount);
        if (word.isLimited()) {
            PairWord limit = flow.outLimit;
            word = word.withBucket(_spent(word, limit) + amount, block.timestamp);
            shares[investor] = PairWords.make(_spentOfShare(shares[investor], limit) + amount, block.timestamp);
            flow.inbound = _givenBack(flow.inbound, flow.inLimit, amount);
        }
        flow.outbound = word;
    }

    /// @dev What arrives is spent of the other direction, and gives room to what leaves.
    function _countIn(Flow storage flow, uint256 amount) internal {
        FlowWord word = flow.inbound.plus(amount);
        if (word.isLimited()) {
            word = word.withBucket(_spent(word, flow.inLimit) + amount, block.timestamp);
            flow.outbound = _givenBack(flow.outbound, flow.outLimit, amount);
        }
        flow.inbound = word;
    }

    /// @dev A refund undoes what its departure spent.
    function _countRefund(bytes32 asset, bytes32 lane, bytes32 investor, uint256 amount) internal {
        Flow storage flow = _flows[asset][lane];
        flow.refunded += amount;
        FlowWord word = flow.outbound;
        if (!word.isLimited()) return;
        PairWord limit = flow.outLimit;
        flow.outbound = _givenBack(word, limit, amount);
        uint256 spent = _spentOfShare(_shares[asset][lane][investor], limit);
        _shares[asset][lane][investor] = PairWords.make(Buckets.giveBack(spent, amount), block.timestamp);
    }

    function _givenBack(FlowWord word, PairWord limit, uint256 amount) private view returns (FlowWord) {
        return word.withBucket(Buckets.giveBack(_spent(word, limit), amount), block.timestamp);
    }

    function _rateInfo(FlowWord word, PairWord limit) private view returns (RateInfo memory) {
        (uint256 capacity, uint256 spent) = (limit.low(), _spent(word, limit));
        return RateInfo(capacity, limit.high(), capacity > spent ? capacity - spent : 0);
    }

    function _spent(FlowWord word, PairWord limit) private view returns (uint256) {
        return Buckets.spentNow(word.spent(), word.since(), limit.high(), 1, block.timestamp);
    }

    function _spentOfShare(PairWord share, PairWord limit) private view returns (uint256) {
        return Buckets.spentNow(share.low(), share.high(), limit.high(), SHARE, block.timestamp);
    }
}
