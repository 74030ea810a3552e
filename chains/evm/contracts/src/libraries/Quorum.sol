// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {AT_SETUP, MAX_SIGNERS, ROLE_ATTESTOR, ROLE_ORACLE} from "../types/Constants.sol";
import {SignerSet} from "../types/Types.sol";
import {Refusals} from "./Refusals.sol";

/// @dev Which sets of a role count: the current one, and the one before it while now < graceEnds (UTC seconds).
struct RoleSets {
    uint64 current;
    uint64 previous;
    uint64 graceEnds;
    uint8 threshold;
    uint8 previousThreshold;
}

/// @dev A proposed set; `id` is zero when there is none. It has members only once it is activated.
struct PendingSet {
    uint64 id;
    uint64 eta;
    uint8 threshold;
    address[] signers;
}

/// @dev All signer sets of a chain. Membership is kept per signer, so that a call reads one slot for each signature.
struct SignerSets {
    mapping(uint8 role => RoleSets) roles;
    mapping(uint8 role => mapping(uint64 id => mapping(address signer => bool))) members;
    mapping(uint8 role => mapping(uint64 id => address[])) lists;
    mapping(uint8 role => PendingSet) pending;
    mapping(address signer => bool) struck;
}

/// @title Whether signatures are a quorum of a signer set
/// @notice The order in which the gate fails is part of the protocol: the same input is refused with the same number
/// and values on every chain.
library Quorum {
    /// @dev Half of the order of secp256k1, rounded down: the largest s that is low (EIP-2).
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice Passes when `signatures` over `digest` are a quorum of set number `set` of `role`.
    /// Requirements, the first that fails is raised: SignerSetUnknown(set, current); at most 25 signatures (Malformed);
    /// each canonical (SignatureMalformed); each of the set (SignerUnknown); signers strictly ascending (SignerOrder);
    /// as many as the threshold (QuorumNotMet).
    function verify(SignerSets storage sets, uint8 role, uint64 set, bytes32 digest, bytes[] calldata signatures)
        internal
        view
    {
        uint256 need = thresholdOf(sets.roles[role], set);
        uint256 count = signatures.length;
        if (count > MAX_SIGNERS) Refusals.raise(Refusals.MALFORMED, MAX_SIGNERS, 0, 0);
        mapping(address => bool) storage members = sets.members[role][set];
        address previous;
        for (uint256 i; i < count; ++i) {
            address signer = recover(digest, signatures[i]);
            // Ascending order is what makes every signer count once, and keeps out address zero.
            if (signer <= previous || !members[signer]) _diagnose(members, digest, signatures);
            previous = signer;
        }
        if (count < need) Refusals.raise(Refusals.QUORUM_NOT_MET, count, need, 0);
    }

    /// @notice Signer of `digest`, or zero when the signature isn't 65 bytes r, s, v with v 27 or 28, low s, r and s
    /// not zero. All of it is checked before recovery, so that one signature has one spelling on every chain.
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address) {
        if (signature.length != 65) return address(0);
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            r := calldataload(signature.offset)
            s := calldataload(add(signature.offset, 0x20))
            v := byte(0, calldataload(add(signature.offset, 0x40)))
        }
        if (v != 27 && v != 28) return address(0);
        if (r == 0 || s == 0 || uint256(s) > HALF_ORDER) return address(0);
        return ecrecover(digest, v, r, s);
    }

    /// @notice Stores the first set of a role.
    /// Requirements: `wellFormed`; id from 1, none of its signers in the current set of the other role (Malformed).
    function install(SignerSets storage sets, SignerSet memory set) internal {
        if (!wellFormed(set) || set.id == 0) Refusals.raise(Refusals.MALFORMED, AT_SETUP, 0, 0);
        uint8 other = otherRole(set.role);
        mapping(address => bool) storage others = sets.members[other][sets.roles[other].current];
        for (uint256 i; i < set.signers.length; ++i) {
            if (others[set.signers[i]]) Refusals.raise(Refusals.MALFORMED, AT_SETUP, 0, 0);
        }
        enrol(sets, set.role, set.id, set.signers);
        sets.roles[set.role] = RoleSets(set.id, 0, 0, set.threshold, 0);
    }

    /// @notice Makes `signers` the members of set number `id` of `role`.
    function enrol(SignerSets storage sets, uint8 role, uint64 id, address[] memory signers) internal {
        mapping(address => bool) storage members = sets.members[role][id];
        for (uint256 i; i < signers.length; ++i) {
            members[signers[i]] = true;
        }
        sets.lists[role][id] = signers;
    }

    /// @notice True for a known role, 1 <= n <= 25, n/2 < k <= n, addresses strictly ascending and not zero.
    function wellFormed(SignerSet memory set) internal pure returns (bool) {
        uint256 count = set.signers.length;
        if (!isRole(set.role) || count == 0 || count > MAX_SIGNERS) return false;
        if (set.threshold > count || 2 * uint256(set.threshold) <= count) return false;
        address previous;
        for (uint256 i; i < count; ++i) {
            if (set.signers[i] <= previous) return false;
            previous = set.signers[i];
        }
        return true;
    }

    function isRole(uint8 role) internal pure returns (bool) {
        return role == ROLE_ATTESTOR || role == ROLE_ORACLE;
    }

    function otherRole(uint8 role) internal pure returns (uint8) {
        return ROLE_ATTESTOR + ROLE_ORACLE - role;
    }

    /// @notice How many signatures set number `set` needs now; SignerSetUnknown(set, current) when it doesn't count.
    function thresholdOf(RoleSets storage role, uint64 set) internal view returns (uint256) {
        (uint64 current, uint64 previous, uint64 graceEnds) = (role.current, role.previous, role.graceEnds);
        if (set == current && set != 0) return role.threshold;
        if (set == previous && set != 0 && block.timestamp < graceEnds) return role.previousThreshold;
        Refusals.raise(Refusals.SIGNER_SET_UNKNOWN, set, current, 0);
    }

    /// @dev Raises the first rule of the gate that signatures fail which aren't the set's members in order.
    function _diagnose(mapping(address => bool) storage members, bytes32 digest, bytes[] calldata signatures)
        private
        view
    {
        uint256 count = signatures.length;
        address[] memory signers = new address[](count);
        for (uint256 i; i < count; ++i) {
            signers[i] = recover(digest, signatures[i]);
            if (signers[i] == address(0)) Refusals.raise(Refusals.SIGNATURE_MALFORMED, i, 0, 0);
        }
        for (uint256 i; i < count; ++i) {
            if (!members[signers[i]]) Refusals.raise(Refusals.SIGNER_UNKNOWN, uint160(signers[i]), 0, 0);
        }
        for (uint256 i = 1; i < count; ++i) {
            if (signers[i] <= signers[i - 1]) Refusals.raise(Refusals.SIGNER_ORDER, i, 0, 0);
        }
    }
}
