// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {TransferOrder} from "../types/Types.sol";

/// @title What the bridge tells the world
interface IBridgeEvents {
    event BatchApplied(uint64 number, uint64 issuedAt);
    /// @notice An item of a batch that could not be applied: kind 1 eligibility, 2 binding, 3 quota; code of the
    /// refusal.
    event ItemSkipped(uint64 number, uint8 kind, uint32 index, uint16 code);
    event AssetRegistered(bytes32 indexed asset, bytes32 token);
    /// @notice Another token stands for the asset from now on; it takes over the old one's records.
    event TokenReplaced(bytes32 indexed asset, address oldToken, address newToken);
    event LaneOpened(bytes32 indexed lane);
    event AssetOpened(bytes32 indexed lane, bytes32 indexed asset);
    /// @notice Base units at once and base units each second, out and in; all zero for no limits.
    event RateSet(
        bytes32 indexed lane,
        bytes32 indexed asset,
        uint256 outCapacity,
        uint256 outRate,
        uint256 inCapacity,
        uint256 inRate
    );
    event SignersProposed(uint8 role, uint64 id, uint8 threshold, address[] signers, uint64 eta);
    event SignersActivated(uint8 role, uint64 id, uint64 graceEnds);
    event SignersCancelled(uint8 role, uint64 id);
    event SignersRetired(uint8 role, uint64 id);
    event SignerStruck(uint8 role, address signer);
    /// @notice Carries the whole order: storage holds its id only, at 22,000 gas a slot.
    event OrderInitiated(bytes32 indexed orderId, bytes32 indexed lane, uint64 indexed nonce, TransferOrder order);
    event OrderDelivered(bytes32 indexed orderId, bytes32 indexed source, uint64 indexed nonce, uint64 decidedAt);
    event OrderRejected(
        bytes32 indexed orderId,
        bytes32 indexed source,
        uint64 indexed nonce,
        uint8 outcome,
        uint32 reason,
        uint64 decidedAt
    );
    event OrderRefused(bytes32 indexed orderId, bytes32 indexed source, uint64 indexed nonce, uint16 code);
    event OrderSettled(
        bytes32 indexed orderId, bytes32 indexed lane, uint64 indexed nonce, uint8 outcome, uint32 reason
    );
}

/// @title What the bridge tells about pauses
/// @notice An interface of its own, because the event `Paused` and the refusal `Paused` can't share one scope.
interface IPauseEvents {
    /// @notice The scope is an asset, a lane, or zero for everything.
    event Paused(bytes32 scope, uint8 bits);
    event Resumed(bytes32 scope, uint8 bits);
}
