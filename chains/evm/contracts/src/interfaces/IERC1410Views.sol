// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

/// @title Partitions to look at (ERC-1410's views)
/// @notice Two partitions, "FREE" and "LOCKED" as ASCII in bytes32. Lots belong to investors and balances to accounts:
/// any account of an investor may spend what is free of the whole position. So an account's FREE is the least of its
/// balance and that free amount, and LOCKED is the rest of its balance; over several accounts of one investor FREE can
/// count the same tokens more than once, never what no account could send. Lots that are due count as free. A frozen
/// amount is not subtracted (`getFrozenTokens` tells it), and neither freezes nor rules of the receiver are: those are
/// `canTransfer`'s. Tokens move by ERC-20 calls; there are no transfers by partition.
interface IERC1410Views {
    /// @notice Base units of `account` in a partition; 0 for an unknown one.
    function balanceOfByPartition(bytes32 partition, address account) external view returns (uint256 balance);

    /// @notice Partitions in which `account` holds something.
    function partitionsOf(address account) external view returns (bytes32[] memory partitions);
}

/// @title Ask before sending (ERC-1594's canTransfer)
interface IERC1594Check {
    /// @notice Would a transfer of the caller pass now? `data` is not used.
    /// @return status ERC-1066 byte: 0x51 yes; 0x50 and 0x52 to 0x58 by the lowest rule that fails.
    /// @return code Number of that rule, 0 for yes.
    function canTransfer(address to, uint256 value, bytes calldata data)
        external
        view
        returns (bytes1 status, bytes32 code);
}
