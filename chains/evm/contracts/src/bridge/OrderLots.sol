// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {LotWord} from "../libraries/Lots.sol";
import {Findings, Refusals} from "../libraries/Refusals.sol";
import {AT_LOTS, MAX_AMOUNT} from "../types/Constants.sol";
import {Lot} from "../types/Types.sol";

/// @title Reading the lots of orders and requests where they come from
/// @notice `Lots.read` for calldata: the same findings and words, a third of the cost, because no list of structs is made
/// on the way. Held against it by a test.
library OrderLots {
    using Refusals for Findings;

    /// @notice Checks the form of an order's lots and packs them: AmountZero, else Malformed(AT_LOTS); AmountTooLarge(sum,
    /// max). A field with bits beyond its type fails the call.
    /// @return words The lots packed, meaningful only when nothing was added.
    /// @return sum Sum of the amounts, base units.
    /// @return locked Number of locked lots.
    function read(Findings memory findings, Lot[] calldata lots)
        internal
        pure
        returns (LotWord[] memory words, uint256 sum, uint256 locked)
    {
        uint256 count = lots.length;
        words = new LotWord[](count);
        bool zero = count == 0;
        bool unordered;
        assembly ("memory-safe") {
            let lot := lots.offset
            let place := add(words, 0x20)
            let previous := 0
            for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                let amount := calldataload(lot)
                let acquired := calldataload(add(lot, 0x20))
                let unlocks := calldataload(add(lot, 0x40))
                if or(shr(128, amount), shr(64, or(acquired, unlocks))) { revert(0, 0) }
                let times := or(shl(64, unlocks), acquired)
                // Only a first entry without times is free; all others ascend, and unlock at some time.
                if or(iszero(unlocks), iszero(gt(times, previous))) {
                    if or(i, times) { unordered := 1 }
                }
                if iszero(amount) { zero := 1 }
                if times { locked := add(locked, 1) }
                sum := add(sum, amount)
                mstore(place, or(shl(96, times), and(amount, 0xffffffffffffffffffffffff)))
                previous := times
                lot := add(lot, 0x60)
                place := add(place, 0x20)
            }
        }
        if (zero) findings.add(Refusals.AMOUNT_ZERO);
        else if (unordered) findings.add(Refusals.MALFORMED, AT_LOTS);
        if (sum > MAX_AMOUNT) findings.add(Refusals.AMOUNT_TOO_LARGE, sum, MAX_AMOUNT);
    }
}
