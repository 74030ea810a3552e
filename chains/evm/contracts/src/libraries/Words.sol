// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {FLAG_SENDS} from "../types/Constants.sol";
import {LotWord} from "./Lots.sol";

/// @dev An unpacked eligibility word, as the protocol shows it. `limit` in base units may be negative.
struct Eligibility {
    uint64 validUntil;
    uint16 class;
    uint8 permissions;
    uint40 sequence;
    int128 limit;
}

/// @dev An investor's position in memory; {Words} knows the order of its fields. `slot` is where it is stored, `word`
/// what its first word was when it was loaded. `lots` is filled only when `loaded`; `count` is what storage says.
/// `folded` is what became free since.
struct Holding {
    uint256 slot;
    uint256 word;
    uint256 free;
    int256 room;
    uint256 count;
    uint256 reserved;
    uint256 orders;
    uint256 flags;
    bool loaded;
    uint256 folded;
    LotWord[] lots;
}

/// @title Packed words
/// @notice Eligibility as the protocol shows it, high to low: validUntil u64 | class u16 | permissions u8 | sequence
/// u40 | limit i128. A token stores three words of an investor, each low to high:
/// position: free u96 | room i136 | lots u6 | reserved places u6 | orders u4 | flags u8 (those that views show, and
/// again that the record lets the investor send);
/// record: inFlight u128 | sequence u40 | permissions u8 | class u16 | validUntil u64, the last four where the
/// eligibility word has them;
/// extra: frozen u96 | spent u96 | spentAt u40, read only when a flag or a velocity asks for it.
/// The room (limit - used) stands in place of the limit, in the word that every movement writes anyway: a limit costs a
/// transfer no slot, and a crossing to oneself, which changes no room, writes nothing for it.
/// What is in flight may pass a whole issue: tokens that arrived, came home and left again count once for each order
/// that isn't settled yet. Fifteen orders of 96 bits need 100.
/// The next unlock time isn't kept: lots are read only when free tokens don't suffice, and then it is among them.
library Words {
    // Of a position: free tokens, lots, orders in flight. All zero: the investor has nothing here.
    uint256 private constant USED = type(uint96).max | (uint256(63) << 232) | (uint256(15) << 244);

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

    /// @dev Of a record: tokens sent and not settled yet.
    function inFlightOf(uint256 record) internal pure returns (uint256) {
        return uint128(record);
    }

    /// @dev True when an oracle item has written the record: its sequence is 1 at least.
    function exists(uint256 record) internal pure returns (bool) {
        return record >> 128 != 0;
    }

    /// @dev Packs a position. The rules keep each part within its bits.
    function packHolding(Holding memory holding) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            let room := shr(120, shl(120, mload(add(holding, 0x60))))
            word := or(mload(add(holding, 0x40)), shl(96, room))
            word := or(word, shl(232, mload(add(holding, 0x80))))
            word := or(word, shl(238, mload(add(holding, 0xa0))))
            word := or(word, shl(244, mload(add(holding, 0xc0))))
            word := or(word, shl(248, mload(add(holding, 0xe0))))
        }
    }

    /// @dev Fills `holding`, which is fresh.
    function unpackHolding(uint256 word, Holding memory holding) internal pure {
        assembly ("memory-safe") {
            mstore(add(holding, 0x20), word)
            mstore(add(holding, 0x40), and(word, 0xffffffffffffffffffffffff))
            mstore(add(holding, 0x60), signextend(16, shr(96, word)))
            mstore(add(holding, 0x80), and(shr(232, word), 63))
            mstore(add(holding, 0xa0), and(shr(238, word), 63))
            mstore(add(holding, 0xc0), and(shr(244, word), 15))
            mstore(add(holding, 0xe0), shr(248, word))
        }
    }

    /// @dev Of a position: limit - used, which may be negative.
    function roomOf(uint256 position) internal pure returns (int256) {
        return int136(uint136(position >> 96));
    }

    /// @dev Of a position: another room, and whether the record lets the investor send.
    function granted(uint256 position, int256 room, bool sends) internal pure returns (uint256) {
        uint256 mask = (uint256(type(uint136).max) << 96) | (uint256(FLAG_SENDS) << 248);
        uint256 flag = sends ? uint256(FLAG_SENDS) << 248 : 0;
        return (position & ~mask) | (uint256(uint136(uint256(room))) << 96) | flag;
    }

    function flagsOf(uint256 position) internal pure returns (uint256) {
        return position >> 248;
    }

    /// @dev True when the investor's class counts him: used > 0. No lot is empty, and an order carries tokens.
    function counts(uint256 position) internal pure returns (bool) {
        return position & USED != 0;
    }

    function frozenOf(uint256 extra) internal pure returns (uint256) {
        return uint96(extra);
    }

    function withFrozen(uint256 extra, uint256 frozen) internal pure returns (uint256) {
        return (extra & ~uint256(type(uint96).max)) | frozen;
    }

    /// @dev What the velocity's bucket held at `spentAtOf`.
    function spentOf(uint256 extra) internal pure returns (uint256) {
        return uint96(extra >> 96);
    }

    function spentAtOf(uint256 extra) internal pure returns (uint256) {
        return extra >> 192;
    }

    function withSpent(uint256 extra, uint256 spent, uint256 time) internal pure returns (uint256) {
        return uint96(extra) | (spent << 96) | (time << 192);
    }
}
