// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Findings, Refusals} from "../libraries/Refusals.sol";
import {AccountWord} from "../libraries/TokenWords.sol";
import {Eligibility, Holding, Words} from "../libraries/Words.sol";
import {AT_INVESTOR} from "../types/Constants.sol";
import {Reason} from "../types/Types.sol";
import {TokenBase} from "./TokenBase.sol";

/// @title What the oracle writes: clock, eligibility, bindings, quotas
/// @notice All of it comes from the bridge, which has checked the signatures.
abstract contract Records is TokenBase {
    using Refusals for Findings;

    function setClock(uint64 issuedAt) external onlyBridge {
        _config = _config.withClock(issuedAt);
    }

    function setPause(uint8 bits) external onlyBridge {
        _config = _config.withPause(bits);
    }

    function applyEligibility(
        bytes32 investor,
        uint64 validUntil,
        uint16 class,
        uint8 permissions,
        int128 limitDelta,
        uint64 number
    ) external onlyBridge returns (uint16 code) {
        // Before the lookup: a malformed id must not be judged by the record that its low half would find.
        if (!_isInvestor(investor)) return Refusals.MALFORMED;
        Holder storage holder = _holders[uint128(uint256(investor))];
        (uint256 word, bool fits) =
            Words.moved(holder.eligibility, Eligibility(validUntil, class, permissions, uint40(number), 0), limitDelta);
        if (!fits) return Refusals.AMOUNT_TOO_LARGE;
        holder.eligibility = word;
        emit EligibilitySet(asset, investor, word);
    }

    function applyBinding(bytes32 account, bytes32 investor) external onlyBridge returns (uint16 code) {
        code = _evaluateBinding(account, investor).lowest();
        if (code != 0) return code;
        address bound = _toAddress(account);
        AccountWord word = _accounts[bound];
        if (bytes32(uint256(word.investor())) == investor) return 0;
        _accounts[bound] = word.boundTo(uint128(uint256(investor)));
        emit AccountBound(asset, account, investor);
    }

    function applyQuota(uint16 class, int64 delta) external onlyBridge returns (uint16 code) {
        int256 quota = int256(_classes[class].quota) + delta;
        if (quota != int64(quota)) return Refusals.AMOUNT_TOO_LARGE;
        _classes[class].quota = int64(quota);
        emit QuotaSet(asset, class, int64(quota));
    }

    /// @notice All rules that a binding would fail now.
    function explainBinding(bytes32 account, bytes32 investor)
        external
        view
        returns (uint256 set, Reason[] memory reasons)
    {
        return _evaluateBinding(account, investor).list();
    }

    function eligibilityOf(bytes32 investor) external view returns (uint256 word) {
        return _isInvestor(investor) ? _holders[uint128(uint256(investor))].eligibility : 0;
    }

    function quotaOf(uint16 class) external view returns (int64 quota, uint64 holders) {
        return (_classes[class].quota, _classes[class].holders);
    }

    /// @dev RecipientMalformed(account); AccountInUse(balance, inFlight) when a change of investor would take tokens,
    /// held or in flight, from the one they belong to; Malformed for no investor id.
    function _evaluateBinding(bytes32 account, bytes32 investor) private view returns (Findings memory findings) {
        if (investor != 0 && !_isInvestor(investor)) findings.add(Refusals.MALFORMED, AT_INVESTOR);
        if (!_isAccount(account)) {
            findings.add(Refusals.RECIPIENT_MALFORMED, uint256(account));
            return findings;
        }
        AccountWord known = _accounts[_toAddress(account)];
        uint128 present = known.investor();
        if (present == 0 || bytes32(uint256(present)) == investor) return findings;
        Holding memory holding;
        _load(_holders[present], holding);
        if (known.balance() > 0 || holding.orders > 0) {
            findings.add(Refusals.ACCOUNT_IN_USE, known.balance(), holding.inFlight);
        }
    }
}
