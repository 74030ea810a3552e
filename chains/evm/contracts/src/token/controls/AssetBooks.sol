// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC1643Events} from "../../interfaces/IERC1643.sol";
import {Findings, Refusals} from "../../libraries/Refusals.sol";
import {
    AT_DOCUMENT,
    AT_RATE,
    AT_TERMS,
    CONFIG_VELOCITY,
    MAX_AMOUNT,
    MAX_DOCUMENTS,
    MAX_URI
} from "../../types/Constants.sol";
import {AssetTerms, PairRule} from "../../types/Types.sol";
import {TermsBook} from "../TermsBook.sol";
import {ControlBase} from "./ControlBase.sol";

/// @title What is kept about the asset itself: documents, velocity, terms
abstract contract AssetBooks is ControlBase, TermsBook, IERC1643Events {
    using Refusals for Findings;

    function _setDocument(Findings memory findings, bytes32 name, string memory uri, bytes32 documentHash) internal {
        Document storage document = _documents[name];
        bool known = document.hash != 0;
        uint256 length = bytes(uri).length;
        bool sound = name != 0 && documentHash != 0 && length > 0 && length <= MAX_URI;
        if (!sound || (!known && _documentNames.length >= MAX_DOCUMENTS)) {
            findings.add(Refusals.MALFORMED, AT_DOCUMENT);
        }
        findings.enforce();
        if (!known) _documentNames.push(name);
        (document.uri, document.hash, document.updatedAt) = (uri, documentHash, uint64(block.timestamp));
        emit DocumentUpdated(name, uri, documentHash);
    }

    function _removeDocument(Findings memory findings, bytes32 name) internal {
        Document memory document = _documents[name];
        if (document.hash == 0) findings.add(Refusals.MALFORMED, AT_DOCUMENT);
        findings.enforce();
        delete _documents[name];
        uint256 last = _documentNames.length - 1;
        for (uint256 i; i < last; ++i) {
            if (_documentNames[i] == name) _documentNames[i] = _documentNames[last];
        }
        _documentNames.pop();
        emit DocumentRemoved(name, document.uri, document.hash);
    }

    function _setVelocity(Findings memory findings, uint256 capacity, uint256 rate) internal {
        bool none = capacity == 0 && rate == 0;
        bool ranged = capacity > 0 && rate > 0 && capacity <= MAX_AMOUNT && rate <= MAX_AMOUNT;
        if (!none && !ranged) findings.add(Refusals.MALFORMED, AT_RATE);
        findings.enforce();
        _velocity = Velocity(uint96(capacity), uint96(rate));
        _config = _config.withFlag(CONFIG_VELOCITY, !none);
        emit VelocitySet(_assetId(), capacity, rate);
    }

    /// @dev Terms change as a whole and by one version. Lots that exist keep their times, and decimals never change: a
    /// number in an order must mean the same before and after.
    function _setTerms(Findings memory findings, AssetTerms memory terms, PairRule[] memory pairs) internal {
        uint8 decimals = _config.decimals();
        if (terms.decimals != decimals) findings.add(Refusals.DECIMALS_MISMATCH, terms.decimals, decimals);
        if (uint256(terms.terms) != uint256(_config.terms()) + 1) findings.add(Refusals.MALFORMED, AT_TERMS);
        _checkTerms(findings, terms);
        _checkPairs(findings, terms, pairs);
        findings.enforce();
        _writeTerms(terms, pairs);
        emit TermsSet(_assetId(), terms);
    }
}
