// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IComplianceBridge} from "./interfaces/IComplianceBridge.sol";
import {LotWord, Lots} from "./libraries/Lots.sol";
import {Findings, Refusals} from "./libraries/Refusals.sol";
import {AccountWord, ConfigWord, ConfigWords} from "./libraries/TokenWords.sol";
import {Holding} from "./libraries/Words.sol";
import {Crossings} from "./token/Crossings.sol";
import {Records} from "./token/Records.sol";
import {Transfers} from "./token/Transfers.sol";
import {
    AT_LOTS,
    AT_SETUP,
    AT_TERMS,
    AT_TEXT,
    CONTROLLER,
    FLAG_FROZEN,
    MAX_AMOUNT,
    MAX_DECIMALS,
    MAX_HOLDING_PERIOD,
    MAX_TEXT,
    RULE_RESTART
} from "./types/Constants.sol";
import {AssetInfo, AssetParams, AssetTerms, Lot} from "./types/Types.sol";

/// @title A security token on an EVM chain
/// @notice ERC-20 outside; inside, positions of investors in lots with unlock times, with the oracle's eligibility word
/// beside each. One contract per asset, no proxy. The bridge is fixed at deployment and is the only other contract that
/// may change anything here; this one calls out to nobody but the AccessManager, and to that with a view.
contract SecurityToken is Transfers, Crossings, Records {
    using Refusals for Findings;

    IAccessManager public immutable authority;
    bytes32 private immutable _domain;
    bytes32 private immutable _homeDomain;
    bytes32 private immutable _issuer;
    bytes32 private immutable _salt;
    bytes32 private _document;

    /// @notice Makes the token of the asset that `params` names, for `bridge_`; the bridge's admin registers it then.
    /// Requirements: an authorised issue of at most 2^96 - 1 (AmountTooLarge). Else Malformed: name and symbol of 1 to
    /// 64 bytes; terms from 1; at most 8 decimals; a rule of 0 to 2; a holding period of at most 100 years, under
    /// Restart not zero; minLot at most 2^96 - 1; an authorised issue; a home domain and an issuer; an authority.
    constructor(address bridge_, IAccessManager authority_, AssetParams memory params) {
        if (address(authority_) == address(0)) revert Malformed(AT_SETUP);
        _checkParams(params);
        AssetTerms memory terms = params.terms;
        bridge = bridge_;
        authority = authority_;
        _chainId = block.chainid;
        _domain = IComplianceBridge(bridge_).domain();
        _isHome = _domain == params.homeDomain;
        (_homeDomain, _issuer, _salt) = (params.homeDomain, params.issuer, params.salt);
        asset = keccak256(abi.encode(params.homeDomain, params.issuer, params.salt));
        (name, symbol, _document) = (params.name, params.symbol, terms.document);
        _config =
            ConfigWords.make(terms.maxOracleAge, terms.holdingPeriod, terms.terms, terms.defaultRule, terms.decimals);
        _supply.authorised = uint96(terms.authorisedIssue);
        _minLot = uint96(terms.minLot);
    }

    /// @notice Issues lots to an account. The free part is one Lot(amount, 0, 0), first; locked ones follow in order.
    /// Requirements, the lowest that fails is raised: the account bound, not frozen, its investor eligible and the
    /// oracle fresh; home chain; the caller a controller; lots well-formed, locked ones in the future, at most 32 with
    /// those there; the authorised issue not passed.
    function issue(address to, Lot[] calldata lots) external onThisChain {
        (Findings memory findings, uint128 investor, Holding memory holding, uint256 sum) = _evaluateIssue(to, lots);
        findings.enforce();
        _issue.issued += uint128(sum);
        _save(investor, holding);
        _mint(to, _accounts[to], sum);
        emit Issued(asset, bytes32(uint256(investor)), _toBytes32(to), lots);
    }

    function info() external view returns (AssetInfo memory) {
        ConfigWord config = _config;
        AssetTerms memory terms = AssetTerms({
            terms: config.terms(),
            decimals: config.decimals(),
            defaultRule: config.defaultRule(),
            holdingPeriod: uint64(config.holdingPeriod()),
            maxOracleAge: uint64(config.maxOracleAge()),
            minLot: _minLot,
            authorisedIssue: _supply.authorised,
            document: _document
        });
        return AssetInfo(_homeDomain, _issuer, _salt, terms, config.pause(), name, symbol);
    }

    function totals() external view returns (uint256 supply, uint256 issued, uint256 redeemed) {
        return (_supply.supply, _issue.issued, _issue.redeemed);
    }

    function accountOf(address account) external view returns (bytes32 investor, uint256 balance, uint8 flags) {
        AccountWord word = _accounts[account];
        return (bytes32(uint256(word.investor())), word.balance(), uint8(word.flags()));
    }

    function positionOf(bytes32 investor)
        external
        view
        returns (uint256 free, uint256 inFlight, Lot[] memory lots, uint8 reservedLots, uint8 orders, uint8 flags)
    {
        if (!_isInvestor(investor)) {
            return (0, 0, lots, 0, 0, 0);
        }
        Holder storage holder = _holders[uint128(uint256(investor))];
        Holding memory holding;
        _load(holder, holding);
        LotWord[] memory words = new LotWord[](holding.count);
        for (uint256 i; i < words.length; ++i) {
            words[i] = holder.lots[i];
        }
        Lots.sort(words);
        lots = Lots.unpack(words);
        (free, inFlight) = (holding.free, holding.inFlight);
        (reservedLots, orders, flags) = (uint8(holding.reserved), uint8(holding.orders), uint8(holding.flags));
    }

    function _checkParams(AssetParams memory params) private pure {
        AssetTerms memory terms = params.terms;
        if (terms.authorisedIssue > MAX_AMOUNT) revert AmountTooLarge(terms.authorisedIssue, MAX_AMOUNT);
        if (!_isText(params.name) || !_isText(params.symbol)) revert Malformed(AT_TEXT);
        // A Restart without a period would make lots that are due at once: Keep says the same honestly.
        bool timed =
            terms.holdingPeriod <= MAX_HOLDING_PERIOD && (terms.defaultRule != RULE_RESTART || terms.holdingPeriod > 0);
        bool ranged = terms.terms > 0 && terms.decimals <= MAX_DECIMALS && terms.defaultRule <= RULE_RESTART
            && terms.minLot <= MAX_AMOUNT && terms.authorisedIssue > 0;
        if (!timed || !ranged || params.homeDomain == 0 || params.issuer == 0) revert Malformed(AT_TERMS);
    }

    function _isText(string memory text) private pure returns (bool) {
        return bytes(text).length > 0 && bytes(text).length <= MAX_TEXT;
    }

    function _evaluateIssue(address to, Lot[] memory lots)
        private
        view
        returns (Findings memory findings, uint128 investor, Holding memory holding, uint256 sum)
    {
        (bool controls, uint32 delay) = authority.hasRole(CONTROLLER, msg.sender);
        if (!controls || delay != 0) findings.add(Refusals.NOT_CONTROLLER, uint160(msg.sender));
        if (!_isHome) findings.add(Refusals.DOMAIN_MISMATCH, uint256(_domain), uint256(_homeDomain));
        LotWord[] memory words;
        (words, sum) = Lots.read(findings, lots);
        bool readable = !findings.has(Refusals.AMOUNT_ZERO) && !findings.has(Refusals.AMOUNT_TOO_LARGE)
            && !findings.has(Refusals.MALFORMED);
        uint256 locked = Lots.lockedCount(words);
        // A lot that is due already would lose its times without a trace: it is issued free, or not at all.
        if (readable && locked > 0 && words[words.length - locked].unlocksAt() <= block.timestamp) {
            findings.add(Refusals.MALFORMED, AT_LOTS);
        }
        uint256 wouldBe = uint256(_issue.issued) - _issue.redeemed + sum;
        if (wouldBe > _supply.authorised) {
            findings.add(Refusals.OVER_AUTHORISED_ISSUE, _supply.authorised, wouldBe);
        }
        AccountWord account = _accounts[to];
        investor = account.investor();
        if (investor == 0) {
            findings.add(Refusals.RECEIVER_UNBOUND, uint160(to));
            return (findings, investor, holding, sum);
        }
        Holder storage holder = _holders[investor];
        _load(holder, holding);
        if ((account.flags() | holding.flags) & FLAG_FROZEN != 0) findings.add(Refusals.RECEIVER_FROZEN);
        _checkReceiver(findings, _config, holder.eligibility, false);
        if (readable) _creditOwn(findings, holder, holding, words);
    }
}
