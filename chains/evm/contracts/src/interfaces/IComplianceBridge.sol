// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

/// @title What a token asks of its bridge
interface IComplianceBridge {
    /// @notice Domain of this chain.
    function domain() external view returns (bytes32);

    /// @notice Seconds that a proposal waits, and that a replaced signer set still counts.
    function timing() external view returns (uint64 delay, uint64 grace);
}
