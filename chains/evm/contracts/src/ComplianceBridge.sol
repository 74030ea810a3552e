// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {Arrivals} from "./bridge/Arrivals.sol";
import {BridgeBase} from "./bridge/BridgeBase.sol";
import {BridgeRegistrar} from "./bridge/BridgeRegistrar.sol";
import {Departures} from "./bridge/Departures.sol";
import {ISecurityToken} from "./interfaces/ISecurityToken.sol";
import {PendingSet, Quorum, RoleSets, SignerSets} from "./libraries/Quorum.sol";
import {AT_SETUP, ROLE_ATTESTOR, ROLE_ORACLE} from "./types/Constants.sol";
import {BindingPermit, LaneFlow, OracleBatch, SignerSet, Timing} from "./types/Types.sol";

/// @title The bridge of an EVM chain
/// @notice Orders leave and arrive here, signed by attestors; eligibility, bindings and the clock arrive here, signed
/// by the oracle. It holds no tokens: it tells each token what to do, and tokens obey nobody else. It calls only the
/// tokens that the admin registered, which call nobody back, and the AccessManager with a view.
contract ComplianceBridge is Departures, Arrivals {
    using Quorum for SignerSets;

    /// @dev Longest delay and grace, seconds.
    uint256 private constant MAX_TIMING = 30 days;

    BridgeRegistrar private immutable _registrar;

    /// @notice Starts a bridge. `deployment_` is drawn anew for each one: addresses repeat on development chains, and
    /// old signatures must die with the deployment they were made for.
    /// Requirements (Malformed): an authority and a deployment; sets of roles 1 and 2 that meet `Quorum.install`; a delay
    /// and a grace of at most 30 days.
    constructor(
        IAccessManager authority_,
        bytes32 deployment_,
        SignerSet memory attestors,
        SignerSet memory oracle,
        Timing memory timing_
    ) BridgeBase(authority_, deployment_, _domainOf(deployment_), timing_) {
        bool roles = attestors.role == ROLE_ATTESTOR && oracle.role == ROLE_ORACLE;
        bool timed = timing_.delay <= MAX_TIMING && timing_.grace <= MAX_TIMING;
        if (!roles || !timed || deployment_ == 0 || address(authority_) == address(0)) revert Malformed(AT_SETUP);
        _sets.install(attestors);
        _sets.install(oracle);
        _registrar = new BridgeRegistrar(authority_, deployment_, domain, timing_);
    }

    /// @notice See {Administration-registerAsset}.
    function registerAsset(ISecurityToken token) external {
        (token);
        _register();
    }

    /// @notice See {Administration-openLane}.
    function openLane(bytes32 lane, uint8 accountKind, uint64 minFlight, uint64 maxFlight) external {
        (lane, accountKind, minFlight, maxFlight);
        _register();
    }

    /// @notice See {Administration-openAsset}.
    function openAsset(bytes32 lane, bytes32 asset) external {
        (lane, asset);
        _register();
    }

    /// @notice See {Administration-replaceToken}.
    function replaceToken(bytes32 asset, ISecurityToken newToken) external {
        (asset, newToken);
        _register();
    }

    /// @notice See {Administration-setRate}.
    function setRate(
        bytes32 lane,
        bytes32 asset,
        uint256 outCapacity,
        uint256 outRate,
        uint256 inCapacity,
        uint256 inRate
    ) external {
        (lane, asset, outCapacity, outRate, inCapacity, inRate);
        _register();
    }

    /// @notice See {Pausing-pause}.
    function pause(uint8 bits) external {
        (bits);
        _register();
    }

    /// @notice See {Pausing-resume}.
    function resume(uint8 bits) external {
        (bits);
        _register();
    }

    /// @notice See {Pausing-pauseAsset}.
    function pauseAsset(bytes32 asset, uint8 bits) external {
        (asset, bits);
        _register();
    }

    /// @notice See {Pausing-resumeAsset}.
    function resumeAsset(bytes32 asset, uint8 bits) external {
        (asset, bits);
        _register();
    }

    /// @notice See {Pausing-pauseLane}.
    function pauseLane(bytes32 lane, uint8 bits) external {
        (lane, bits);
        _register();
    }

    /// @notice See {Pausing-resumeLane}.
    function resumeLane(bytes32 lane, uint8 bits) external {
        (lane, bits);
        _register();
    }

    /// @notice See {SignerRotation-proposeSigners}.
    function proposeSigners(SignerSet calldata set) external {
        (set);
        _register();
    }

    /// @notice See {SignerRotation-proposeSignersSigned}.
    function proposeSignersSigned(SignerSet calldata set, uint64 signedBy, bytes[] calldata signatures) external {
        (set, signedBy, signatures);
        _register();
    }

    /// @notice See {SignerRotation-activateSigners}.
    function activateSigners(uint8 role) external {
        (role);
        _register();
    }

    /// @notice See {SignerRotation-cancelSigners}.
    function cancelSigners(uint8 role) external {
        (role);
        _register();
    }

    /// @notice See {SignerRotation-retireSigners}.
    function retireSigners(uint8 role) external {
        (role);
        _register();
    }

    /// @notice See {SignerRotation-strikeSigner}.
    function strikeSigner(uint8 role, address signer) external {
        (role, signer);
        _register();
    }

    /// @notice See {OracleIntake-submitBatch}.
    function submitBatch(OracleBatch calldata batch, uint64 set, bytes[] calldata signatures) external {
        (batch, set, signatures);
        _register();
    }

    /// @notice See {OracleIntake-bind}.
    function bind(BindingPermit calldata permit, uint64 set, bytes[] calldata signatures) external {
        (permit, set, signatures);
        _register();
    }

    function identity()
        external
        view
        returns (string memory caip2, bytes32 bridge, bytes32 deployment_, bytes32 domain_)
    {
        return (_caip2(), bytes32(uint256(uint160(address(this)))), deployment, domain);
    }

    function clock() external view returns (uint64 number, uint64 issuedAt, uint8 pause_, uint64 time) {
        return (_clock.number, _clock.issuedAt, _clock.pause, uint64(block.timestamp));
    }

    function signerSet(uint8 role)
        external
        view
        returns (uint64 id, uint8 threshold, address[] memory signers, uint64 previousId, uint64 graceEnds)
    {
        RoleSets memory sets = _sets.roles[role];
        return (sets.current, sets.threshold, _sets.lists[role][sets.current], sets.previous, sets.graceEnds);
    }

    function pendingSigners(uint8 role)
        external
        view
        returns (uint64 id, uint8 threshold, address[] memory signers, uint64 eta)
    {
        PendingSet memory pending = _sets.pending[role];
        return (pending.id, pending.threshold, pending.signers, pending.eta);
    }

    function laneInfo(bytes32 lane)
        external
        view
        returns (bool open, uint8 accountKind, uint64 minFlight, uint64 maxFlight, uint64 nextNonce, uint8 pause_)
    {
        Lane memory known = _lanes[lane];
        return (known.open, known.accountKind, known.minFlight, known.maxFlight, known.nextNonce, known.pause);
    }

    /// @notice Token of an asset, zero when it isn't registered, and the pause bits of the asset's own scope.
    function tokenOf(bytes32 asset) external view returns (ISecurityToken token, uint8 pause_) {
        return (_assets[asset].token, _assets[asset].pause);
    }

    /// @notice Counters of an asset on every lane that it was opened on, base units; ascending by lane.
    function flowsOf(bytes32 asset) external view returns (LaneFlow[] memory flows) {
        uint256 count;
        for (uint256 i; i < _laneIds.length; ++i) {
            if (_flows[asset][_laneIds[i]].outbound.isOpen()) ++count;
        }
        flows = new LaneFlow[](count);
        count = 0;
        for (uint256 i; i < _laneIds.length; ++i) {
            bytes32 lane = _laneIds[i];
            Flow memory flow = _flows[asset][lane];
            if (!flow.outbound.isOpen()) continue;
            uint256 place = count++;
            for (; place > 0 && flows[place - 1].lane > lane; --place) {
                flows[place] = flows[place - 1];
            }
            flows[place] = LaneFlow(lane, flow.outbound.passed(), flow.refunded, flow.inbound.passed());
        }
    }

    /// @dev Hands the call as it came to the registrar, on this contract's storage, and ends with its answer.
    function _register() private {
        address registrar = address(_registrar);
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, 0, calldatasize())
            let done := delegatecall(gas(), registrar, data, calldatasize(), 0, 0)
            returndatacopy(data, 0, returndatasize())
            if iszero(done) { revert(data, returndatasize()) }
            return(data, returndatasize())
        }
    }

    function _domainOf(bytes32 deployment_) private view returns (bytes32) {
        return keccak256(abi.encode(_caip2(), bytes32(uint256(uint160(address(this)))), deployment_));
    }

    function _caip2() private view returns (string memory) {
        return string.concat("eip155:", Strings.toString(block.chainid));
    }
}
