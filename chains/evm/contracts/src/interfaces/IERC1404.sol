// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

/// @title Why a transfer would be refused (ERC-1404)
interface IERC1404 {
    /// @notice Lowest number of the rules that a transfer would fail now, 0 when none does. `explainTransfer` has all.
    function detectTransferRestriction(address from, address to, uint256 value) external view returns (uint8 code);

    /// @notice One sentence for people. A number that no rule has says so.
    function messageForTransferRestriction(uint8 code) external view returns (string memory message);
}
