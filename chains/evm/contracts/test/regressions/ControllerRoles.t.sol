// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {ISecurityToken} from "../../src/interfaces/ISecurityToken.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {controllerRole} from "../../src/types/Constants.sol";
import {Fixture} from "../support/Fixture.sol";

/// @dev A token as far as registering it asks.
contract NamedToken {
    bytes32 public immutable asset;
    address public immutable bridge;

    constructor(bytes32 asset_, address bridge_) {
        (asset, bridge) = (asset_, bridge_);
    }

    function setClock(uint64) external {}

    function setPause(uint8) external {}
}

/// @title Two assets whose controllers would be the same role
/// @notice A role's number is 63 bits of the asset's id, which hangs on a salt that the issuer draws. One that shares them
/// with somebody else's asset made its controller that asset's controller too; one whose bits are all set, everybody.
contract ControllerRolesRegression is Fixture {
    function _register(bytes32 id) private {
        ISecurityToken token = ISecurityToken(address(new NamedToken(id, address(home.bridge))));
        vm.prank(ADMIN_);
        home.bridge.registerAsset(token);
    }

    function test_AnAssetWithTheRoleOfAnotherIsNotRegistered() external {
        bytes32 twin = asset ^ bytes32(uint256(1));
        vm.assertEq(uint256(controllerRole(twin)), uint256(controllerRole(asset)));
        refuse(IRefusals.Malformed.selector, 10);
        this.register(twin);
        // The highest bit is that of every controllers' role.
        refuse(IRefusals.Malformed.selector, 10);
        this.register(asset ^ bytes32(uint256(1) << 255));
    }

    function test_AnAssetWhoseRoleEverybodyHasIsNotRegistered() external {
        refuse(IRefusals.Malformed.selector, 10);
        this.register(bytes32(type(uint256).max));
        refuse(IRefusals.Malformed.selector, 10);
        this.register(bytes32(type(uint256).max >> 1));
    }

    function test_AnAssetWithARoleOfItsOwnIsRegistered() external {
        this.register(asset ^ bytes32(uint256(1) << 192));
    }

    function register(bytes32 id) external {
        _register(id);
    }
}
