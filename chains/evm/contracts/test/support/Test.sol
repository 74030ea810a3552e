// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Vm} from "./Vm.sol";

/// @title The little that a test contract needs of a framework
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function bound(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + value % (most - least + 1);
    }
}
