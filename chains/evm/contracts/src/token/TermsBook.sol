// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Findings, Refusals} from "../libraries/Refusals.sol";
import {
    AT_PAIRS,
    AT_TERMS,
    CONFIG_PAIRS,
    MAX_AMOUNT,
    MAX_DECIMALS,
    MAX_HOLDING_PERIOD,
    MAX_PAIRS,
    RULE_RESTART
} from "../types/Constants.sol";
import {AssetTerms, PairRule} from "../types/Types.sol";
import {TokenBase} from "./TokenBase.sol";

/// @title An asset's terms and pair rules: what they may be, and how they are kept
abstract contract TermsBook is TokenBase {
    using Refusals for Findings;

    /// @dev AmountTooLarge(authorisedIssue, max); Malformed(AT_TERMS) for terms that no asset may have.
    function _checkTerms(Findings memory findings, AssetTerms memory terms) internal pure {
        if (terms.authorisedIssue > MAX_AMOUNT) {
            findings.add(Refusals.AMOUNT_TOO_LARGE, terms.authorisedIssue, MAX_AMOUNT);
        }
        // A Restart without a period would make lots that are due at once: Keep says the same honestly.
        bool timed =
            terms.holdingPeriod <= MAX_HOLDING_PERIOD && (terms.defaultRule != RULE_RESTART || terms.holdingPeriod > 0);
        bool ranged = terms.terms > 0 && terms.decimals <= MAX_DECIMALS && terms.defaultRule <= RULE_RESTART
            && terms.minLot <= MAX_AMOUNT && terms.authorisedIssue > 0;
        if (!timed || !ranged) findings.add(Refusals.MALFORMED, AT_TERMS);
    }

    /// @dev Malformed(AT_PAIRS) unless there are at most 32, strictly ascending by (fromClass, toClass), of known rules,
    /// and none restarts a holding period that the terms don't have.
    function _checkPairs(Findings memory findings, AssetTerms memory terms, PairRule[] memory pairs) internal pure {
        bool sound = pairs.length <= MAX_PAIRS;
        uint256 next;
        for (uint256 i; sound && i < pairs.length; ++i) {
            PairRule memory pair = pairs[i];
            uint256 place = _placeOf(pair);
            bool known = pair.rule <= RULE_RESTART && (pair.rule != RULE_RESTART || terms.holdingPeriod > 0);
            sound = known && place >= next;
            next = place + 1;
        }
        if (!sound) findings.add(Refusals.MALFORMED, AT_PAIRS);
    }

    /// @dev Puts checked terms and pair rules in the place of those before. Decimals stay.
    function _writeTerms(AssetTerms memory terms, PairRule[] memory pairs) internal {
        _config = _config.withTerms(terms.maxOracleAge, terms.holdingPeriod, terms.terms, terms.defaultRule)
            .withFlag(CONFIG_PAIRS, pairs.length > 0);
        _supply.authorised = uint96(terms.authorisedIssue);
        _census.minLot = uint96(terms.minLot);
        _document = terms.document;
        for (uint256 i; i < _pairs.length; ++i) {
            delete _pairRules[_pairs[i] >> 8];
        }
        delete _pairs;
        for (uint256 i; i < pairs.length; ++i) {
            uint256 place = _placeOf(pairs[i]);
            _pairRules[place] = uint256(pairs[i].rule) + 1;
            _pairs.push(uint40((place << 8) | pairs[i].rule));
        }
    }

    function _placeOf(PairRule memory pair) private pure returns (uint256) {
        return (uint256(pair.fromClass) << 16) | pair.toClass;
    }
}
