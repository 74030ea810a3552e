// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IERC1404} from "../../src/interfaces/IERC1404.sol";
import {IERC1410Views, IERC1594Check} from "../../src/interfaces/IERC1410Views.sol";
import {IERC1643} from "../../src/interfaces/IERC1643.sol";
import {IERC3643, IERC3643Agent, IERC3643Compliance, IERC3643Registry} from "../../src/interfaces/IERC3643.sol";
import {ControlsBase} from "../controls/ControlsBase.sol";

contract InterfacesTest is ControlsBase {
    function test_TellsWhatItAnswers() external view {
        IERC165 token = IERC165(address(home.token));
        bytes4[12] memory ids = [
            bytes4(0x01ffc9a7),
            bytes4(0x36372b07),
            type(IERC20Metadata).interfaceId,
            bytes4(0x9d8ff7da),
            type(IERC3643).interfaceId,
            type(IERC3643Registry).interfaceId,
            type(IERC3643Compliance).interfaceId,
            type(IERC3643Agent).interfaceId,
            type(IERC1404).interfaceId,
            type(IERC1410Views).interfaceId,
            type(IERC1594Check).interfaceId,
            type(IERC1643).interfaceId
        ];
        for (uint256 i; i < ids.length; ++i) {
            vm.assertTrue(ids[i] != 0 && token.supportsInterface(ids[i]));
        }
        vm.assertTrue(!token.supportsInterface(0xffffffff));
        vm.assertTrue(!token.supportsInterface(0x12345678));
        vm.assertEq(bytes32(type(IERC20).interfaceId), bytes32(bytes4(0x36372b07)));
        vm.assertEq(bytes32(type(IERC20Permit).interfaceId), bytes32(bytes4(0x9d8ff7da)));
    }

    /// @dev What the standard has and this token refuses by design: see {IERC3643}.
    function test_HasNoCallThatSwitchesRulesOff() external {
        string[7] memory calls = [
            "setName(string)",
            "setSymbol(string)",
            "setOnchainID(address)",
            "setIdentityRegistry(address)",
            "setCompliance(address)",
            "pause()",
            "unpause()"
        ];
        for (uint256 i; i < calls.length; ++i) {
            vm.prank(CONTROL);
            (bool done,) = address(home.token).call(abi.encodePacked(bytes4(keccak256(bytes(calls[i]))), new bytes(96)));
            vm.assertTrue(!done);
        }
    }
}
