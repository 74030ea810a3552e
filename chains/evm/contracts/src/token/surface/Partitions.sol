// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC1404} from "../../interfaces/IERC1404.sol";
import {IERC1410Views, IERC1594Check} from "../../interfaces/IERC1410Views.sol";
import {AccountWord} from "../../libraries/TokenWords.sol";
import {Holding} from "../../libraries/Words.sol";
import {Reads3643} from "./Reads3643.sol";
import {RefusalTexts} from "./RefusalTexts.sol";

/// @title What can be sent, and why not: ERC-1404, and the views of ERC-1410 and ERC-1594
abstract contract Partitions is Reads3643, IERC1404, IERC1410Views, IERC1594Check {
    bytes32 private constant FREE = "FREE";
    bytes32 private constant LOCKED = "LOCKED";

    /// @inheritdoc IERC1410Views
    function balanceOfByPartition(bytes32 partition, address account) external view returns (uint256 balance) {
        (uint256 free, uint256 locked) = _partsOf(account);
        if (partition == FREE) return free;
        return partition == LOCKED ? locked : 0;
    }

    /// @inheritdoc IERC1410Views
    function partitionsOf(address account) external view returns (bytes32[] memory partitions) {
        (uint256 free, uint256 locked) = _partsOf(account);
        partitions = new bytes32[]((free > 0 ? 1 : 0) + (locked > 0 ? 1 : 0));
        if (free > 0) partitions[0] = FREE;
        if (locked > 0) partitions[partitions.length - 1] = LOCKED;
    }

    /// @inheritdoc IERC1594Check
    function canTransfer(address to, uint256 value, bytes calldata)
        external
        view
        returns (bytes1 status, bytes32 code)
    {
        uint256 lowest = _lowestOf(msg.sender, to, value);
        return (RefusalTexts.status(lowest), bytes32(lowest));
    }

    /// @inheritdoc IERC1404
    function detectTransferRestriction(address from, address to, uint256 value) external view returns (uint8 code) {
        return uint8(_lowestOf(from, to, value));
    }

    /// @inheritdoc IERC1404
    function messageForTransferRestriction(uint8 code) external pure returns (string memory message) {
        return RefusalTexts.message(code);
    }

    function _lowestOf(address from, address to, uint256 value) private view returns (uint256 code) {
        uint256 set = _refusalsOf(from, to, value);
        if (set == 0) return 0;
        while (set & (1 << code) == 0) ++code;
    }

    function _partsOf(address account) private view returns (uint256 free, uint256 locked) {
        AccountWord word = _accounts[account];
        uint256 balance = word.balance();
        if (balance == 0) return (0, 0);
        Holding memory holding;
        _load(word.investor(), holding);
        _loadLots(holding);
        free = holding.free < balance ? holding.free : balance;
        locked = balance - free;
    }
}
