// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {ComplianceBridge} from "./ComplianceBridge.sol";
import {ILockstepViews, ITokenViews} from "./interfaces/ILockstepViews.sol";
import {ISecurityToken} from "./interfaces/ISecurityToken.sol";
import {Lots} from "./libraries/Lots.sol";
import {Findings, Refusals} from "./libraries/Refusals.sol";
import {MAX_AMOUNT, PAUSE_TRANSFER} from "./types/Constants.sol";
import {AssetInfo, InitiateRequest, LaneFlow, Lot, PairRule, RateInfo, Reason, TransferOrder} from "./types/Types.sol";

/// @title Everything that can be read of this chain, in the ABI that all chains of Lockstep share
/// @notice Holds no state and has no rights. The answers of `explain...` come from the contracts that enforce the
/// rules.
contract ComplianceLens is ILockstepViews {
    using Refusals for Findings;

    ComplianceBridge public immutable bridge;

    constructor(ComplianceBridge bridge_) {
        bridge = bridge_;
    }

    /// @inheritdoc ILockstepViews
    function identity() external view returns (string memory, bytes32, bytes32, bytes32) {
        return bridge.identity();
    }

    /// @inheritdoc ILockstepViews
    function clock() external view returns (uint64, uint64, uint8, uint64) {
        return bridge.clock();
    }

    /// @inheritdoc ILockstepViews
    function signerSet(uint8 role) external view returns (uint64, uint8, address[] memory, uint64, uint64) {
        return bridge.signerSet(role);
    }

    /// @inheritdoc ILockstepViews
    function assetInfo(bytes32 asset) external view returns (AssetInfo memory info) {
        (ISecurityToken token, uint8 pause) = bridge.tokenOf(asset);
        if (address(token) == address(0)) return info;
        info = token.info();
        info.pause = pause;
    }

    /// @inheritdoc ILockstepViews
    function supplyOf(bytes32 asset)
        external
        view
        returns (uint256 supply, uint256 issued, uint256 redeemed, LaneFlow[] memory lanes)
    {
        ISecurityToken token = _token(asset);
        if (address(token) != address(0)) (supply, issued, redeemed) = token.totals();
        lanes = bridge.flowsOf(asset);
    }

    /// @inheritdoc ILockstepViews
    function accountOf(bytes32 asset, bytes32 account)
        external
        view
        returns (bytes32 investor, uint256 balance, uint8 flags)
    {
        ISecurityToken token = _token(asset);
        if (address(token) == address(0) || uint256(account) >> 160 != 0) return (0, 0, 0);
        return token.accountOf(address(uint160(uint256(account))));
    }

    /// @inheritdoc ILockstepViews
    function positionOf(bytes32 asset, bytes32 investor)
        external
        view
        returns (uint256, uint256, Lot[] memory lots, uint8, uint8, uint8)
    {
        ISecurityToken token = _token(asset);
        if (address(token) == address(0)) return (0, 0, lots, 0, 0, 0);
        return token.positionOf(investor);
    }

    /// @inheritdoc ILockstepViews
    function eligibilityOf(bytes32 asset, bytes32 investor) external view returns (uint256 word) {
        ISecurityToken token = _token(asset);
        return address(token) == address(0) ? 0 : token.eligibilityOf(investor);
    }

    /// @inheritdoc ILockstepViews
    function quotaOf(bytes32 asset, uint16 class) external view returns (int64 quota, uint64 holders) {
        ISecurityToken token = _token(asset);
        if (address(token) != address(0)) return token.quotaOf(class);
    }

    /// @inheritdoc ILockstepViews
    function limitOf(bytes32 asset, bytes32 investor) external view returns (int256 limit, uint256 used, int256 room) {
        ITokenViews token = _views(asset);
        if (address(token) != address(0)) return token.limitOf(investor);
    }

    /// @inheritdoc ILockstepViews
    function frozenOf(bytes32 asset, bytes32 investor) external view returns (uint256) {
        ITokenViews token = _views(asset);
        return address(token) == address(0) ? 0 : token.frozenOf(investor);
    }

    /// @inheritdoc ILockstepViews
    function pairRules(bytes32 asset) external view returns (PairRule[] memory pairs) {
        ITokenViews token = _views(asset);
        if (address(token) != address(0)) return token.pairRules();
    }

    /// @inheritdoc ILockstepViews
    function velocityOf(bytes32 asset) external view returns (uint256 capacity, uint256 rate) {
        ITokenViews token = _views(asset);
        if (address(token) != address(0)) return token.velocityOf();
    }

    /// @inheritdoc ILockstepViews
    function rateOf(bytes32 lane, bytes32 asset) external view returns (RateInfo memory, RateInfo memory) {
        return bridge.rateOf(lane, asset);
    }

    /// @inheritdoc ILockstepViews
    function movedTo(bytes32 asset, bytes32 account) external view returns (bytes32) {
        ITokenViews token = _views(asset);
        return address(token) == address(0) ? bytes32(0) : token.movedTo(account);
    }

    /// @inheritdoc ILockstepViews
    function successorOf(bytes32 asset, bytes32 investor) external view returns (bytes32) {
        ITokenViews token = _views(asset);
        return address(token) == address(0) ? bytes32(0) : token.successorOf(investor);
    }

    /// @inheritdoc ILockstepViews
    function documentsOf(bytes32 asset) external view returns (bytes32[] memory names) {
        ITokenViews token = _views(asset);
        if (address(token) != address(0)) return token.documentsOf();
    }

    /// @inheritdoc ILockstepViews
    function documentOf(bytes32 asset, bytes32 name)
        external
        view
        returns (string memory uri, bytes32 hash, uint64 updatedAt)
    {
        ITokenViews token = _views(asset);
        if (address(token) != address(0)) return token.documentOf(name);
    }

    /// @inheritdoc ILockstepViews
    function pendingSigners(uint8 role) external view returns (uint64, uint8, address[] memory, uint64) {
        return bridge.pendingSigners(role);
    }

    /// @inheritdoc ILockstepViews
    function timing() external view returns (uint64, uint64) {
        return bridge.timing();
    }

    /// @inheritdoc ILockstepViews
    function releaseOf(bytes32 asset, bytes32 id) external view returns (uint64) {
        ITokenViews token = _views(asset);
        return address(token) == address(0) ? 0 : token.releaseOf(id);
    }

    /// @inheritdoc ILockstepViews
    function laneInfo(bytes32 lane) external view returns (bool, uint8, uint64, uint64, uint64, uint8) {
        return bridge.laneInfo(lane);
    }

    /// @inheritdoc ILockstepViews
    function orderAt(bytes32 lane, uint64 nonce) external view returns (bytes32) {
        return bridge.orderAt(lane, nonce);
    }

    /// @inheritdoc ILockstepViews
    function outcomeOf(bytes32 source, uint64 nonce) external view returns (uint8) {
        return bridge.outcomeOf(source, nonce);
    }

    /// @inheritdoc ILockstepViews
    function explainTransfer(bytes32 asset, bytes32 from, bytes32 to, uint256 amount)
        external
        view
        returns (uint256, Reason[] memory)
    {
        ISecurityToken token = _token(asset);
        if (address(token) != address(0)) return token.explainTransfer(from, to, amount);
        // No token enforces anything for an unknown asset: what can be said without one is said here.
        Findings memory findings;
        (,, uint8 pause,) = bridge.clock();
        if (pause & PAUSE_TRANSFER != 0) findings.add(Refusals.PAUSED, pause);
        findings.add(Refusals.ASSET_UNKNOWN, uint256(asset));
        if (amount == 0) findings.add(Refusals.AMOUNT_ZERO);
        if (amount > MAX_AMOUNT) findings.add(Refusals.AMOUNT_TOO_LARGE, amount, MAX_AMOUNT);
        return findings.list();
    }

    /// @inheritdoc ILockstepViews
    function explainInitiate(bytes32 sender, InitiateRequest calldata request)
        external
        view
        returns (uint256, Reason[] memory)
    {
        return bridge.explainInitiate(sender, request);
    }

    /// @inheritdoc ILockstepViews
    function explainDeliver(TransferOrder calldata order) external view returns (uint256, Reason[] memory) {
        return bridge.explainDeliver(order);
    }

    /// @inheritdoc ILockstepViews
    function explainIssue(bytes32 asset, bytes32 controller, bytes32 account, Lot[] calldata lots)
        external
        view
        returns (uint256, Reason[] memory)
    {
        ITokenViews token = _views(asset);
        if (address(token) != address(0)) return token.explainIssue(controller, account, lots);
        Findings memory findings;
        findings.add(Refusals.ASSET_UNKNOWN, uint256(asset));
        Lots.read(findings, lots);
        return findings.list();
    }

    function _views(bytes32 asset) private view returns (ITokenViews) {
        return ITokenViews(address(_token(asset)));
    }

    function _token(bytes32 asset) private view returns (ISecurityToken token) {
        (token,) = bridge.tokenOf(asset);
    }
}
