// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {Lots} from "../libraries/Lots.sol";
import {Findings, Refusals} from "../libraries/Refusals.sol";
import {AccountWord, ConfigWord} from "../libraries/TokenWords.sol";
import {Holding} from "../libraries/Words.sol";
import {FLAG_FROZEN, MAX_AMOUNT, PAUSE_TRANSFER, RULE_FORBID} from "../types/Constants.sol";
import {Reason} from "../types/Types.sol";
import {TokenBase} from "./TokenBase.sol";

/// @title The ERC-20 side: moving tokens between accounts of this chain
/// @notice Between two investors only free tokens move, by the pair rule; between accounts of one investor anything
/// does, and only balances change. Who may move tokens by allowance follows from the rules on the two accounts.
abstract contract Transfers is TokenBase, IERC20Metadata, IERC20Errors {
    using Refusals for Findings;

    /// @dev A transfer as evaluated: what `_apply` needs, read once.
    struct Move {
        address from;
        address to;
        uint256 amount;
        ConfigWord config;
        AccountWord giver;
        AccountWord getter;
        uint256 giverWord;
        bool crosses;
        Holding giving;
        Holding getting;
    }

    string public name;
    string public symbol;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    /// @notice Moves tokens of the caller.
    /// Requirements: every rule of a transfer (`explainTransfer` tells them all); the lowest that fails is raised.
    function transfer(address to, uint256 amount) external onThisChain returns (bool) {
        _transfer(msg.sender, to, amount);
        return true;
    }

    /// @notice Moves tokens of `from` that it has approved to the caller.
    /// Requirements: an allowance of at least `amount`; every rule of a transfer.
    function transferFrom(address from, address to, uint256 amount) external onThisChain returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < amount) revert ERC20InsufficientAllowance(msg.sender, allowed, amount);
        if (allowed != type(uint256).max) allowance[from][msg.sender] = allowed - amount;
        _transfer(from, to, amount);
        return true;
    }

    /// @notice Lets `spender` move up to `amount` of the caller's tokens; the largest uint256 means without end.
    function approve(address spender, uint256 amount) external returns (bool) {
        if (spender == address(0)) revert ERC20InvalidSpender(spender);
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
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
        (Findings memory findings,) = _evaluate(sender, receiver, amount);
        if (findings.has(Refusals.SENDER_UNBOUND)) findings.byCode[Refusals.SENDER_UNBOUND].a = uint256(from);
        if (findings.has(Refusals.RECEIVER_UNBOUND)) findings.byCode[Refusals.RECEIVER_UNBOUND].a = uint256(to);
        return findings.list();
    }

    function _transfer(address from, address to, uint256 amount) private {
        (Findings memory findings, Move memory move) = _evaluate(from, to, amount);
        findings.enforce();
        _apply(move);
    }

    function _evaluate(address from, address to, uint256 amount)
        private
        view
        returns (Findings memory findings, Move memory move)
    {
        ConfigWord config = _config;
        if (config.pause() & PAUSE_TRANSFER != 0) findings.add(Refusals.PAUSED, config.pause());
        if (amount == 0) findings.add(Refusals.AMOUNT_ZERO);
        if (amount > MAX_AMOUNT) findings.add(Refusals.AMOUNT_TOO_LARGE, amount, MAX_AMOUNT);
        (move.from, move.to, move.amount, move.config) = (from, to, amount, config);
        (move.giver, move.getter) = (_accounts[from], _accounts[to]);
        (uint128 sender, uint128 receiver) = (move.giver.investor(), move.getter.investor());
        move.crosses = sender != 0 && receiver != 0 && sender != receiver;
        _evaluateGiver(findings, move, sender);
        _evaluateGetter(findings, move, receiver);
    }

    function _evaluateGiver(Findings memory findings, Move memory move, uint128 sender) private view {
        uint256 balance = move.giver.balance();
        uint256 amount = move.amount;
        if (amount <= MAX_AMOUNT && balance < amount) {
            findings.add(Refusals.INSUFFICIENT_BALANCE, balance, amount);
        }
        if (sender == 0) {
            findings.add(Refusals.SENDER_UNBOUND, uint160(move.from));
            return;
        }
        Holder storage holder = _holders[sender];
        Holding memory giving = move.giving;
        _load(holder, giving);
        move.giverWord = holder.eligibility;
        _checkSender(findings, move.giverWord, move.giver.flags() | giving.flags);
        if (!move.crosses || balance < amount || giving.free >= amount) return;
        // Locked is never understated, so lots are read only when free tokens don't suffice.
        _loadLots(holder, giving);
        if (giving.free < amount) {
            findings.add(Refusals.LOTS_LOCKED, giving.free, Lots.nextUnlock(giving.lots), amount);
        }
    }

    function _evaluateGetter(Findings memory findings, Move memory move, uint128 receiver) private view {
        if (receiver == 0) {
            findings.add(Refusals.RECEIVER_UNBOUND, uint160(move.to));
            return;
        }
        Holder storage holder = _holders[receiver];
        Holding memory getting = move.getting;
        _load(holder, getting);
        if ((move.getter.flags() | getting.flags) & FLAG_FROZEN != 0) findings.add(Refusals.RECEIVER_FROZEN);
        if (!move.crosses) return;
        uint256 word = holder.eligibility;
        _checkReceiver(findings, move.config, word, false);
        _checkClasses(findings, move.config.defaultRule() != RULE_FORBID, move.giverWord, word);
        _checkRestart(findings, move.config, holder, getting, move.amount);
    }

    function _apply(Move memory move) private {
        uint256 amount = move.amount;
        if (move.from != move.to) {
            _accounts[move.from] = move.giver.minus(amount);
            _accounts[move.to] = move.getter.plus(amount);
        }
        if (move.crosses) {
            move.giving.free -= amount;
            _save(move.giver.investor(), move.giving);
            _receive(move.config, move.getting, amount);
            _save(move.getter.investor(), move.getting);
        }
        emit Transfer(move.from, move.to, amount);
    }
}
