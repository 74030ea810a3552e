// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

/// @title Arithmetic of limits over time
/// @notice A bucket fills by what passes and drains by time. Pure functions; the same in every language of the project.
/// Amounts and capacities in base units, rates in base units per second, both below 2^96 and a rate at least 1; times
/// in UTC seconds below 2^64: nothing here overflows. `divisor` gives a part of a bucket: 4 for a quarter of its
/// capacity and rate.
library Buckets {
    // Told when an amount never fits.
    uint256 internal constant NEVER = type(uint64).max;

    /// @notice What of `spent` at the time `since` has not drained by `time`.
    function spentNow(uint256 spent, uint256 since, uint256 rate, uint256 divisor, uint256 time)
        internal
        pure
        returns (uint256)
    {
        // A clock that stands before the last use has drained nothing.
        uint256 elapsed = time > since ? time - since : 0;
        uint256 drained = (rate * elapsed) / divisor;
        return drained >= spent ? 0 : spent - drained;
    }

    /// @notice Whether `amount` may pass a bucket that holds `spent` now.
    /// @return wait Seconds until it may: 0 now, 2^64 - 1 never.
    /// @return available What may pass now.
    function ask(uint256 spent, uint256 capacity, uint256 rate, uint256 divisor, uint256 amount)
        internal
        pure
        returns (uint256 wait, uint256 available)
    {
        uint256 cap = capacity / divisor;
        available = spent >= cap ? 0 : cap - spent;
        if (amount <= available) return (0, available);
        if (amount > cap) return (NEVER, available);
        wait = ((amount - available) * divisor + rate - 1) / rate;
        if (wait > NEVER) wait = NEVER;
    }

    /// @notice What a bucket that holds `spent` now holds after `amount` came back.
    function giveBack(uint256 spent, uint256 amount) internal pure returns (uint256) {
        return amount >= spent ? 0 : spent - amount;
    }
}
