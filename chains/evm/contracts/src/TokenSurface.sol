// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IERC1404} from "./interfaces/IERC1404.sol";
import {IERC1410Views, IERC1594Check} from "./interfaces/IERC1410Views.sol";
import {IERC1643} from "./interfaces/IERC1643.sol";
import {IERC3643, IERC3643Agent, IERC3643Compliance, IERC3643Registry} from "./interfaces/IERC3643.sol";
import {IAssetControls, IHolderControls} from "./interfaces/ITokenControls.sol";
import {Delegation} from "./token/Delegation.sol";
import {AssetBooks} from "./token/controls/AssetBooks.sol";
import {Agent3643} from "./token/surface/Agent3643.sol";
import {Books} from "./token/surface/Books.sol";
import {Partitions} from "./token/surface/Partitions.sol";
import {Permits} from "./token/surface/Permits.sol";
import {AT_SETUP} from "./types/Constants.sol";
import {AssetTerms, PairRule} from "./types/Types.sol";

/// @title How a token looks to the tools of others, and what is kept about its asset
/// @notice ERC-3643, ERC-1404, ERC-1643, the views of ERC-1410 and 1594, ERC-2612, 5267 and 165: all of it over the
/// same rules and controls; terms, velocity and documents. One for all tokens of a chain, reached through {TokenControls}; no state, no rights; what it
/// doesn't know goes on to {TokenImport}.
contract TokenSurface is IERC165, IAssetControls, Agent3643, Partitions, Permits, AssetBooks, Books, Delegation {
    address private immutable _importer;

    /// @notice Requirements: an importer that has code (Malformed), or every call to it would seem done.
    constructor(address importer_) {
        if (importer_.code.length == 0) revert Malformed(AT_SETUP);
        _importer = importer_;
    }

    /// @notice Everything else: see {TokenImport}.
    fallback() external {
        _delegate(_importer);
    }

    /// @inheritdoc IAssetControls
    function setVelocity(uint256 capacity, uint256 rate) external {
        _setVelocity(_byAdmin(), capacity, rate);
    }

    /// @inheritdoc IAssetControls
    function setTerms(AssetTerms calldata terms, PairRule[] calldata pairs) external {
        _setTerms(_byAdmin(), terms, pairs);
    }

    /// @notice See {IERC1643-setDocument}.
    function setDocument(bytes32 name, string calldata uri, bytes32 documentHash) external {
        _setDocument(_byController(), name, uri, documentHash);
    }

    /// @notice See {IERC1643-removeDocument}.
    function removeDocument(bytes32 name) external {
        _removeDocument(_byController(), name);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == type(IERC165).interfaceId || id == type(IERC20).interfaceId
            || id == type(IERC20Metadata).interfaceId || id == type(IERC20Permit).interfaceId
            || id == type(IERC5267).interfaceId || id == type(IERC3643).interfaceId
            || id == type(IERC3643Registry).interfaceId || id == type(IERC3643Compliance).interfaceId
            || id == type(IERC3643Agent).interfaceId || id == type(IERC1404).interfaceId
            || id == type(IERC1410Views).interfaceId || id == type(IERC1594Check).interfaceId
            || id == type(IERC1643).interfaceId || id == type(IHolderControls).interfaceId
            || id == type(IAssetControls).interfaceId;
    }
}
