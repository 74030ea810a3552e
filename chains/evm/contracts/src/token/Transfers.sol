// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {Lots} from "../libraries/Lots.sol";
import {Findings, Refusals} from "../libraries/Refusals.sol";
import {AccountWord, ConfigWord} from "../libraries/TokenWords.sol";
import {Holding, Words} from "../libraries/Words.sol";
import {
    CONFIG_PAIRS,
    FLAG_FROZEN,
    FLAG_SENDS,
    MAX_AMOUNT,
    PAUSE_TRANSFER,
    RULE_FORBID,
    RULE_RESTART
} from "../types/Constants.sol";
import {Reason} from "../types/Types.sol";
import {Rules} from "./Rules.sol";

/// @title The ERC-20 side: moving tokens between accounts of this chain
/// @notice Between two investors only free tokens move, by the pair rule, within the receiver's limit and his class's
/// quota; between accounts of one investor anything does, and only balances change. Who may move tokens by allowance
/// follows from the rules on the two accounts.
abstract contract Transfers is Rules, ISecurityToken, IERC20Metadata, IERC20Errors {
    using Refusals for Findings;

    /// @dev A transfer as evaluated: what `_apply` needs, read once. `sender` and `receiver` are investors.
    struct Move {
        address from;
        address to;
        uint256 amount;
        ConfigWord config;
        AccountWord giver;
        AccountWord getter;
        uint128 sender;
        uint128 receiver;
        uint256 rule;
        uint256 spent;
        bool crosses;
        Holding giving;
        Holding getting;
    }

    /// @notice Moves tokens of the caller.
    /// Requirements: every rule of a transfer (`explainTransfer` tells them all); the lowest that fails is raised.
    function transfer(address to, uint256 amount) external onThisChain returns (bool) {
        _transfer(msg.sender, to, amount);
        return true;
    }

    /// @notice Moves tokens of `from` that it has approved to the caller.
    /// Requirements: an allowance of at least `amount`; every rule of a transfer.
    function transferFrom(address from, address to, uint256 amount) external onThisChain returns (bool) {
        uint256 allowed = _allowances[from][msg.sender];
        if (allowed < amount) revert ERC20InsufficientAllowance(msg.sender, allowed, amount);
        if (allowed != type(uint256).max) _allowances[from][msg.sender] = allowed - amount;
        _transfer(from, to, amount);
        return true;
    }

    /// @notice Lets `spender` move up to `amount` of the caller's tokens; the largest uint256 means without end.
    function approve(address spender, uint256 amount) external returns (bool) {
        if (spender == address(0)) revert ERC20InvalidSpender(spender);
        _requireOpen(_config);
        _allowances[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function name() external view returns (string memory) {
        return _name;
    }

    function symbol() external view returns (string memory) {
        return _symbol;
    }

    function allowance(address owner, address spender) external view returns (uint256) {
        return _allowances[owner][spender];
    }

    function balanceOf(address account) external view returns (uint256) {
        return _accounts[account].balance();
    }

    /// @notice Tokens on this chain; those in flight are on none.
    function totalSupply() external view returns (uint256) {
        return _supply.supply;
    }

    function decimals() external view returns (uint8) {
        return _config.decimals();
    }

    /// @notice All rules that a transfer would fail now.
    function explainTransfer(bytes32 from, bytes32 to, uint256 amount)
        external
        view
        returns (uint256 set, Reason[] memory reasons)
    {
        // An account of another kind of chain is bound to nobody here, and neither is address zero.
        address sender = _isAccount(from) ? _toAddress(from) : address(0);
        address receiver = _isAccount(to) ? _toAddress(to) : address(0);
        Findings memory findings;
        Move memory move = _maker()();
        _evaluate(findings, move, sender, receiver, amount);
        if (findings.has(Refusals.SENDER_UNBOUND)) findings.byCode[Refusals.SENDER_UNBOUND].a = uint256(from);
        if (findings.has(Refusals.RECEIVER_UNBOUND)) findings.byCode[Refusals.RECEIVER_UNBOUND].a = uint256(to);
        return findings.list();
    }

    function _transfer(address from, address to, uint256 amount) private {
        Findings memory findings;
        Move memory move = _maker()();
        _evaluate(findings, move, from, to, amount);
        _requireOpen(move.config);
        findings.enforce();
        _apply(move);
    }

    /// @dev What makes a fresh Move. Solidity would zero its 36 words one by one, for 700 gas; `_blank` does it by one
    /// copy, and only its type is another one here.
    function _maker() private pure returns (function() internal pure returns (Move memory) make) {
        function() internal pure returns (uint256) blank = _blank;
        assembly ("memory-safe") {
            make := blank
        }
    }

    /// @dev Memory for a Move with its two positions, all zero but the three places of pointers.
    function _blank() private pure returns (uint256 move) {
        assembly ("memory-safe") {
            move := mload(0x40)
            let giving := add(move, 0x1a0)
            let getting := add(giving, 0x160)
            mstore(0x40, add(getting, 0x160))
            calldatacopy(move, calldatasize(), 0x460)
            mstore(add(move, 0x160), giving)
            mstore(add(move, 0x180), getting)
            // An empty list is the zero at 0x60.
            mstore(add(giving, 0x140), 0x60)
            mstore(add(getting, 0x140), 0x60)
        }
    }

    function _evaluate(Findings memory findings, Move memory move, address from, address to, uint256 amount)
        private
        view
    {
        ConfigWord config = _config;
        if (config.pause() & PAUSE_TRANSFER != 0) findings.add(Refusals.PAUSED, config.pause());
        if (amount == 0) findings.add(Refusals.AMOUNT_ZERO);
        if (amount > MAX_AMOUNT) findings.add(Refusals.AMOUNT_TOO_LARGE, amount, MAX_AMOUNT);
        (move.from, move.to, move.amount, move.config) = (from, to, amount, config);
        (move.giver, move.getter) = (_accounts[from], _accounts[to]);
        _load(findings, move);
        if (move.sender != 0) _evaluateGiver(findings, move);
        if (amount <= MAX_AMOUNT && move.giver.balance() < amount) {
            findings.add(Refusals.INSUFFICIENT_BALANCE, move.giver.balance(), amount);
        }
        if (move.crosses) _evaluateCrossing(findings, move);
    }

    /// @dev SenderUnbound, ReceiverUnbound, ReceiverFrozen; both positions, of whoever the investors are by now.
    function _load(Findings memory findings, Move memory move) private view {
        move.sender = move.giver.investor();
        if (move.sender == 0) findings.add(Refusals.SENDER_UNBOUND, uint160(move.from));
        else move.sender = _load(move.sender, move.giving);
        move.receiver = move.getter.investor();
        if (move.receiver == 0) {
            findings.add(Refusals.RECEIVER_UNBOUND, uint160(move.to));
            return;
        }
        move.receiver = _load(move.receiver, move.getting);
        if ((move.getter.flags() | move.getting.flags) & FLAG_FROZEN != 0) findings.add(Refusals.RECEIVER_FROZEN);
        move.crosses = move.sender != 0 && move.sender != move.receiver;
    }

    /// @dev SenderBlocked(permissions), SenderFrozen. The record is read only for the value.
    function _evaluateGiver(Findings memory findings, Move memory move) private view {
        uint256 flags = move.giver.flags() | move.giving.flags;
        if (flags & FLAG_SENDS == 0) {
            findings.add(Refusals.SENDER_BLOCKED, Words.permissionsOf(_place(move.giving).record));
        }
        if (flags & FLAG_FROZEN != 0) findings.add(Refusals.SENDER_FROZEN);
    }

    /// @dev The rules between two investors.
    function _evaluateCrossing(Findings memory findings, Move memory move) private view {
        (uint256 amount, Holding memory giving, Holding memory getting) = (move.amount, move.giving, move.getting);
        bool possible = amount > 0 && amount <= MAX_AMOUNT;
        if (possible && move.giver.balance() >= amount) {
            _checkFrozen(findings, giving, amount);
            // Locked is never understated, so lots are read only when free tokens don't suffice.
            if (giving.free < amount) _loadLots(giving);
            if (giving.free < amount) {
                findings.add(Refusals.LOTS_LOCKED, giving.free, Lots.nextUnlock(giving.lots), amount);
            }
        }
        uint256 record = _place(getting).record;
        _checkReceiver(findings, move.config, record, false);
        if (possible) {
            _checkLimit(findings, getting, record, amount);
            if (!Words.counts(getting.word)) _checkSeat(findings, move, record);
            move.spent = _checkVelocity(findings, move.config, giving, amount);
        }
        _evaluatePair(findings, move, record);
    }

    /// @dev The seat of a new holder, which the sender may be leaving by this very move.
    function _checkSeat(Findings memory findings, Move memory move, uint256 record) private view {
        uint256 giverRecord = _place(move.giving).record;
        _checkQuota(findings, move.getting, record, _leaving(findings, move.giving, giverRecord, record, move.amount));
    }

    /// @dev The pair rule. Without exceptions the sender's class says nothing, so his record isn't read.
    function _evaluatePair(Findings memory findings, Move memory move, uint256 record) private view {
        uint256 giverRecord = move.config.has(CONFIG_PAIRS) ? _place(move.giving).record : 0;
        uint256 rule = _ruleOf(move.config, giverRecord, record);
        move.rule = rule;
        if (rule == RULE_FORBID) _forbid(findings, _place(move.giving).record, record);
        else if (rule == RULE_RESTART) _checkRestart(findings, move.config, move.getting, move.amount);
    }

    function _apply(Move memory move) private {
        uint256 amount = move.amount;
        if (move.from != move.to) {
            _accounts[move.from] = move.giver.minus(amount);
            _accounts[move.to] = move.getter.plus(amount);
        }
        if (move.crosses) {
            // The evaluation saw that `free` suffices; a room has 136 bits, what passes through it 96.
            unchecked {
                move.giving.free -= amount;
                move.giving.room += int256(amount);
            }
            _spend(move.giving, move.spent);
            _save(move.sender, move.giving);
            _receive(move.config, move.rule, move.getting, amount);
            _save(move.receiver, move.getting);
        }
        emit Transfer(move.from, move.to, amount);
    }
}
