// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Lot} from "../../src/types/Types.sol";
import {Test} from "../support/Test.sol";

/// @title Reading the vectors that every language of the project reads
abstract contract Vectors is Test {
    string private constant FOLDER = "../../../tests/parity/vectors/";

    string internal file;

    function load(string memory name) internal {
        file = vm.readFile(string.concat(FOLDER, name));
    }

    function count(string memory group) internal view returns (uint256 cases) {
        cases = vm.parseJsonUint(file, string.concat(".counts.", group));
        vm.assertTrue(cases > 0, group);
    }

    /// @dev Key of `field` in case number `index` of `group`.
    function at_(string memory group, uint256 index, string memory field) internal pure returns (string memory) {
        return string.concat(".", group, "[", vm.toString(index), "].", field);
    }

    function text(string memory group, uint256 index, string memory field) internal view returns (string memory) {
        return vm.parseJsonString(file, at_(group, index, field));
    }

    function number(string memory group, uint256 index, string memory field) internal view returns (uint256) {
        return vm.parseJsonUint(file, at_(group, index, field));
    }

    function word(string memory group, uint256 index, string memory field) internal view returns (bytes32) {
        return vm.parseJsonBytes32(file, at_(group, index, field));
    }

    function raw(string memory group, uint256 index, string memory field) internal view returns (bytes memory) {
        return vm.parseJsonBytes(file, at_(group, index, field));
    }

    /// @dev Lots written as three lists: `<prefix>Amounts`, `<prefix>AcquiredAt`, `<prefix>UnlocksAt`.
    function lots(string memory group, uint256 index, string memory prefix) internal view returns (Lot[] memory list) {
        uint256[] memory amounts = numbers(group, index, string.concat(prefix, "Amounts"));
        uint256[] memory acquired = numbers(group, index, string.concat(prefix, "AcquiredAt"));
        uint256[] memory unlocks = numbers(group, index, string.concat(prefix, "UnlocksAt"));
        list = new Lot[](amounts.length);
        for (uint256 i; i < list.length; ++i) {
            list[i] = Lot(uint128(amounts[i]), uint64(acquired[i]), uint64(unlocks[i]));
        }
    }

    function numbers(string memory group, uint256 index, string memory field) internal view returns (uint256[] memory) {
        return vm.parseJsonUintArray(file, at_(group, index, field));
    }

    function assertLots(Lot[] memory have, Lot[] memory want, string memory name) internal pure {
        vm.assertEq(keccak256(abi.encode(have)), keccak256(abi.encode(want)), name);
    }
}
