// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IPauseEvents} from "../interfaces/IBridgeEvents.sol";
import {AT_SETUP, PAUSE_ALL} from "../types/Constants.sol";
import {BridgeBase} from "./BridgeBase.sol";

/// @title What guardian and admin stop and start
/// @notice Of several rules that fail, the lowest is raised: an unknown scope before a caller without the right.
abstract contract Pausing is BridgeBase {
    /// @notice Pauses everything: bits transfer 1, initiate 2, deliver 4, settle 8.
    /// Requirements: guardian or admin; bits from 1 to 15 (Malformed).
    function pause(uint8 bits) external onThisChain onlyGuardian {
        _requireBits(bits);
        _clock.pause |= bits;
        _pushPause();
        emit IPauseEvents.Paused(0, bits);
    }

    /// @notice Lifts bits of the pause of everything; those of assets and lanes stay. Requirements: admin; bits 1 to
    /// 15.
    function resume(uint8 bits) external onThisChain onlyAdmin {
        _requireBits(bits);
        _clock.pause &= ~bits;
        _pushPause();
        emit IPauseEvents.Resumed(0, bits);
    }

    /// @notice Pauses an asset. Settling is stopped by the pause of everything only.
    /// Requirements: a registered asset; guardian or admin; bits from 1 to 15.
    function pauseAsset(bytes32 asset, uint8 bits) external onThisChain ofAsset(asset) onlyGuardian {
        _requireBits(bits);
        _assets[asset].pause |= bits;
        _pushPause(_assets[asset]);
        emit IPauseEvents.Paused(asset, bits);
    }

    /// @notice Lifts bits of an asset's pause. Requirements: a registered asset; admin; bits from 1 to 15.
    function resumeAsset(bytes32 asset, uint8 bits) external onThisChain ofAsset(asset) onlyAdmin {
        _requireBits(bits);
        _assets[asset].pause &= ~bits;
        _pushPause(_assets[asset]);
        emit IPauseEvents.Resumed(asset, bits);
    }

    /// @notice Pauses a lane. Requirements: an open lane; guardian or admin; bits from 1 to 15.
    function pauseLane(bytes32 lane, uint8 bits) external onThisChain onLane(lane) onlyGuardian {
        _requireBits(bits);
        _lanes[lane].pause |= bits;
        emit IPauseEvents.Paused(lane, bits);
    }

    /// @notice Lifts bits of a lane's pause. Requirements: an open lane; admin; bits from 1 to 15.
    function resumeLane(bytes32 lane, uint8 bits) external onThisChain onLane(lane) onlyAdmin {
        _requireBits(bits);
        _lanes[lane].pause &= ~bits;
        emit IPauseEvents.Resumed(lane, bits);
    }

    function _pushPause() private {
        for (uint256 i; i < _tokens.length; ++i) {
            _pushPause(_assets[_tokens[i].asset()]);
        }
    }

    /// @dev Each token holds the bits in force, so that a transfer asks no other contract.
    function _pushPause(Registration storage entry) private {
        uint8 all = _clock.pause | entry.pause;
        entry.inForce = all;
        entry.token.setPause(all);
    }

    function _requireBits(uint8 bits) private pure {
        if (bits == 0 || bits > PAUSE_ALL) revert Malformed(AT_SETUP);
    }
}
