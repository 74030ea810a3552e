// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Lot} from "../types/Types.sol";

/// @title What every part of a token tells
interface ITokenEvents {
    /// @notice A call that only the bridge may make. It has no number: no user ever makes one, and no other chain has
    /// it.
    error OnlyBridge(address caller);

    /// @notice A token that is not yet, or no longer, the one in force for its asset changes nothing. It has no number:
    /// only a chain whose code can't be replaced in place has such tokens.
    error TokenClosed();

    /// @notice `record` is the eligibility word with a zero low half.
    event EligibilitySet(bytes32 indexed asset, bytes32 indexed investor, uint256 record);
    /// @notice Stands for one `EligibilitySet` of each word, in order: items of a batch that follow each other and change
    /// neither limit, class nor the permission to send. A word is a record in its high half and its investor in the low.
    event EligibilitiesRenewed(bytes32 indexed asset, uint256[] renewals);
    /// @notice Follows `EligibilitySet` when the limit moved: `room` = limit - used after it; `released` is what the
    /// oracle may grant elsewhere now.
    event LimitSet(bytes32 indexed asset, bytes32 indexed investor, int256 room, uint256 released);
    event AccountBound(bytes32 indexed asset, bytes32 indexed account, bytes32 indexed investor);
    /// @notice `released` seats may be granted elsewhere now.
    event QuotaSet(bytes32 indexed asset, uint16 class, int64 quota, uint64 released);
    event Issued(bytes32 indexed asset, bytes32 indexed investor, bytes32 account, Lot[] lots);
    event LotsFolded(bytes32 indexed asset, bytes32 indexed investor, uint256 amount);
}
