// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

/// @title Handing a call on to other code
abstract contract Delegation {
    /// @dev Runs `code` on this contract's storage with the call as it came, and ends with its answer. `code` has code:
    /// a call to an address without any succeeds and does nothing.
    function _delegate(address code) internal {
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, 0, calldatasize())
            let done := delegatecall(gas(), code, data, calldatasize(), 0, 0)
            returndatacopy(data, 0, returndatasize())
            if iszero(done) { revert(data, returndatasize()) }
            return(data, returndatasize())
        }
    }
}
