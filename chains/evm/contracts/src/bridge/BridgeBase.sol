// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IBridgeEvents} from "../interfaces/IBridgeEvents.sol";
import {IComplianceBridge} from "../interfaces/IComplianceBridge.sol";
import {IRefusals} from "../interfaces/IRefusals.sol";
import {ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {Digests} from "../libraries/Digests.sol";
import {SignerSets} from "../libraries/Quorum.sol";
import {ACCOUNT_EVM, ACCOUNT_ID32, ADMIN, GUARDIAN} from "../types/Constants.sol";
import {Timing} from "../types/Types.sol";
import {FlowWord, PairWord} from "./FlowWords.sol";

/// @title Storage of the bridge, and who may do what
/// @dev Shared by the bridge and its registrar, which works on the bridge's storage: all state is declared here.
abstract contract BridgeBase is IRefusals, IBridgeEvents, IComplianceBridge {
    /// @dev Last oracle batch, and the pause bits of everything. Times in UTC seconds.
    struct Clock {
        uint64 number;
        uint64 issuedAt;
        uint8 pause;
    }

    /// @dev A way to another chain; its key is that chain's domain. Flights in seconds.
    struct Lane {
        uint64 minFlight;
        uint64 maxFlight;
        uint64 nextNonce;
        uint8 accountKind;
        uint8 pause;
        bool open;
    }

    /// @dev `pause` is the asset's own, `inForce` that of everything too: so a crossing reads no other word for it.
    struct Registration {
        ISecurityToken token;
        uint8 pause;
        uint8 inForce;
    }

    /// @dev An asset on a lane. A departure touches only the first word and an arrival only the second, unless rate
    /// limits are set. Both directions are open or closed, limited or not, together.
    struct Flow {
        FlowWord outbound;
        FlowWord inbound;
        uint256 refunded;
        PairWord outLimit;
        PairWord inLimit;
    }

    // Outcomes are two bits, so a word holds those of 128 nonces.
    uint256 private constant OUTCOMES_PER_WORD = 128;

    IAccessManager public immutable authority;
    bytes32 public immutable deployment;
    bytes32 public immutable domain;
    bytes32 internal immutable _separator;
    uint256 internal immutable _chainId;
    uint64 internal immutable _delay;
    uint64 internal immutable _grace;

    Clock internal _clock;
    SignerSets internal _sets;
    mapping(bytes32 lane => Lane) internal _lanes;
    mapping(bytes32 asset => Registration) internal _assets;
    mapping(bytes32 asset => mapping(bytes32 lane => Flow)) internal _flows;
    mapping(bytes32 asset => mapping(bytes32 lane => mapping(bytes32 investor => PairWord))) internal _shares;
    mapping(bytes32 lane => mapping(uint64 nonce => bytes32 orderId)) internal _orders;
    mapping(bytes32 source => mapping(uint256 word => uint256)) private _outcomes;
    bytes32[] internal _laneIds;
    ISecurityToken[] internal _tokens;

    /// @dev Requirements: the chain is the one of the deployment, or after a fork both halves would act on one
    /// signature.
    modifier onThisChain() {
        _requireThisChain();
        _;
    }

    modifier onlyAdmin() {
        _requireAdmin();
        _;
    }

    modifier onlyGuardian() {
        _requireGuardian();
        _;
    }

    modifier onLane(bytes32 lane) {
        if (!_lanes[lane].open) revert LaneUnknown(uint256(lane));
        _;
    }

    modifier ofAsset(bytes32 asset) {
        if (address(_assets[asset].token) == address(0)) revert AssetUnknown(uint256(asset));
        _;
    }

    modifier onOpen(bytes32 lane, bytes32 asset) {
        if (!_flows[asset][lane].outbound.isOpen()) revert AssetUnknown(uint256(asset));
        _;
    }

    constructor(IAccessManager authority_, bytes32 deployment_, bytes32 domain_, Timing memory timing_) {
        authority = authority_;
        deployment = deployment_;
        domain = domain_;
        (_delay, _grace) = (timing_.delay, timing_.grace);
        _separator = Digests.separatorOf(domain_);
        _chainId = block.chainid;
    }

    /// @notice What became of the order that came from `source`: 0 nothing yet, 1 Delivered, 2 Rejected, 3 Expired.
    function outcomeOf(bytes32 source, uint64 nonce) public view returns (uint8 outcome) {
        return uint8((_outcomes[source][nonce / OUTCOMES_PER_WORD] >> _outcomeShift(nonce)) & 3);
    }

    /// @inheritdoc IComplianceBridge
    function timing() external view returns (uint64 delay, uint64 grace) {
        return (_delay, _grace);
    }

    /// @dev Sets an outcome that is not set yet. It is never erased: Delivered, Rejected and Expired exclude each
    /// other, also for two orders that share a nonce after a reorganisation of the source.
    function _setOutcome(bytes32 source, uint64 nonce, uint8 outcome) internal {
        _outcomes[source][nonce / OUTCOMES_PER_WORD] |= uint256(outcome) << _outcomeShift(nonce);
    }

    /// @dev Pause bits of everything and of the asset.
    function _pauseOf(Registration memory entry) internal view returns (uint8) {
        return address(entry.token) == address(0) ? _clock.pause : entry.inForce;
    }

    function _requireThisChain() private view {
        if (block.chainid != _chainId) revert DomainMismatch(block.chainid, _chainId);
    }

    function _requireAdmin() private view {
        if (!_hasRole(ADMIN)) revert NotAdmin(uint160(msg.sender));
    }

    function _requireGuardian() internal view {
        if (!_hasRole(GUARDIAN) && !_hasRole(ADMIN)) revert NotGuardian(uint160(msg.sender));
    }

    /// @dev A role that is held with a delay doesn't count: its operations would have to be scheduled.
    function _hasRole(uint64 role) private view returns (bool) {
        (bool member, uint32 delay) = authority.hasRole(role, msg.sender);
        return member && delay == 0;
    }

    function _outcomeShift(uint64 nonce) private pure returns (uint256) {
        return (nonce % OUTCOMES_PER_WORD) * 2;
    }

    /// @dev True when `account` can be an account of that kind of chain.
    function _isAccount(uint8 kind, bytes32 account) internal pure returns (bool) {
        if (account == 0) return false;
        return kind == ACCOUNT_ID32 || (kind == ACCOUNT_EVM && uint256(account) >> 160 == 0);
    }

    /// @dev True for 16 zero bytes followed by 16 bytes that are not all zero.
    function _isInvestor(bytes32 id) internal pure returns (bool) {
        return uint256(id) >> 128 == 0 && id != 0;
    }
}
