// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

/// @dev An account, low to high: balance u96 | investor u128 | flags u8. Balance and binding stand together, so that a
/// transfer reads one slot for both.
type AccountWord is uint256;

/// @dev What a transfer must know of the asset and of the oracle's clock, low to high: issuedAt u64 | maxOracleAge u64
/// | holdingPeriod u64 | terms u32 | defaultRule u8 | pause u8 | decimals u8 | flags u8 (closed 1, velocity set 2, pair
/// rules exist 4). Times in seconds.
type ConfigWord is uint256;

using AccountWords for AccountWord global;
using ConfigWords for ConfigWord global;

/// @title Fields of an account
library AccountWords {
    uint256 private constant BOUND = uint256(type(uint128).max) << 96;

    function balance(AccountWord word) internal pure returns (uint256) {
        return uint96(AccountWord.unwrap(word));
    }

    function investor(AccountWord word) internal pure returns (uint128) {
        return uint128(AccountWord.unwrap(word) >> 96);
    }

    function flags(AccountWord word) internal pure returns (uint256) {
        return AccountWord.unwrap(word) >> 224;
    }

    /// @dev The account with more tokens. The caller knows that all tokens together are below 2^96.
    function plus(AccountWord word, uint256 amount) internal pure returns (AccountWord) {
        unchecked {
            return AccountWord.wrap(AccountWord.unwrap(word) + amount);
        }
    }

    /// @dev The account with fewer tokens; at most its balance.
    function minus(AccountWord word, uint256 amount) internal pure returns (AccountWord) {
        unchecked {
            return AccountWord.wrap(AccountWord.unwrap(word) - amount);
        }
    }

    function withFlags(AccountWord word, uint256 flags_) internal pure returns (AccountWord) {
        return AccountWord.wrap((AccountWord.unwrap(word) & type(uint224).max) | (flags_ << 224));
    }

    /// @dev The account as another investor's, or nobody's for 0.
    function boundTo(AccountWord word, uint128 investor_) internal pure returns (AccountWord) {
        return AccountWord.wrap((AccountWord.unwrap(word) & ~BOUND) | (uint256(investor_) << 96));
    }
}

/// @title Fields of a token's configuration
library ConfigWords {
    uint256 private constant CLOCK = type(uint64).max;
    uint256 private constant PAUSE = uint256(type(uint8).max) << 232;
    // All but the clock, the pause bits, the decimals and the flags.
    uint256 private constant TERMS = (uint256(type(uint168).max) << 64);

    function make(uint64 maxOracleAge_, uint64 holdingPeriod_, uint32 terms_, uint8 defaultRule_, uint8 decimals_)
        internal
        pure
        returns (ConfigWord)
    {
        return ConfigWord.wrap(
            (uint256(maxOracleAge_) << 64) | (uint256(holdingPeriod_) << 128) | (uint256(terms_) << 192)
                | (uint256(defaultRule_) << 224) | (uint256(decimals_) << 240)
        );
    }

    function issuedAt(ConfigWord word) internal pure returns (uint256) {
        return uint64(ConfigWord.unwrap(word));
    }

    function maxOracleAge(ConfigWord word) internal pure returns (uint256) {
        return uint64(ConfigWord.unwrap(word) >> 64);
    }

    function holdingPeriod(ConfigWord word) internal pure returns (uint256) {
        return uint64(ConfigWord.unwrap(word) >> 128);
    }

    function terms(ConfigWord word) internal pure returns (uint32) {
        return uint32(ConfigWord.unwrap(word) >> 192);
    }

    function defaultRule(ConfigWord word) internal pure returns (uint8) {
        return uint8(ConfigWord.unwrap(word) >> 224);
    }

    function pause(ConfigWord word) internal pure returns (uint8) {
        return uint8(ConfigWord.unwrap(word) >> 232);
    }

    function decimals(ConfigWord word) internal pure returns (uint8) {
        return uint8(ConfigWord.unwrap(word) >> 240);
    }

    function flags(ConfigWord word) internal pure returns (uint256) {
        return ConfigWord.unwrap(word) >> 248;
    }

    /// @dev True when any of the flags in `mask` is set.
    function has(ConfigWord word, uint8 mask) internal pure returns (bool) {
        return ConfigWord.unwrap(word) & (uint256(mask) << 248) != 0;
    }

    function withFlag(ConfigWord word, uint8 mask, bool on) internal pure returns (ConfigWord) {
        uint256 bits = uint256(mask) << 248;
        return ConfigWord.wrap(on ? ConfigWord.unwrap(word) | bits : ConfigWord.unwrap(word) & ~bits);
    }

    /// @dev The configuration with other terms: clock, pause bits, decimals and flags stay.
    function withTerms(ConfigWord word, uint64 maxOracleAge_, uint64 holdingPeriod_, uint32 terms_, uint8 defaultRule_)
        internal
        pure
        returns (ConfigWord)
    {
        ConfigWord next = make(maxOracleAge_, holdingPeriod_, terms_, defaultRule_, 0);
        return ConfigWord.wrap((ConfigWord.unwrap(word) & ~TERMS) | ConfigWord.unwrap(next));
    }

    function withClock(ConfigWord word, uint64 time) internal pure returns (ConfigWord) {
        return ConfigWord.wrap((ConfigWord.unwrap(word) & ~CLOCK) | time);
    }

    function withPause(ConfigWord word, uint8 bits) internal pure returns (ConfigWord) {
        return ConfigWord.wrap((ConfigWord.unwrap(word) & ~PAUSE) | (uint256(bits) << 232));
    }
}
