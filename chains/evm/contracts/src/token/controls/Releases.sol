// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IComplianceBridge} from "../../interfaces/IComplianceBridge.sol";
import {ITokenRegistry} from "../../interfaces/ITokenRegistry.sol";
import {LotWord, Lots} from "../../libraries/Lots.sol";
import {Findings, Refusals} from "../../libraries/Refusals.sol";
import {ConfigWord} from "../../libraries/TokenWords.sol";
import {Holding} from "../../libraries/Words.sol";
import {AT_ACTION, AT_INVESTOR, AT_LOTS, AT_RELEASE, PAUSE_TRANSFER} from "../../types/Constants.sol";
import {Lot} from "../../types/Types.sol";
import {Action} from "./ControlBase.sol";
import {LotActs} from "./LotActs.sol";

/// @title Lots freed before their time, and lots merged by their holder
/// @notice A release is the only way an unlock time ever moves earlier: proposed by the admin, open to a veto for the
/// bridge's delay, and then exactly what was proposed.
abstract contract Releases is LotActs {
    using Refusals for Findings;

    function _proposeRelease(Findings memory findings, bytes32 investor, Lot[] memory lots, Action memory action)
        internal
        returns (bytes32 id)
    {
        if (!_isInvestor(investor)) findings.add(Refusals.MALFORMED, AT_INVESTOR);
        _readLocked(findings, lots);
        if (action.reason == 0 || action.document == 0) findings.add(Refusals.MALFORMED, AT_ACTION);
        // A proposal on a token that doesn't stand for its asset yet would wait out its delay where nobody looks.
        (address inForce,) = ITokenRegistry(_bridgeAddress()).tokenOf(_assetId());
        if (inForce != address(this)) findings.add(Refusals.ASSET_UNKNOWN, uint256(_assetId()));
        id = _releaseId(investor, lots, action);
        if (_releases[id] != 0) findings.add(Refusals.MALFORMED, AT_RELEASE);
        findings.enforce();
        (uint64 delay,) = IComplianceBridge(_bridgeAddress()).timing();
        uint64 eta = uint64(block.timestamp) + delay;
        _releases[id] = eta;
        emit ReleaseProposed(_assetId(), investor, id, eta);
    }

    function _releaseLots(Findings memory findings, bytes32 investor, Lot[] memory lots, Action memory action)
        internal
    {
        bytes32 id = _releaseId(investor, lots, action);
        uint256 eta = _releases[id];
        if (eta == 0) findings.add(Refusals.MALFORMED, AT_RELEASE);
        if (block.timestamp < eta) findings.add(Refusals.NOT_YET, eta);
        Holding memory holding;
        // What was proposed has its form; what wasn't is not looked at.
        if (eta != 0) _release(findings, uint128(uint256(investor)), lots, holding);
        findings.enforce();
        delete _releases[id];
        _save(uint128(uint256(investor)), holding);
        emit LotsReleased(_assetId(), investor, lots, action.reason, action.document);
    }

    function _cancelRelease(Findings memory findings, bytes32 id) internal {
        if (_releases[id] == 0) findings.add(Refusals.MALFORMED, AT_RELEASE);
        findings.enforce();
        delete _releases[id];
        emit ReleaseCancelled(_assetId(), id);
    }

    function _mergeLots(address account, Lot[] memory lots) internal {
        _requireInForce();
        Findings memory findings;
        ConfigWord config = _config;
        if (config.pause() & PAUSE_TRANSFER != 0) findings.add(Refusals.PAUSED, config.pause());
        (LotWord[] memory named, bool readable) = _readLocked(findings, lots);
        if (lots.length < 2) findings.add(Refusals.MALFORMED, AT_LOTS);
        uint128 investor = _investorOf(_accounts[account]);
        Holding memory holding;
        LotWord into;
        if (investor == 0) {
            findings.add(Refusals.SENDER_UNBOUND, uint160(account));
        } else if (readable && lots.length > 1) {
            _loadExactly(investor, holding);
            _loadLots(holding);
            (, into) = Lots.mergeLots(findings, holding.lots, named, block.timestamp);
        }
        findings.enforce();
        _save(investor, holding);
        LotWord[] memory merged = new LotWord[](1);
        merged[0] = into;
        emit LotsMerged(_assetId(), _toBytes32(investor), lots, Lots.unpack(merged)[0]);
    }

    /// @dev Turns the named lots that are not due yet into free tokens: LotUnknown(acquiredAt, unlocksAt, have).
    function _release(Findings memory findings, uint128 investor, Lot[] memory lots, Holding memory holding)
        private
        view
    {
        Findings memory form;
        (LotWord[] memory named,) = Lots.read(form, lots);
        _loadExactly(investor, holding);
        _loadLots(holding);
        // Lots that came due meanwhile have folded; they stand first, because the list ascends.
        (, uint256 due) = Lots.dueOf(named, block.timestamp);
        LotWord[] memory wanted = new LotWord[](named.length - due);
        for (uint256 i; i < wanted.length; ++i) {
            wanted[i] = named[due + i];
        }
        LotWord[] memory taken;
        (holding.free, taken) = Lots.take(findings, holding.free, holding.lots, wanted, block.timestamp);
        holding.free += Lots.sumOf(taken);
    }

    /// @dev The lots packed, all of them locked ones: AmountZero, AmountTooLarge, Malformed(AT_LOTS).
    function _readLocked(Findings memory findings, Lot[] memory lots)
        private
        pure
        returns (LotWord[] memory words, bool readable)
    {
        (words,, readable) = _readLots(findings, lots);
        if (readable && Lots.lockedCount(words) < words.length) {
            findings.add(Refusals.MALFORMED, AT_LOTS);
            readable = false;
        }
    }

    function _releaseId(bytes32 investor, Lot[] memory lots, Action memory action) private view returns (bytes32) {
        return keccak256(abi.encode(_assetId(), investor, lots, action.reason, action.document));
    }
}
