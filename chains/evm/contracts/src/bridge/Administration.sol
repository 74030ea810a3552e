// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {ACCOUNT_EVM, ACCOUNT_ID32, AT_SETUP, MAX_TOKENS} from "../types/Constants.sol";
import {BridgeBase} from "./BridgeBase.sol";

/// @title What the admin sets up: assets and lanes
abstract contract Administration is BridgeBase {
    uint64 private constant MAX_FLIGHT = 365 days;

    /// @notice Registers a token, whose asset may then be issued and opened on lanes.
    /// Requirements: admin; the token was made for this bridge, its asset is not registered yet, and there are fewer than
    /// 32 (Malformed).
    function registerAsset(ISecurityToken token) external onThisChain onlyAdmin {
        bytes32 asset = token.asset();
        bool fits = token.bridge() == address(this) && address(_assets[asset].token) == address(0);
        if (!fits || _tokens.length >= MAX_TOKENS) revert Malformed(AT_SETUP);
        _assets[asset].token = token;
        _tokens.push(token);
        token.setClock(_clock.issuedAt);
        token.setPause(_clock.pause);
        emit AssetRegistered(asset, bytes32(uint256(uint160(address(token)))));
    }

    /// @notice Opens the lane to the chain of domain `lane`. Flights in seconds.
    /// Requirements: admin; another chain, a lane not open yet, a known kind of accounts,
    /// minFlight <= maxFlight <= 365 days, maxFlight not zero (Malformed).
    function openLane(bytes32 lane, uint8 accountKind, uint64 minFlight, uint64 maxFlight)
        external
        onThisChain
        onlyAdmin
    {
        bool fresh = lane != 0 && lane != domain && !_lanes[lane].open;
        bool kind = accountKind == ACCOUNT_EVM || accountKind == ACCOUNT_ID32;
        bool range = minFlight <= maxFlight && maxFlight > 0 && maxFlight <= MAX_FLIGHT;
        if (!fresh || !kind || !range) revert Malformed(AT_SETUP);
        _lanes[lane] = Lane({
            minFlight: minFlight,
            maxFlight: maxFlight,
            nextNonce: 1,
            accountKind: accountKind,
            pause: 0,
            open: true
        });
        _laneIds.push(lane);
        emit LaneOpened(lane);
    }

    /// @notice Lets an asset cross on a lane, both ways.
    /// Requirements: admin; an open lane (LaneUnknown), a registered asset (AssetUnknown).
    function openAsset(bytes32 lane, bytes32 asset) external onThisChain onlyAdmin {
        _requireLane(lane);
        _requireAsset(asset);
        Flow storage flow = _flows[asset][lane];
        (flow.openOut, flow.openIn) = (true, true);
        emit AssetOpened(lane, asset);
    }
}
