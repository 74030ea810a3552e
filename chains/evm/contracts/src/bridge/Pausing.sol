// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IPauseEvents} from "../interfaces/IBridgeEvents.sol";
import {ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {AT_SETUP, PAUSE_ALL} from "../types/Constants.sol";
import {BridgeBase} from "./BridgeBase.sol";

/// @title What guardian and admin stop and start
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
    /// Requirements: guardian or admin; bits from 1 to 15; a registered asset.
    function pauseAsset(bytes32 asset, uint8 bits) external onThisChain onlyGuardian {
        _requireBits(bits);
        _requireAsset(asset);
        uint8 all = _assets[asset].pause | bits;
        _assets[asset].pause = all;
        _assets[asset].token.setPause(_clock.pause | all);
        emit IPauseEvents.Paused(asset, bits);
    }

    /// @notice Lifts bits of an asset's pause. Requirements: admin; bits from 1 to 15; a registered asset.
    function resumeAsset(bytes32 asset, uint8 bits) external onThisChain onlyAdmin {
        _requireBits(bits);
        _requireAsset(asset);
        uint8 rest = _assets[asset].pause & ~bits;
        _assets[asset].pause = rest;
        _assets[asset].token.setPause(_clock.pause | rest);
        emit IPauseEvents.Resumed(asset, bits);
    }

    /// @notice Pauses a lane. Requirements: guardian or admin; bits from 1 to 15; an open lane.
    function pauseLane(bytes32 lane, uint8 bits) external onThisChain onlyGuardian {
        _requireBits(bits);
        _requireLane(lane);
        _lanes[lane].pause |= bits;
        emit IPauseEvents.Paused(lane, bits);
    }

    /// @notice Lifts bits of a lane's pause. Requirements: admin; bits from 1 to 15; an open lane.
    function resumeLane(bytes32 lane, uint8 bits) external onThisChain onlyAdmin {
        _requireBits(bits);
        _requireLane(lane);
        _lanes[lane].pause &= ~bits;
        emit IPauseEvents.Resumed(lane, bits);
    }

    /// @dev Each token holds the bits in force, so that a transfer asks no other contract.
    function _pushPause() private {
        uint8 all = _clock.pause;
        for (uint256 i; i < _tokens.length; ++i) {
            ISecurityToken token = _tokens[i];
            token.setPause(all | _assets[token.asset()].pause);
        }
    }

    function _requireBits(uint8 bits) private pure {
        if (bits == 0 || bits > PAUSE_ALL) revert Malformed(AT_SETUP);
    }
}
