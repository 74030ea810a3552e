// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {
    ACCOUNT_EVM,
    ACCOUNT_ID32,
    AT_ACCOUNT_KIND,
    AT_FLIGHT,
    AT_LANE,
    AT_REGISTERED,
    AT_SETUP,
    MAX_TOKENS
} from "../types/Constants.sol";
import {BridgeBase} from "./BridgeBase.sol";

/// @title What the admin sets up: assets and lanes
abstract contract Administration is BridgeBase {
    /// @notice Registers a token, whose asset may then be issued and opened on lanes.
    /// Requirements: admin; the asset is not registered yet, the token was made for this bridge, and there are fewer
    /// than 32 (Malformed).
    function registerAsset(ISecurityToken token) external onThisChain onlyAdmin {
        bytes32 asset = token.asset();
        if (address(_assets[asset].token) != address(0)) revert Malformed(AT_REGISTERED);
        if (token.bridge() != address(this) || _tokens.length >= MAX_TOKENS) revert Malformed(AT_SETUP);
        _assets[asset].token = token;
        _tokens.push(token);
        token.setClock(_clock.issuedAt);
        token.setPause(_clock.pause);
        emit AssetRegistered(asset, bytes32(uint256(uint160(address(token)))));
    }

    /// @notice Opens the lane to the chain of domain `lane`, or changes the settings of an open one. Flights in
    /// seconds.
    /// Requirements: admin; another chain, a known kind of accounts, minFlight <= maxFlight (Malformed).
    function openLane(bytes32 lane, uint8 accountKind, uint64 minFlight, uint64 maxFlight)
        external
        onThisChain
        onlyAdmin
    {
        // A lane to oneself would let one nonce stand for an order and its own delivery.
        if (lane == 0 || lane == domain) revert Malformed(AT_LANE);
        if (accountKind != ACCOUNT_EVM && accountKind != ACCOUNT_ID32) revert Malformed(AT_ACCOUNT_KIND);
        if (minFlight > maxFlight) revert Malformed(AT_FLIGHT);
        Lane storage known = _lanes[lane];
        if (!known.open) {
            (known.open, known.nextNonce) = (true, 1);
            _laneIds.push(lane);
        }
        (known.accountKind, known.minFlight, known.maxFlight) = (accountKind, minFlight, maxFlight);
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
