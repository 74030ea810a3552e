// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Findings, Refusals} from "../../libraries/Refusals.sol";
import {AccountWord} from "../../libraries/TokenWords.sol";
import {Holding, Words} from "../../libraries/Words.sol";
import {AT_INVESTOR, FLAG_FROZEN, FLAG_PARTLY_FROZEN, MAX_AMOUNT} from "../../types/Constants.sol";
import {Action, ControlBase} from "./ControlBase.sol";

/// @title Freezes of accounts, investors and amounts
/// @notice A freeze is written for exactly the account or id that is named, known or not: one that is frozen before it
/// comes is frozen when it comes.
abstract contract Freezing is ControlBase {
    using Refusals for Findings;

    function _freezeAccount(Findings memory findings, address account, bool frozen, Action memory action) internal {
        if (account == address(0)) findings.add(Refusals.RECIPIENT_MALFORMED);
        findings.enforce();
        AccountWord word = _accounts[account];
        _writeAccount(account, word.withFlags(_withFlag(word.flags(), FLAG_FROZEN, frozen)));
        emit AddressFrozen(account, frozen, msg.sender);
        emit AccountFrozen(_assetId(), _toBytes32(account), frozen, action.reason, action.document);
    }

    function _freezeInvestor(Findings memory findings, bytes32 investor, bool frozen, Action memory action) internal {
        if (!_isInvestor(investor)) findings.add(Refusals.MALFORMED, AT_INVESTOR);
        findings.enforce();
        _setFlag(uint128(uint256(investor)), FLAG_FROZEN, frozen);
        emit InvestorFrozen(_assetId(), investor, frozen, action.reason, action.document);
    }

    function _freezeAmount(Findings memory findings, bytes32 investor, uint256 amount, Action memory action) internal {
        if (!_isInvestor(investor)) findings.add(Refusals.MALFORMED, AT_INVESTOR);
        if (amount > MAX_AMOUNT) findings.add(Refusals.AMOUNT_TOO_LARGE, amount, MAX_AMOUNT);
        findings.enforce();
        Holder storage holder = _holders[uint128(uint256(investor))];
        holder.extra = Words.withFrozen(holder.extra, amount);
        _setFlag(uint128(uint256(investor)), FLAG_PARTLY_FROZEN, amount > 0);
        emit AmountFrozen(_assetId(), investor, amount, action.reason, action.document);
    }

    function _setFlag(uint128 investor, uint256 flag, bool on) private {
        bool before = _isHolder(investor);
        Holding memory holding;
        holding.flags = _withFlag(_loadExactly(investor, holding), flag, on);
        _save(investor, holding);
        _countHolder(before, investor);
    }

    function _withFlag(uint256 flags, uint256 flag, bool on) private pure returns (uint256) {
        return on ? flags | flag : flags & ~flag;
    }
}
