// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Digests} from "../libraries/Digests.sol";
import {PendingSet, Quorum, RoleSets, SignerSets} from "../libraries/Quorum.sol";
import {AT_SETUP} from "../types/Constants.sol";
import {SignerSet} from "../types/Types.sol";
import {BridgeBase} from "./BridgeBase.sol";

/// @title How signer sets follow each other
/// @notice The next set of a role comes from the admin, or signed by the role's current quorum, and waits a delay in
/// which guardian or admin may cancel. The set before counts for a time of grace after that, unless guardian or admin
/// retire it; they may strike single signers from every set at once.
abstract contract SignerRotation is BridgeBase {
    using Quorum for SignerSets;

    /// @notice Proposes the next set of a role, in place of one that is pending.
    /// Requirements, the lowest that fails is raised: admin (NotAdmin); id = current + 1 (SignerSetUnknown(id,
    /// current)); a well-formed set, none of whose signers is struck or in the other role's current or pending set
    /// (Malformed).
    function proposeSigners(SignerSet calldata set) external onThisChain onlyAdmin {
        _checkProposal(set);
        _propose(set);
    }

    /// @notice Proposes the next set of a role with signatures of its current set, under this chain's domain; anyone
    /// may bring them. Never replaces a pending one, or a stolen quorum could keep the admin's out for ever.
    /// Requirements: those of `proposeSigners` without the admin; nothing pending (Malformed). Then a quorum of set
    /// number `signedBy`, which is the current one.
    function proposeSignersSigned(SignerSet calldata set, uint64 signedBy, bytes[] calldata signatures)
        external
        onThisChain
    {
        _checkProposal(set);
        if (_sets.pending[set.role].id != 0) revert Malformed(AT_SETUP);
        uint64 current = _sets.roles[set.role].current;
        if (signedBy != current) revert SignerSetUnknown(signedBy, current);
        _sets.verify(set.role, signedBy, Digests.signerSet(set, _separator), signatures);
        _propose(set);
    }

    /// @notice Makes the pending set the current one, and the current one the set before, which counts until grace
    /// ends. Anyone may. Requirements, the lowest that fails is raised: a set is pending (Malformed), as many of its
    /// signers are left as it needs, or nothing could ever be signed or proposed with it (QuorumNotMet(got, need)); its
    /// delay is over (NotYet).
    function activateSigners(uint8 role) external onThisChain {
        PendingSet storage pending = _pendingOf(role);
        (uint256 left, uint256 need) = (pending.signers.length, pending.threshold);
        if (left < need) revert QuorumNotMet(left, need);
        if (block.timestamp < pending.eta) revert NotYet(pending.eta);
        RoleSets memory sets = _sets.roles[role];
        uint64 graceEnds = uint64(block.timestamp) + _grace;
        _sets.enrol(role, pending.id, pending.signers);
        _sets.roles[role] = RoleSets(pending.id, sets.current, graceEnds, pending.threshold, sets.threshold);
        emit SignersActivated(role, pending.id, graceEnds);
        delete _sets.pending[role];
    }

    /// @notice Drops the pending set. Requirements: guardian or admin (NotGuardian); a set is pending (Malformed).
    function cancelSigners(uint8 role) external onThisChain onlyGuardian {
        uint64 id = _pendingOf(role).id;
        delete _sets.pending[role];
        emit SignersCancelled(role, id);
    }

    /// @notice Ends the grace of the set before the current one at once.
    /// Requirements: guardian or admin (NotGuardian); there is such a set (Malformed).
    function retireSigners(uint8 role) external onThisChain onlyGuardian {
        RoleSets storage sets = _sets.roles[role];
        uint64 id = sets.previous;
        if (id == 0) revert Malformed(AT_SETUP);
        (sets.previous, sets.graceEnds, sets.previousThreshold) = (0, 0, 0);
        emit SignersRetired(role, id);
    }

    /// @notice Takes a signer out of all sets of a role that count or are pending, for good; thresholds stay.
    /// Requirements, the lowest that fails is raised: a signer of one of the role's sets (SignerUnknown); guardian or admin
    /// (NotGuardian); a known role (Malformed).
    function strikeSigner(uint8 role, address signer) external onThisChain {
        // Of a role that doesn't exist no set could know the signer.
        bool exists = Quorum.isRole(role);
        if (exists && !_isSigner(role, signer)) revert SignerUnknown(uint160(signer));
        _requireGuardian();
        if (!exists) revert Malformed(AT_SETUP);
        _strike(role, _sets.roles[role].current, signer);
        _strike(role, _sets.roles[role].previous, signer);
        _remove(_sets.pending[role].signers, signer);
        _sets.struck[signer] = true;
        emit SignerStruck(role, signer);
    }

    function _checkProposal(SignerSet memory set) private view {
        if (!Quorum.isRole(set.role)) revert Malformed(AT_SETUP);
        uint64 current = _sets.roles[set.role].current;
        if (set.id != uint256(current) + 1) revert SignerSetUnknown(set.id, current);
        if (!Quorum.wellFormed(set)) revert Malformed(AT_SETUP);
        uint8 other = Quorum.otherRole(set.role);
        address[] memory expected = _sets.pending[other].signers;
        mapping(address => bool) storage others = _sets.members[other][_sets.roles[other].current];
        for (uint256 i; i < set.signers.length; ++i) {
            address signer = set.signers[i];
            if (others[signer] || _sets.struck[signer] || _contains(expected, signer)) revert Malformed(AT_SETUP);
        }
    }

    function _propose(SignerSet calldata set) private {
        uint64 eta = uint64(block.timestamp) + _delay;
        _sets.pending[set.role] = PendingSet(set.id, eta, set.threshold, set.signers);
        emit SignersProposed(set.role, set.id, set.threshold, set.signers, eta);
    }

    function _pendingOf(uint8 role) private view returns (PendingSet storage pending) {
        pending = _sets.pending[role];
        if (pending.id == 0) revert Malformed(AT_SETUP);
    }

    /// @dev True when a set of the role, current, previous or pending, names the address.
    function _isSigner(uint8 role, address signer) private view returns (bool) {
        RoleSets storage sets = _sets.roles[role];
        mapping(uint64 => mapping(address => bool)) storage members = _sets.members[role];
        return members[sets.current][signer] || members[sets.previous][signer]
            || _contains(_sets.pending[role].signers, signer);
    }

    function _strike(uint8 role, uint64 id, address signer) private {
        delete _sets.members[role][id][signer];
        _remove(_sets.lists[role][id], signer);
    }

    /// @dev Takes an address out of a list, if it is there, and keeps the order of the rest.
    function _remove(address[] storage list, address signer) private {
        uint256 count = list.length;
        bool found;
        for (uint256 i; i < count; ++i) {
            if (found) list[i - 1] = list[i];
            else found = list[i] == signer;
        }
        if (found) list.pop();
    }

    function _contains(address[] memory list, address signer) private pure returns (bool) {
        for (uint256 i; i < list.length; ++i) {
            if (list[i] == signer) return true;
        }
        return false;
    }
}
