// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {TokenBase} from "./TokenBase.sol";

/// @title What a token's extensions share
/// @notice Their code runs on a token's storage, by delegatecall: `address(this)` is the token, and what it keeps in
/// its own code is asked of it. Called by themselves they find nothing and can do nothing.
abstract contract Extension is TokenBase {
    function _assetId() internal view override returns (bytes32) {
        return _token().asset();
    }

    function _bridgeAddress() internal view override returns (address) {
        return _token().bridge();
    }

    function _accessManager() internal view override returns (IAccessManager) {
        return _token().authority();
    }

    function _homeChainId() internal view override returns (uint256) {
        return _token().chainId();
    }

    function _token() internal view returns (ISecurityToken) {
        return ISecurityToken(address(this));
    }
}
