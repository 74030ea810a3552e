// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {LotWord, Lots} from "../../libraries/Lots.sol";
import {Findings, Refusals} from "../../libraries/Refusals.sol";
import {AccountWord} from "../../libraries/TokenWords.sol";
import {Holding, Words} from "../../libraries/Words.sol";
import {AT_INVESTOR, FLAG_FROZEN, MAX_AMOUNT} from "../../types/Constants.sol";
import {Lot, Reason} from "../../types/Types.sol";
import {Action, ControlBase} from "./ControlBase.sol";

/// @title Acts of a controller on named lots: ending them, and giving them to another investor with their times
abstract contract LotActs is ControlBase {
    using Refusals for Findings;

    /// @dev The giving side as evaluated; `giving` is already the position without the lots. `took` when nothing stands
    /// against taking them.
    struct Taking {
        AccountWord account;
        uint128 investor;
        uint256 sum;
        bool took;
        Holding giving;
        LotWord[] taken;
    }

    function _redeem(Findings memory findings, address account, Lot[] memory lots, Action memory action) internal {
        Taking memory taking = _evaluateTaking(findings, account, lots);
        findings.enforce();
        Holding memory giving = taking.giving;
        giving.room += int256(taking.sum);
        _issue.redeemed += uint128(taking.sum);
        _save(taking.investor, giving);
        _burn(account, taking.account, taking.sum);
        emit Redeemed(
            _assetId(),
            _toBytes32(taking.investor),
            _toBytes32(account),
            Lots.unpack(taking.taken),
            action.reason,
            action.document
        );
    }

    function _moveLots(Findings memory findings, address from, address to, Lot[] memory lots, Action memory action)
        internal
    {
        Taking memory taking = _evaluateTaking(findings, from, lots);
        AccountWord getter = _accounts[to];
        Holding memory getting;
        uint128 receiver = _evaluateGetter(findings, taking, to, getter, getting);
        findings.enforce();
        Holding memory giving = taking.giving;
        giving.room += int256(taking.sum);
        getting.room -= int256(taking.sum);
        _creditMerging(getting, taking.taken);
        _save(taking.investor, giving);
        _save(receiver, getting);
        _accounts[from] = taking.account.minus(taking.sum);
        _accounts[to] = getter.plus(taking.sum);
        emit IERC20.Transfer(from, to, taking.sum);
        emit LotsMoved(
            _assetId(), _toBytes32(from), _toBytes32(to), Lots.unpack(taking.taken), action.reason, action.document
        );
    }

    /// @dev SenderUnbound, SenderFrozen, AmountZero, AmountTooLarge, Malformed(AT_LOTS), InsufficientBalance,
    /// FrozenAmount, LotsLocked, LotUnknown.
    function _evaluateTaking(Findings memory findings, address from, Lot[] memory lots)
        private
        view
        returns (Taking memory taking)
    {
        (LotWord[] memory words, uint256 sum, bool readable) = _readLots(findings, lots);
        taking.sum = sum;
        taking.account = _accounts[from];
        uint256 balance = taking.account.balance();
        bool covered = readable && balance >= sum;
        if (readable && !covered) findings.add(Refusals.INSUFFICIENT_BALANCE, balance, sum);
        taking.investor = _investorOf(taking.account);
        if (taking.investor == 0) {
            findings.add(Refusals.SENDER_UNBOUND, uint160(from));
            return taking;
        }
        Holding memory giving = taking.giving;
        uint256 flags = _loadExactly(taking.investor, giving);
        if ((taking.account.flags() | flags) & FLAG_FROZEN != 0) findings.add(Refusals.SENDER_FROZEN);
        if (!covered) return taking;
        _checkFrozen(findings, giving, sum);
        taking.taken = _take(findings, giving, words, sum, true);
        taking.took = !findings.has(Refusals.FROZEN_AMOUNT) && !findings.has(Refusals.LOTS_LOCKED)
            && !findings.has(Refusals.LOT_UNKNOWN);
    }

    /// @dev What a transfer asks of both sides, but for the pair rule: SenderBlocked, ReceiverUnbound, ReceiverFrozen,
    /// ReceiverNotEligible, EligibilityExpired, OracleStale, LimitExceeded, HolderCapReached; Malformed(AT_INVESTOR) for
    /// one investor on both sides.
    function _evaluateGetter(
        Findings memory findings,
        Taking memory taking,
        address to,
        AccountWord getter,
        Holding memory getting
    ) private view returns (uint128 receiver) {
        uint256 giverRecord = _holders[taking.investor].record;
        if (taking.investor != 0) _checkSender(findings, giverRecord, 0);
        receiver = _investorOf(getter);
        if (receiver == 0) {
            findings.add(Refusals.RECEIVER_UNBOUND, uint160(to));
            return receiver;
        }
        uint256 flags = _loadExactly(receiver, getting);
        if ((getter.flags() | flags) & FLAG_FROZEN != 0) findings.add(Refusals.RECEIVER_FROZEN);
        uint256 record = _place(getting).record;
        _checkReceiver(findings, _config, record, false);
        if (receiver == taking.investor) {
            findings.add(Refusals.MALFORMED, AT_INVESTOR);
            return receiver;
        }
        if (taking.investor == 0 || taking.sum == 0 || taking.sum > MAX_AMOUNT) return receiver;
        _checkLimit(findings, getting, record, taking.sum);
        bool sameClass = Words.classOf(giverRecord) == Words.classOf(record);
        _checkQuota(findings, getting, record, sameClass && _leaves(taking) ? 1 : 0);
    }

    /// @dev True when nothing is left of the giving investor, here or in flight.
    function _leaves(Taking memory taking) private pure returns (bool) {
        Holding memory giving = taking.giving;
        uint256 lots = giving.loaded ? giving.lots.length : giving.count;
        return taking.took && giving.free == 0 && lots == 0 && giving.orders == 0;
    }

    /// @dev The lots packed: AmountZero, AmountTooLarge, Malformed(AT_LOTS) when they aren't readable.
    function _readLots(Findings memory findings, Lot[] memory lots)
        internal
        pure
        returns (LotWord[] memory words, uint256 sum, bool readable)
    {
        Findings memory form;
        (words, sum) = Lots.read(form, lots);
        readable = form.set == 0;
        (, Reason[] memory reasons) = form.list();
        findings.merge(reasons);
    }
}
