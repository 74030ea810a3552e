// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {LotWord} from "./Lots.sol";

/// @dev An unpacked eligibility word. `limit` in base units may be negative.
struct Eligibility {
    uint64 validUntil;
    uint16 class;
    uint8 permissions;
    uint40 sequence;
    int128 limit;
}

/// @dev An investor's position in memory. `lots` is filled only when `loaded`; `count` is what storage says.
/// `folded` is what became free since the position was loaded, `slot` where it is stored.
struct Holding {
    uint256 slot;
    uint256 free;
    uint256 inFlight;
    uint256 count;
    uint256 reserved;
    uint256 orders;
    uint256 flags;
    bool loaded;
    uint256 folded;
    LotWord[] lots;
}

/// @title Packed words
/// @notice Eligibility, high to low: validUntil u64 | class u16 | permissions u8 | sequence u40 | limit i128.
/// Position, low to high: free u96 | inFlight u136 | lots u6 | reserved places u6 | orders u4 | flags u8.
/// What is in flight may pass a whole issue: tokens that arrived, came home and left again count once for each order that
/// isn't settled yet. Fifteen orders of 96 bits need 100.
/// The next unlock time isn't kept: lots are read only when free tokens don't suffice, and then it is among them.
library Words {
    function pack(Eligibility memory fields) internal pure returns (uint256) {
        return (uint256(fields.validUntil) << 192) | (uint256(fields.class) << 176)
            | (uint256(fields.permissions) << 168) | (uint256(fields.sequence) << 128) | uint128(fields.limit);
    }

    function unpack(uint256 word) internal pure returns (Eligibility memory) {
        return Eligibility(
            uint64(word >> 192), classOf(word), permissionsOf(word), uint40(word >> 128), int128(uint128(word))
        );
    }

    function validUntilOf(uint256 word) internal pure returns (uint256) {
        return word >> 192;
    }

    function classOf(uint256 word) internal pure returns (uint16) {
        return uint16(word >> 176);
    }

    function permissionsOf(uint256 word) internal pure returns (uint8) {
        return uint8(word >> 168);
    }

    /// @dev The word after batch `number`: the limit moves by `delta`, the rest is replaced.
    /// @return next The new word, meaningless unless `fits`.
    /// @return fits False when the limit would leave 128 bits.
    function moved(uint256 word, Eligibility memory grant, int128 delta)
        internal
        pure
        returns (uint256 next, bool fits)
    {
        int256 limit = int256(int128(uint128(word))) + delta;
        grant.limit = int128(limit);
        return (pack(grant), limit == grant.limit);
    }

    /// @dev Packs a position. The rules keep each part within its bits.
    function packHolding(Holding memory holding) internal pure returns (uint256) {
        return holding.free | (holding.inFlight << 96) | (holding.count << 232) | (holding.reserved << 238)
            | (holding.orders << 244) | (holding.flags << 248);
    }

    /// @dev Fills `holding`, which is fresh.
    function unpackHolding(uint256 word, Holding memory holding) internal pure {
        holding.free = uint96(word);
        holding.inFlight = uint136(word >> 96);
        holding.count = (word >> 232) & 63;
        holding.reserved = (word >> 238) & 63;
        holding.orders = (word >> 244) & 15;
        holding.flags = word >> 248;
    }
}
