// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Digests} from "../../src/libraries/Digests.sol";
import {LotWord, Lots} from "../../src/libraries/Lots.sol";
import {Quorum, RoleSets, SignerSets} from "../../src/libraries/Quorum.sol";
import {Findings, Refusals} from "../../src/libraries/Refusals.sol";
import {
    Approval,
    BindingPermit,
    Lot,
    OracleBatch,
    Reason,
    SignerSet,
    TransferOrder,
    TransferReceipt
} from "../../src/types/Types.sol";

/// @title The libraries as calls, so that a test can hand over calldata and see a revert
contract LotsHarness {
    using Refusals for Findings;

    struct Outcome {
        uint256 free;
        Lot[] lots;
        Lot[] taken;
        Reason reason;
    }

    function fold(uint256 free, Lot[] memory lots, uint256 time)
        external
        pure
        returns (uint256 left, Lot[] memory rest, uint256 folded)
    {
        LotWord[] memory words = packed(lots);
        (left, folded) = Lots.fold(free, words, time);
        rest = canonical(words);
    }

    /// @dev Form first, as the contracts do it; then the taking.
    function take(uint256 free, Lot[] memory lots, Lot[] memory wanted, uint256 time)
        external
        pure
        returns (Outcome memory outcome)
    {
        Findings memory findings;
        LotWord[] memory words = packed(lots);
        (LotWord[] memory names,) = Lots.read(findings, wanted);
        if (findings.set == 0) {
            LotWord[] memory taken;
            (outcome.free, taken) = Lots.take(findings, free, words, names, time);
            outcome.taken = Lots.unpack(taken);
        }
        if (findings.set == 0) outcome.lots = canonical(words);
        else outcome.reason = findings.byCode[findings.lowest()];
    }

    function credit(uint256 free, Lot[] memory lots, Lot[] memory arriving, uint256 time)
        external
        pure
        returns (uint256 left, Lot[] memory rest)
    {
        LotWord[] memory words;
        (left, words) = Lots.credit(free, packed(lots), packed(arriving), time);
        rest = canonical(words);
    }

    function takeAny(uint256 free, Lot[] memory lots, uint256 wanted, uint256 time)
        external
        pure
        returns (Outcome memory outcome)
    {
        LotWord[] memory words = packed(lots);
        LotWord[] memory taken;
        (outcome.free, taken) = Lots.takeAny(free, words, wanted, time);
        outcome.taken = Lots.unpack(taken);
        outcome.lots = canonical(words);
    }

    function mergeNearest(Lot[] memory lots) external pure returns (Lot[] memory rest) {
        LotWord[] memory words = packed(lots);
        Lots.mergeNearest(words);
        // As it comes: it is canonical by itself.
        return Lots.unpack(words);
    }

    function mergeLots(Lot[] memory lots, Lot[] memory named, uint256 time)
        external
        pure
        returns (Lot[] memory rest, uint256 folded, Lot memory into, Reason memory reason)
    {
        Findings memory findings;
        LotWord[] memory words = packed(lots);
        LotWord[] memory one = new LotWord[](1);
        (folded, one[0]) = Lots.mergeLots(findings, words, packed(named), time);
        if (findings.set != 0) return (rest, folded, into, findings.byCode[findings.lowest()]);
        into = Lots.unpack(one)[0];
        rest = canonical(words);
    }

    function read(Lot[] memory lots) external pure returns (uint256 sum, uint256 set) {
        Findings memory findings;
        (, sum) = Lots.read(findings, lots);
        set = findings.set;
    }

    function packed(Lot[] memory lots) public pure returns (LotWord[] memory words) {
        words = new LotWord[](lots.length);
        for (uint256 i; i < lots.length; ++i) {
            words[i] = Lots.make(lots[i].amount, lots[i].acquiredAt, lots[i].unlocksAt);
        }
    }

    function canonical(LotWord[] memory words) public pure returns (Lot[] memory) {
        Lots.sort(words);
        return Lots.unpack(words);
    }
}

contract QuorumHarness {
    using Quorum for SignerSets;

    SignerSets private _sets;

    function install(SignerSet memory set) external {
        _sets.install(set);
    }

    function place(uint8 role, RoleSets memory sets) external {
        _sets.roles[role] = sets;
    }

    function verify(uint8 role, uint64 set, bytes32 digest, bytes[] calldata signatures) external view {
        _sets.verify(role, set, digest, signatures);
    }
}

contract DigestsHarness {
    function order(TransferOrder memory object) external pure returns (bytes32) {
        return Digests.orderId(object);
    }

    function approval(Approval calldata object, bytes32 separator) external pure returns (bytes32) {
        return Digests.approval(object, separator);
    }

    function rejection(bytes32 orderId, uint32 reason, bytes32 separator) external pure returns (bytes32) {
        return Digests.rejection(orderId, reason, separator);
    }

    function receipt(TransferReceipt calldata object, bytes32 separator) external pure returns (bytes32) {
        return Digests.receipt(object, separator);
    }

    function batch(OracleBatch calldata object, bytes32 separator) external pure returns (bytes32) {
        return Digests.batch(object, separator);
    }

    function permit(BindingPermit calldata object, bytes32 separator) external pure returns (bytes32) {
        return Digests.permit(object, separator);
    }
}

contract RefusalsHarness {
    using Refusals for Findings;

    function raise(uint16 code, uint256 a, uint256 b, uint256 c) external pure {
        Refusals.raise(code, a, b, c);
    }

    function list(Reason[] memory reasons) external pure returns (uint256 set, Reason[] memory all, uint16 lowest) {
        Findings memory findings;
        findings.merge(reasons);
        (set, all) = findings.list();
        lowest = findings.lowest();
    }
}
