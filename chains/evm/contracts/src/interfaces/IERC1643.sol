// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

interface IERC1643Events {
    event DocumentUpdated(bytes32 indexed name, string uri, bytes32 documentHash);
    event DocumentRemoved(bytes32 indexed name, string uri, bytes32 documentHash);
}

/// @title Documents of a token (ERC-1643)
/// @notice At most 32 documents; a name not 0, a uri of 1 to 256 bytes, a hash not 0, else Malformed(12).
interface IERC1643 is IERC1643Events {
    /// @notice Where a document lies, its hash, and when it was set, in UTC seconds; zeros for an unknown one.
    function getDocument(bytes32 name) external view returns (string memory uri, bytes32 documentHash, uint256 time);

    /// @notice Names of all documents, ascending.
    function getAllDocuments() external view returns (bytes32[] memory names);

    /// @notice Adds a document or replaces the one of that name. Controller.
    function setDocument(bytes32 name, string calldata uri, bytes32 documentHash) external;

    /// @notice Removes a document. Controller. Requirements: Malformed(12) for an unknown one.
    function removeDocument(bytes32 name) external;
}
