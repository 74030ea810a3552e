// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

/// @title Which token stands for an asset
interface ITokenRegistry {
    /// @notice The asset's token, zero for none, and the pause bits of the asset's own scope.
    function tokenOf(bytes32 asset) external view returns (address token, uint8 pause);
}
