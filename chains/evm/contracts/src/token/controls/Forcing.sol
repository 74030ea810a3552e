// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {LotWord, Lots} from "../../libraries/Lots.sol";
import {Findings, Refusals} from "../../libraries/Refusals.sol";
import {AccountWord} from "../../libraries/TokenWords.sol";
import {Holding, Words} from "../../libraries/Words.sol";
import {FLAG_PARTLY_FROZEN, MAX_AMOUNT, RECEIVE} from "../../types/Constants.sol";
import {Action, ControlBase} from "./ControlBase.sol";

/// @title Transfers that no holder asked for
abstract contract Forcing is ControlBase {
    using Refusals for Findings;

    /// @dev A forced transfer asks who the receiver is and nothing else: a cap, a lapse or a freeze that stopped it
    /// would put the cap above the court.
    function _forceTransfer(Findings memory findings, address from, address to, uint256 amount, Action memory action)
        internal
        returns (uint256 unfroze)
    {
        (AccountWord giver, AccountWord getter) = (_accounts[from], _accounts[to]);
        (uint128 sender, uint128 receiver) = (_investorOf(giver), _investorOf(getter));
        if (sender == 0) findings.add(Refusals.SENDER_UNBOUND, uint160(from));
        if (receiver == 0) {
            findings.add(Refusals.RECEIVER_UNBOUND, uint160(to));
        } else {
            uint256 permissions = Words.permissionsOf(_holders[receiver].record);
            if (permissions & RECEIVE == 0) findings.add(Refusals.RECEIVER_NOT_ELIGIBLE, permissions);
        }
        if (amount == 0) findings.add(Refusals.AMOUNT_ZERO);
        if (amount > MAX_AMOUNT) findings.add(Refusals.AMOUNT_TOO_LARGE, amount, MAX_AMOUNT);
        else if (giver.balance() < amount) findings.add(Refusals.INSUFFICIENT_BALANCE, giver.balance(), amount);
        findings.enforce();
        if (sender != receiver) unfroze = _moveAny(sender, receiver, amount);
        if (from != to) {
            _accounts[from] = giver.minus(amount);
            _accounts[to] = getter.plus(amount);
        }
        if (unfroze > 0) emit TokensUnfrozen(from, unfroze);
        emit IERC20.Transfer(from, to, amount);
        emit ForcedTransfer(
            _assetId(), _toBytes32(from), _toBytes32(to), amount, unfroze, action.reason, action.document
        );
    }

    /// @dev Free tokens first, then lots by their unlock, with their times.
    function _moveAny(uint128 sender, uint128 receiver, uint256 amount) private returns (uint256 unfroze) {
        Holding memory giving;
        Holding memory getting;
        _loadExactly(sender, giving);
        _loadExactly(receiver, getting);
        unfroze = _unfreeze(giving, amount);
        // Lots are read only when free tokens don't suffice.
        if (amount > giving.free) _loadLots(giving);
        LotWord[] memory taken;
        (giving.free, taken) = Lots.takeAny(giving.free, giving.lots, amount, block.timestamp);
        giving.room += int256(amount);
        getting.room -= int256(amount);
        _creditMerging(getting, taken);
        _save(sender, giving);
        _save(receiver, getting);
    }

    /// @dev What of a frozen amount must go so that `amount` can leave; the rest stays frozen.
    function _unfreeze(Holding memory giving, uint256 amount) private returns (uint256 unfroze) {
        if (giving.flags & FLAG_PARTLY_FROZEN == 0) return 0;
        uint256 extra = _place(giving).extra;
        uint256 frozen = Words.frozenOf(extra);
        uint256 total = _totalOf(giving);
        uint256 loose = total > frozen ? total - frozen : 0;
        unfroze = amount > loose ? amount - loose : 0;
        if (unfroze > frozen) unfroze = frozen;
        if (unfroze == 0) return 0;
        _place(giving).extra = Words.withFrozen(extra, frozen - unfroze);
        if (unfroze == frozen) giving.flags &= ~uint256(FLAG_PARTLY_FROZEN);
    }
}
