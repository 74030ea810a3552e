// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {ITokenImport} from "../interfaces/ITokenImport.sol";
import {
    ACCOUNT_EVM,
    ACCOUNT_ID32,
    AT_ACCOUNT_KIND,
    AT_FLIGHT,
    AT_LANE,
    AT_RATE,
    AT_REGISTERED,
    AT_SETUP,
    MAX_AMOUNT,
    MAX_TOKENS,
    PAUSE_DELIVER,
    PAUSE_INITIATE,
    PAUSE_TRANSFER,
    controllerRole
} from "../types/Constants.sol";
import {BridgeBase} from "./BridgeBase.sol";
import {PairWords} from "./FlowWords.sol";

/// @title What the admin sets up: assets, lanes, rate limits
abstract contract Administration is BridgeBase {
    // The role of an AccessManager that has every account as its member.
    uint64 private constant PUBLIC_ROLE = type(uint64).max;

    /// @notice Registers a token, whose asset may then be issued and opened on lanes.
    /// Requirements: admin; the asset is not registered yet, the token was made for this bridge, and there are fewer
    /// than 32; the number of its controllers' role is of this asset only (Malformed).
    function registerAsset(ISecurityToken token) external onThisChain onlyAdmin {
        bytes32 asset = token.asset();
        if (address(_assets[asset].token) != address(0)) revert Malformed(AT_REGISTERED);
        if (token.bridge() != address(this) || _tokens.length >= MAX_TOKENS) revert Malformed(AT_SETUP);
        _requireOwnRole(asset);
        _assets[asset] = Registration(token, 0, _clock.pause);
        _tokens.push(token);
        token.setClock(_clock.issuedAt);
        token.setPause(_clock.pause);
        emit AssetRegistered(asset, bytes32(uint256(uint160(address(token)))));
    }

    /// @notice Puts another token in the place of an asset's: how its code changes, as there are no proxies. The old one
    /// is closed for good; the new one takes its records over (see ITokenImport) and is closed until it has them all.
    /// Requirements: a registered asset (AssetUnknown); admin; transfer, initiate and deliver paused in the asset's own
    /// scope, so that nothing moves meanwhile; another token of the same asset, made for this bridge (Malformed).
    function replaceToken(bytes32 asset, ISecurityToken newToken) external onThisChain ofAsset(asset) onlyAdmin {
        Registration storage entry = _assets[asset];
        ISecurityToken oldToken = entry.token;
        uint8 stopped = PAUSE_TRANSFER | PAUSE_INITIATE | PAUSE_DELIVER;
        if (entry.pause & stopped != stopped || address(newToken) == address(oldToken)) revert Malformed(AT_SETUP);
        if (newToken.asset() != asset || newToken.bridge() != address(this)) revert Malformed(AT_SETUP);
        entry.token = newToken;
        for (uint256 i; i < _tokens.length; ++i) {
            if (address(_tokens[i]) == address(oldToken)) _tokens[i] = newToken;
        }
        ITokenImport(address(oldToken)).closeForGood(address(newToken));
        ITokenImport(address(newToken)).beginImport(address(oldToken));
        newToken.setClock(_clock.issuedAt);
        newToken.setPause(entry.inForce);
        emit TokenReplaced(asset, address(oldToken), address(newToken));
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
    /// Requirements: an open lane (LaneUnknown), a registered asset (AssetUnknown); admin.
    function openAsset(bytes32 lane, bytes32 asset) external onThisChain onLane(lane) ofAsset(asset) onlyAdmin {
        Flow storage flow = _flows[asset][lane];
        (flow.outbound, flow.inbound) = (flow.outbound.opened(), flow.inbound.opened());
        emit AssetOpened(lane, asset);
    }

    /// @notice Sets an asset's rate limits on a lane: base units that may pass at once, and that come back each second;
    /// all four 0 for none. What was spent stays.
    /// Requirements: an open lane (LaneUnknown) that the asset is open on (AssetUnknown); admin; all from 1 to 2^96 - 1,
    /// inCapacity at least twice outCapacity, so that what may leave fits the other side's room (Malformed).
    function setRate(
        bytes32 lane,
        bytes32 asset,
        uint256 outCapacity,
        uint256 outRate,
        uint256 inCapacity,
        uint256 inRate
    ) external onThisChain onLane(lane) onOpen(lane, asset) onlyAdmin {
        Flow storage flow = _flows[asset][lane];
        bool none = outCapacity | outRate | inCapacity | inRate == 0;
        bool whole = _isLimit(outCapacity) && _isLimit(outRate) && _isLimit(inCapacity) && _isLimit(inRate);
        if (!none && (!whole || inCapacity < 2 * outCapacity)) revert Malformed(AT_RATE);
        flow.outLimit = PairWords.make(outCapacity, outRate);
        flow.inLimit = PairWords.make(inCapacity, inRate);
        (flow.outbound, flow.inbound) = (flow.outbound.limited(!none), flow.inbound.limited(!none));
        emit RateSet(lane, asset, outCapacity, outRate, inCapacity, inRate);
    }

    /// @dev The number of a role is 63 bits of the asset's id, and who draws the salt of an asset can search for one: for
    /// that of another asset, whose controller he would be with his own, or for the one that everybody holds.
    function _requireOwnRole(bytes32 asset) private view {
        uint64 role = controllerRole(asset);
        if (role == PUBLIC_ROLE) revert Malformed(AT_SETUP);
        for (uint256 i; i < _tokens.length; ++i) {
            if (controllerRole(_tokens[i].asset()) == role) revert Malformed(AT_SETUP);
        }
    }

    function _isLimit(uint256 value) private pure returns (bool) {
        return value > 0 && value <= MAX_AMOUNT;
    }
}
