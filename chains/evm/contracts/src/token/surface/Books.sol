// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {PairRule} from "../../types/Types.sol";
import {TokenBase} from "../TokenBase.sol";

/// @title What is kept about the asset, and who became whom
/// @notice The part of {ITokenViews} that a token leaves to its surface, and ERC-1643's views.
abstract contract Books is TokenBase {
    /// @notice Exceptions to the default pair rule, ascending by (fromClass, toClass).
    function pairRules() external view returns (PairRule[] memory rules) {
        rules = new PairRule[](_pairs.length);
        for (uint256 i; i < rules.length; ++i) {
            uint256 word = _pairs[i];
            rules[i] = PairRule(uint16(word >> 24), uint16(word >> 8), uint8(word));
        }
    }

    /// @notice How much an investor may give to others at once, and what comes back each second; zeros for no bound.
    function velocityOf() external view returns (uint256 capacity, uint256 rate) {
        return (_velocity.capacity, _velocity.rate);
    }

    /// @notice Where a recovered account's tokens went; zero when it wasn't recovered.
    function movedTo(bytes32 account) external view returns (bytes32) {
        return _isAccount(account) ? _toBytes32(_movedTo(_toAddress(account))) : bytes32(0);
    }

    /// @notice Who took a retired investor over; zero when it isn't retired.
    function successorOf(bytes32 investor) external view returns (bytes32) {
        return _isInvestor(investor) ? _toBytes32(_successorOf(uint128(uint256(investor)))) : bytes32(0);
    }

    /// @notice From when a proposed release may be carried out; zero when there is none of this id.
    function releaseOf(bytes32 id) external view returns (uint64 eta) {
        return _releases[id];
    }

    /// @notice Names of the documents, ascending.
    function documentsOf() external view returns (bytes32[] memory) {
        return _sortedDocuments();
    }

    function documentOf(bytes32 name) external view returns (string memory uri, bytes32 hash, uint64 updatedAt) {
        Document memory document = _documents[name];
        return (document.uri, document.hash, document.updatedAt);
    }

    /// @notice See {IERC1643-getDocument}.
    function getDocument(bytes32 name) external view returns (string memory uri, bytes32 documentHash, uint256 time) {
        Document memory document = _documents[name];
        return (document.uri, document.hash, document.updatedAt);
    }

    /// @notice See {IERC1643-getAllDocuments}.
    function getAllDocuments() external view returns (bytes32[] memory names) {
        return _sortedDocuments();
    }

    /// @dev At most 32, so insertion will do.
    function _sortedDocuments() private view returns (bytes32[] memory names) {
        names = _documentNames;
        for (uint256 i = 1; i < names.length; ++i) {
            bytes32 name = names[i];
            uint256 j = i;
            for (; j > 0 && names[j - 1] > name; --j) {
                names[j] = names[j - 1];
            }
            names[j] = name;
        }
    }
}
