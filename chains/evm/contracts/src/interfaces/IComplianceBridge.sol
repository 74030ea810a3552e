// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

/// @title What a token asks of its bridge, once, when it is made
interface IComplianceBridge {
    /// @notice Domain of this chain.
    function domain() external view returns (bytes32);
}
