// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {AssetInfo, InitiateRequest, LaneFlow, Lot, PairRule, RateInfo, Reason, TransferOrder} from "../types/Types.sol";
import {IRefusals} from "./IRefusals.sol";

/// @title What anyone may read of a chain of Lockstep
/// @notice One ABI for every kind of chain: a Substrate chain answers the same calldata through its runtime API.
/// Amounts in base units, times in UTC seconds. Unknown things read as zeros, never as an error.
/// `explain...` answers with ALL failing rules, found by the code that enforces them: bit n of `set` stands for number
/// n, `reasons` ascend by number.
interface ILockstepViews is IRefusals {
    /// @notice Who this chain is: its CAIP-2 id, its bridge, the draw of this deployment, and the domain made of them.
    function identity() external view returns (string memory caip2, bytes32 bridge, bytes32 deployment, bytes32 domain);

    /// @notice Last oracle batch, the pause bits of everything, and the time of the block.
    function clock() external view returns (uint64 number, uint64 issuedAt, uint8 pause, uint64 time);

    /// @notice Current signer set of a role (1 attestor, 2 oracle) and until when the one before it still counts.
    function signerSet(uint8 role)
        external
        view
        returns (uint64 id, uint8 threshold, address[] memory signers, uint64 previousId, uint64 graceEnds);

    /// @notice What an asset is and which rules it has; `pause` is the asset's own scope.
    function assetInfo(bytes32 asset) external view returns (AssetInfo memory);

    /// @notice An asset's totals here and its flows on each lane that it was opened on.
    function supplyOf(bytes32 asset)
        external
        view
        returns (uint256 supply, uint256 issued, uint256 redeemed, LaneFlow[] memory lanes);

    function accountOf(bytes32 asset, bytes32 account)
        external
        view
        returns (bytes32 investor, uint256 balance, uint8 flags);

    /// @notice A position as stored: lots that are due but not folded yet are still among the lots.
    function positionOf(bytes32 asset, bytes32 investor)
        external
        view
        returns (uint256 free, uint256 inFlight, Lot[] memory lots, uint8 reservedLots, uint8 orders, uint8 flags);

    /// @notice The eligibility word: validUntil u64 | class u16 | permissions u8 | sequence u40 | limit i128.
    function eligibilityOf(bytes32 asset, bytes32 investor) external view returns (uint256 word);

    function quotaOf(bytes32 asset, uint16 class) external view returns (int64 quota, uint64 holders);

    /// @notice This chain's part of an investor's holding cap, what is used of it (total and in flight), and the
    /// difference: at or below zero it only stops receiving.
    function limitOf(bytes32 asset, bytes32 investor) external view returns (int256 limit, uint256 used, int256 room);

    /// @notice How much of an investor's position is frozen, whichever tokens they are.
    function frozenOf(bytes32 asset, bytes32 investor) external view returns (uint256);

    /// @notice Exceptions to the asset's default pair rule, ascending by (fromClass, toClass).
    function pairRules(bytes32 asset) external view returns (PairRule[] memory);

    /// @notice How much an investor may send to others at once, and how much of it comes back each second; zeros mean
    /// without end.
    function velocityOf(bytes32 asset) external view returns (uint256 capacity, uint256 rate);

    /// @notice An asset's rate limits on a lane; all zero means none.
    function rateOf(bytes32 lane, bytes32 asset)
        external
        view
        returns (RateInfo memory outbound, RateInfo memory inbound);

    /// @notice Where a recovered account's tokens went; zero when it wasn't recovered.
    function movedTo(bytes32 asset, bytes32 account) external view returns (bytes32);

    /// @notice The investor that a retired one became; zero when it isn't retired.
    function successorOf(bytes32 asset, bytes32 investor) external view returns (bytes32);

    /// @notice Names of an asset's documents, ascending.
    function documentsOf(bytes32 asset) external view returns (bytes32[] memory);

    function documentOf(bytes32 asset, bytes32 name)
        external
        view
        returns (string memory uri, bytes32 hash, uint64 updatedAt);

    /// @notice A role's proposed signer set and from when it may be activated; zeros when nothing is proposed.
    function pendingSigners(uint8 role)
        external
        view
        returns (uint64 id, uint8 threshold, address[] memory signers, uint64 eta);

    /// @notice Seconds that a proposal waits, and that a replaced signer set still counts.
    function timing() external view returns (uint64 delay, uint64 grace);

    /// @notice From when a proposed release of lots may be carried out; zero when there is none of this id.
    function releaseOf(bytes32 asset, bytes32 id) external view returns (uint64 eta);

    /// @notice A lane to the chain of domain `lane`; `accountKind` (1 EVM, 2 AccountId32) is the remote side's.
    function laneInfo(bytes32 lane)
        external
        view
        returns (bool open, uint8 accountKind, uint64 minFlight, uint64 maxFlight, uint64 nextNonce, uint8 pause);

    /// @notice Id of the order in flight at (lane, nonce); zero when there is none or it is settled.
    function orderAt(bytes32 lane, uint64 nonce) external view returns (bytes32 orderId);

    /// @notice What became of the order that came from `source`: 0 nothing yet, 1 Delivered, 2 Rejected, 3 Expired.
    function outcomeOf(bytes32 source, uint64 nonce) external view returns (uint8 outcome);

    function explainTransfer(bytes32 asset, bytes32 from, bytes32 to, uint256 amount)
        external
        view
        returns (uint256 set, Reason[] memory reasons);

    function explainInitiate(bytes32 sender, InitiateRequest calldata request)
        external
        view
        returns (uint256 set, Reason[] memory reasons);

    function explainDeliver(TransferOrder calldata order) external view returns (uint256 set, Reason[] memory reasons);

    /// @notice Of an issue by `controller` to `account`.
    function explainIssue(bytes32 asset, bytes32 controller, bytes32 account, Lot[] calldata lots)
        external
        view
        returns (uint256 set, Reason[] memory reasons);
}

/// @title What the lens asks of a token about its records
/// @notice Investors and accounts as bytes32; malformed ones read as unknown.
interface ITokenViews {
    function limitOf(bytes32 investor) external view returns (int256 limit, uint256 used, int256 room);
    function frozenOf(bytes32 investor) external view returns (uint256);
    function pairRules() external view returns (PairRule[] memory);
    function velocityOf() external view returns (uint256 capacity, uint256 rate);
    function movedTo(bytes32 account) external view returns (bytes32);
    function successorOf(bytes32 investor) external view returns (bytes32);
    function documentsOf() external view returns (bytes32[] memory);
    function documentOf(bytes32 name) external view returns (string memory uri, bytes32 hash, uint64 updatedAt);
    function releaseOf(bytes32 id) external view returns (uint64 eta);
    function explainIssue(bytes32 controller, bytes32 account, Lot[] calldata lots)
        external
        view
        returns (uint256 set, Reason[] memory reasons);
}
