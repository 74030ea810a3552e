// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Digests} from "../../src/libraries/Digests.sol";
import {Approval, BindingPermit, OracleBatch, TransferReceipt} from "../../src/types/Types.sol";
import {Test} from "./Test.sol";

/// @title Keys, signatures and what a call is expected to refuse
abstract contract Signing is Test {
    function sortedKeys(string memory label, uint256 count) internal pure returns (uint256[] memory keys) {
        keys = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            keys[i] = uint256(keccak256(abi.encode(label, i))) >> 1;
        }
        for (uint256 i = 1; i < count; ++i) {
            for (uint256 j = i; j > 0 && vm.addr(keys[j - 1]) > vm.addr(keys[j]); --j) {
                (keys[j - 1], keys[j]) = (keys[j], keys[j - 1]);
            }
        }
    }

    function addressesOf(uint256[] memory keys) internal pure returns (address[] memory addresses) {
        addresses = new address[](keys.length);
        for (uint256 i; i < keys.length; ++i) {
            addresses[i] = vm.addr(keys[i]);
        }
    }

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev Signatures of the first `count` keys.
    function signatures(uint256[] memory keys, uint256 count, bytes32 digest)
        internal
        pure
        returns (bytes[] memory list)
    {
        list = new bytes[](count);
        for (uint256 i; i < count; ++i) {
            list[i] = signature(keys[i], digest);
        }
    }

    function b32(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    // Digests of calldata objects

    function digestBatch(OracleBatch calldata batch, bytes32 separator_) external pure returns (bytes32) {
        return Digests.batch(batch, separator_);
    }

    function digestApproval(Approval calldata approval, bytes32 separator_) external pure returns (bytes32) {
        return Digests.approval(approval, separator_);
    }

    function digestReceipt(TransferReceipt calldata receipt, bytes32 separator_) external pure returns (bytes32) {
        return Digests.receipt(receipt, separator_);
    }

    function digestPermit(BindingPermit calldata permit, bytes32 separator_) external pure returns (bytes32) {
        return Digests.permit(permit, separator_);
    }

    // What a call is expected to refuse

    function refuse(bytes4 selector) internal {
        vm.expectRevert(abi.encodeWithSelector(selector));
    }

    function refuse(bytes4 selector, uint256 a) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, a));
    }

    function refuse(bytes4 selector, uint256 a, uint256 b) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, a, b));
    }

    function refuse(bytes4 selector, uint256 a, uint256 b, uint256 c) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, a, b, c));
    }

    function num(address account) internal pure returns (uint256) {
        return uint160(account);
    }
}
