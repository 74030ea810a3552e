// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {LotWord, Lots} from "../libraries/Lots.sol";
import {Findings, Refusals} from "../libraries/Refusals.sol";
import {AccountWord} from "../libraries/TokenWords.sol";
import {Holding} from "../libraries/Words.sol";
import {AT_LOTS, FLAG_FROZEN, MAX_AMOUNT} from "../types/Constants.sol";
import {Lot, Reason} from "../types/Types.sol";
import {Crossings} from "./Crossings.sol";

/// @title The beginning of tokens: a controller issues lots on the asset's home chain
abstract contract Issues is Crossings {
    using Refusals for Findings;

    /// @dev An issue as evaluated; `getting` already holds the lots, if they can be read.
    struct Issuance {
        AccountWord account;
        uint128 investor;
        uint256 sum;
        LotWord[] words;
        Holding getting;
    }

    /// @notice Issues lots to an account. The free part is one Lot(amount, 0, 0), first; locked ones follow in order.
    /// Requirements, the lowest that fails is raised: the account bound, not frozen, its investor eligible and the
    /// oracle fresh, within his limit and his class's quota; home chain; the caller a controller of the asset; lots
    /// well-formed, locked ones in the future, at most 32 with those there; the authorised issue not passed.
    function issue(address to, Lot[] calldata lots) external onThisChain {
        _requireOpen(_config);
        (Findings memory findings, Issuance memory issuance) =
            _evaluateIssue(_controls(msg.sender), msg.sender, to, lots);
        findings.enforce();
        uint256 sum = issuance.sum;
        _issue.issued += uint128(sum);
        issuance.getting.room -= int256(sum);
        _save(issuance.investor, issuance.getting);
        _mint(to, issuance.account, sum);
        emit Issued(_assetId(), _toBytes32(issuance.investor), _toBytes32(to), lots);
    }

    /// @notice All rules that an issue by `controller` would fail now.
    function explainIssue(bytes32 controller, bytes32 account, Lot[] calldata lots)
        external
        view
        returns (uint256 set, Reason[] memory reasons)
    {
        address to = _isAccount(account) ? _toAddress(account) : address(0);
        bool controls = _isAccount(controller) && _controls(_toAddress(controller));
        (Findings memory findings,) = _evaluateIssue(controls, address(0), to, lots);
        if (findings.has(Refusals.NOT_CONTROLLER)) findings.byCode[Refusals.NOT_CONTROLLER].a = uint256(controller);
        if (findings.has(Refusals.RECEIVER_UNBOUND)) findings.byCode[Refusals.RECEIVER_UNBOUND].a = uint256(account);
        return findings.list();
    }

    /// @dev The domain of this chain and that of the asset's home.
    function _domains() internal view virtual returns (bytes32 here, bytes32 home);

    function _evaluateIssue(bool controls, address controller, address to, Lot[] memory lots)
        private
        view
        returns (Findings memory findings, Issuance memory issuance)
    {
        if (!controls) findings.add(Refusals.NOT_CONTROLLER, uint160(controller));
        if (!_isHome()) {
            (bytes32 here, bytes32 home) = _domains();
            findings.add(Refusals.DOMAIN_MISMATCH, uint256(here), uint256(home));
        }
        bool readable = _readIssue(findings, issuance, lots);
        uint256 sum = issuance.sum;
        // On a chain that is not the home, more may have been redeemed than was issued.
        (uint256 issued, uint256 redeemed) = (_issue.issued, _issue.redeemed);
        uint256 wouldBe = (issued > redeemed ? issued - redeemed : 0) + sum;
        if (wouldBe > _supply.authorised) {
            findings.add(Refusals.OVER_AUTHORISED_ISSUE, _supply.authorised, wouldBe);
        }
        issuance.account = _accounts[to];
        issuance.investor = issuance.account.investor();
        if (issuance.investor == 0) {
            findings.add(Refusals.RECEIVER_UNBOUND, uint160(to));
            return (findings, issuance);
        }
        Holding memory getting = issuance.getting;
        issuance.investor = _load(issuance.investor, getting);
        if ((issuance.account.flags() | getting.flags) & FLAG_FROZEN != 0) findings.add(Refusals.RECEIVER_FROZEN);
        uint256 record = _place(getting).record;
        _checkReceiver(findings, _config, record, false);
        if (sum > 0 && sum <= MAX_AMOUNT) {
            _checkLimit(findings, getting, record, sum);
            _checkQuota(findings, getting, record, 0);
        }
        if (readable) _creditOwn(findings, getting, issuance.words);
    }

    /// @dev AmountZero, AmountTooLarge, Malformed(AT_LOTS); also for a lot that is due already: it would lose its times
    /// without a trace, so it is issued free, or not at all.
    function _readIssue(Findings memory findings, Issuance memory issuance, Lot[] memory lots)
        private
        view
        returns (bool readable)
    {
        uint256 sum;
        (issuance.words, sum) = Lots.read(findings, lots);
        issuance.sum = sum;
        readable = !findings.has(Refusals.AMOUNT_ZERO) && !findings.has(Refusals.AMOUNT_TOO_LARGE)
            && !findings.has(Refusals.MALFORMED);
        LotWord[] memory words = issuance.words;
        uint256 locked = Lots.lockedCount(words);
        if (readable && locked > 0 && words[words.length - locked].unlocksAt() <= block.timestamp) {
            findings.add(Refusals.MALFORMED, AT_LOTS);
        }
    }
}
