// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC3643, IERC3643Compliance, IERC3643Registry} from "../../interfaces/IERC3643.sol";
import {Findings} from "../../libraries/Refusals.sol";
import {AccountWord} from "../../libraries/TokenWords.sol";
import {Holding, Words} from "../../libraries/Words.sol";
import {FLAG_FROZEN, FLAG_PARTLY_FROZEN, PAUSE_TRANSFER} from "../../types/Constants.sol";
import {ControlBase} from "../controls/ControlBase.sol";

/// @title What an ERC-3643 token, its registry and its compliance answer
abstract contract Reads3643 is ControlBase, IERC3643, IERC3643Registry, IERC3643Compliance {
    /// @inheritdoc IERC3643
    function onchainID() external pure returns (address) {
        return address(0);
    }

    /// @inheritdoc IERC3643
    function version() external pure returns (string memory) {
        return "1";
    }

    /// @inheritdoc IERC3643
    function identityRegistry() external view returns (address) {
        return address(this);
    }

    /// @inheritdoc IERC3643
    function compliance() external view returns (address) {
        return address(this);
    }

    /// @inheritdoc IERC3643
    function paused() external view returns (bool) {
        return _config.pause() & PAUSE_TRANSFER != 0;
    }

    /// @inheritdoc IERC3643
    function isFrozen(address account) external view returns (bool) {
        AccountWord word = _accounts[account];
        return _isFrozen(word, _investorOf(word));
    }

    /// @inheritdoc IERC3643
    function getFrozenTokens(address account) external view returns (uint256) {
        AccountWord word = _accounts[account];
        uint128 investor = _investorOf(word);
        if (investor == 0) return 0;
        (uint256 total, uint256 frozen) = _frozenOf(investor);
        uint256 loose = total > frozen ? total - frozen : 0;
        return word.balance() > loose ? word.balance() - loose : 0;
    }

    /// @inheritdoc IERC3643
    function isAgent(address account) external view returns (bool) {
        return _controls(account);
    }

    /// @inheritdoc IERC3643Registry
    function isVerified(address account) external view returns (bool) {
        AccountWord word = _accounts[account];
        uint128 investor = _investorOf(word);
        if (investor == 0 || _isFrozen(word, investor)) return false;
        Findings memory findings;
        _checkReceiver(findings, _config, _holders[investor].record, false);
        return findings.set == 0;
    }

    /// @inheritdoc IERC3643Registry
    function contains(address account) external view returns (bool) {
        return _accounts[account].investor() != 0;
    }

    /// @inheritdoc IERC3643Registry
    function identity(address account) public view returns (address) {
        return address(uint160(_investorOf(_accounts[account])));
    }

    /// @inheritdoc IERC3643Registry
    function investorCountry(address) external pure returns (uint16) {
        return 0;
    }

    /// @inheritdoc IERC3643Compliance
    function canTransfer(address from, address to, uint256 amount) external view returns (bool) {
        return _refusalsOf(from, to, amount) == 0;
    }

    /// @dev The rules that a transfer would fail now, bit n for number n; found by the token's own evaluation.
    function _refusalsOf(address from, address to, uint256 amount) internal view returns (uint256 set) {
        (set,) = _token().explainTransfer(_toBytes32(from), _toBytes32(to), amount);
    }

    /// @dev What an investor holds, and how much of it is frozen.
    function _frozenOf(uint128 investor) internal view returns (uint256 total, uint256 frozen) {
        Holding memory holding;
        uint256 flags = _loadExactly(investor, holding);
        total = _totalOf(holding);
        if (flags & FLAG_PARTLY_FROZEN != 0) frozen = Words.frozenOf(_place(holding).extra);
    }

    function _isFrozen(AccountWord word, uint128 investor) private view returns (bool) {
        return (word.flags() | Words.flagsOf(_holders[investor].position)) & FLAG_FROZEN != 0;
    }
}
