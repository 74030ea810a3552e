// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

/// @dev One direction of an asset on a lane, low to high: passed u112 | spent u96 | since u40 | flags u8. `passed` only
/// grows; `spent`, as of `since`, is the rate limit's bucket. One word, because every crossing touches all of it.
type FlowWord is uint256;

/// @dev What one investor spent of a lane's limit, low to high: spent u96 | since u40. Or a limit: capacity u96 | rate
/// u96.
type PairWord is uint256;

using FlowWords for FlowWord global;
using PairWords for PairWord global;

/// @title Fields of a direction
library FlowWords {
    uint256 private constant OPEN = 1 << 248;
    uint256 private constant LIMITED = 1 << 249;
    uint256 private constant BUCKET = uint256(type(uint136).max) << 112;

    function passed(FlowWord word) internal pure returns (uint256) {
        return uint112(FlowWord.unwrap(word));
    }

    function spent(FlowWord word) internal pure returns (uint256) {
        return uint96(FlowWord.unwrap(word) >> 112);
    }

    function since(FlowWord word) internal pure returns (uint256) {
        return uint40(FlowWord.unwrap(word) >> 208);
    }

    function isOpen(FlowWord word) internal pure returns (bool) {
        return FlowWord.unwrap(word) & OPEN != 0;
    }

    /// @dev True when rate limits are set; they stand apart and are read only then.
    function isLimited(FlowWord word) internal pure returns (bool) {
        return FlowWord.unwrap(word) & LIMITED != 0;
    }

    function opened(FlowWord word) internal pure returns (FlowWord) {
        return FlowWord.wrap(FlowWord.unwrap(word) | OPEN);
    }

    function limited(FlowWord word, bool on) internal pure returns (FlowWord) {
        return FlowWord.wrap(on ? FlowWord.unwrap(word) | LIMITED : FlowWord.unwrap(word) & ~LIMITED);
    }

    /// @dev The direction after `amount` passed. The counter takes 2^16 times the largest amount; an asset that has sent
    /// its whole issue around so often is stopped by the checked addition.
    function plus(FlowWord word, uint256 amount) internal pure returns (FlowWord) {
        uint256 raw = FlowWord.unwrap(word);
        uint112 sum = uint112(raw) + uint112(amount);
        return FlowWord.wrap((raw & ~uint256(type(uint112).max)) | sum);
    }

    function withBucket(FlowWord word, uint256 spent_, uint256 since_) internal pure returns (FlowWord) {
        return FlowWord.wrap((FlowWord.unwrap(word) & ~BUCKET) | (spent_ << 112) | (uint256(uint40(since_)) << 208));
    }
}

/// @title Fields of a share or of a limit
library PairWords {
    function make(uint256 low_, uint256 high_) internal pure returns (PairWord) {
        return PairWord.wrap(low_ | (high_ << 96));
    }

    /// @dev Spent, or capacity.
    function low(PairWord word) internal pure returns (uint256) {
        return uint96(PairWord.unwrap(word));
    }

    /// @dev Since when, or rate.
    function high(PairWord word) internal pure returns (uint256) {
        return PairWord.unwrap(word) >> 96;
    }
}
