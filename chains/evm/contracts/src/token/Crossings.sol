// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Arrival, ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {LotWord, Lots} from "../libraries/Lots.sol";
import {Findings, Refusals} from "../libraries/Refusals.sol";
import {AccountWord, ConfigWord} from "../libraries/TokenWords.sol";
import {Holding, Words} from "../libraries/Words.sol";
import {BRIDGE, FLAG_FROZEN, MAX_LOTS, MAX_ORDERS_IN_FLIGHT, RULE_FORBID, RULE_RESTART} from "../types/Constants.sol";
import {Reason} from "../types/Types.sol";
import {Rules} from "./Rules.sol";

/// @title The token's part in a crossing: lots leave, arrive, come back
/// @notice Only the bridge calls it. Places of lots in flight stay reserved, so that a refund always finds room.
/// A crossing to the same investor (equal ids in the order) changes no room: the limit travels with the tokens.
abstract contract Crossings is Rules, ISecurityToken {
    using Refusals for Findings;

    /// @dev A departure as evaluated. `giving` is already the position without the lots.
    struct Departure {
        AccountWord account;
        uint128 investor;
        uint256 record;
        uint256 spent;
        uint256 locked;
        bool own;
        Holding giving;
        LotWord[] taken;
    }

    /// @dev An arrival as evaluated; for one to the same investor `getting` already holds the lots.
    struct Landing {
        address recipient;
        AccountWord account;
        uint128 investor;
        bool own;
        uint256 rule;
        Holding getting;
    }

    /// @dev True on the chain where the asset is issued.
    function _isHome() internal view virtual returns (bool);

    function depart(address sender, bytes32 toInvestor, LotWord[] calldata wanted, uint256 sum)
        external
        onlyBridge
        returns (bytes32 fromInvestor, uint32 terms, uint16 seat, LotWord[] memory taken)
    {
        ConfigWord config = _config;
        _requireOpen(config);
        (Findings memory findings, Departure memory departure) =
            _evaluateDeparture(config, sender, toInvestor, wanted, sum);
        findings.enforce();
        Holding memory giving = departure.giving;
        taken = departure.taken;
        // The last lot takes the investor's seat with it, if it alone is on its way.
        uint256 left = giving.free + (giving.loaded ? giving.lots.length : giving.count);
        if (departure.own && left == 0 && giving.orders == 0) seat = Words.classOf(departure.record);
        // Places and orders are bounded by the rules, and what is in flight by fifteen orders.
        unchecked {
            giving.reserved += departure.locked;
            giving.orders += 1;
            _place(giving).record = departure.record + sum;
        }
        _spend(giving, departure.spent);
        _save(departure.investor, giving);
        _burn(sender, departure.account, sum);
        return (_toBytes32(departure.investor), config.terms(), seat, taken);
    }

    function arrive(Arrival calldata arrival) external onlyBridge returns (uint16 code) {
        ConfigWord config = _config;
        _requireOpen(config);
        (Findings memory findings, Landing memory landing) = _evaluateArrival(config, arrival);
        code = findings.lowest();
        if (code != 0) return code;
        if (!landing.own) _receive(config, landing.rule, landing.getting, arrival.sum);
        _save(landing.investor, landing.getting);
        if (arrival.seat != 0) ++_classes[arrival.seat].quota;
        _mint(landing.recipient, landing.account, arrival.sum);
    }

    function settleDelivered(bytes32 fromInvestor, uint256 sum, uint256 locked, uint16 seat, bool own)
        external
        onlyBridge
    {
        _requireOpen(_config);
        (uint128 investor, Holding memory holding) = _land(fromInvestor, sum, locked);
        // To the same investor the limit went along: less used, and less allowed by as much.
        if (!own) holding.room += int256(sum);
        if (seat != 0) --_classes[seat].quota;
        _save(investor, holding);
    }

    function refund(bytes32 fromInvestor, address sender, uint256 sum, LotWord[] calldata lots) external onlyBridge {
        _requireOpen(_config);
        LotWord[] memory returning = lots;
        (uint128 investor, Holding memory holding) = _land(fromInvestor, sum, Lots.lockedCount(returning));
        _creditMerging(holding, returning);
        _save(investor, holding);
        (address account, AccountWord word) = _followAccount(sender);
        _mint(account, word, sum);
    }

    function explainDeparture(address sender, bytes32 toInvestor, LotWord[] calldata wanted, uint256 sum)
        external
        view
        returns (uint256 set, Reason[] memory reasons)
    {
        (Findings memory findings,) = _evaluateDeparture(_config, sender, toInvestor, wanted, sum);
        return findings.list();
    }

    function explainArrival(Arrival calldata arrival) external view returns (uint256 set, Reason[] memory reasons) {
        (Findings memory findings,) = _evaluateArrival(_config, arrival);
        return findings.list();
    }

    /// @dev The rules of the sender's side. A `sum` of zero means that the request's lots are malformed (the bridge
    /// says so): then nothing is said about them.
    function _evaluateDeparture(
        ConfigWord config,
        address sender,
        bytes32 toInvestor,
        LotWord[] memory wanted,
        uint256 sum
    ) private view returns (Findings memory findings, Departure memory departure) {
        AccountWord account = _accounts[sender];
        uint256 balance = account.balance();
        uint128 investor = account.investor();
        departure.account = account;
        if (balance < sum) findings.add(Refusals.INSUFFICIENT_BALANCE, balance, sum);
        if (investor == 0) {
            findings.add(Refusals.SENDER_UNBOUND, uint160(sender));
            return (findings, departure);
        }
        Holding memory giving = departure.giving;
        investor = _load(investor, giving);
        departure.investor = investor;
        departure.own = _toBytes32(investor) == toInvestor;
        departure.record = _place(giving).record;
        _checkSender(findings, departure.record, account.flags() | giving.flags);
        uint256 permissions = Words.permissionsOf(departure.record);
        if (permissions & BRIDGE == 0) findings.add(Refusals.BRIDGE_NOT_PERMITTED, permissions);
        if (giving.orders >= MAX_ORDERS_IN_FLIGHT) findings.add(Refusals.TOO_MANY_IN_FLIGHT, MAX_ORDERS_IN_FLIGHT);
        if (sum == 0) return (findings, departure);
        if (!departure.own) departure.spent = _checkVelocity(findings, config, giving, sum);
        if (balance < sum) return (findings, departure);
        _checkFrozen(findings, giving, sum);
        departure.taken = _reserve(findings, departure, wanted, sum);
    }

    /// @dev Takes the lots out of `giving`; those that stay, wait and go need their places: TooManyLots(wouldBe, max).
    function _reserve(Findings memory findings, Departure memory departure, LotWord[] memory wanted, uint256 sum)
        private
        view
        returns (LotWord[] memory taken)
    {
        Holding memory giving = departure.giving;
        uint256 before = findings.set;
        taken = _take(findings, giving, wanted, sum, departure.own);
        uint256 locked = Lots.lockedCount(taken);
        departure.locked = locked;
        if (findings.set != before || locked == 0) return taken;
        uint256 wouldBe = giving.lots.length + giving.reserved + locked;
        if (wouldBe > MAX_LOTS) findings.add(Refusals.TOO_MANY_LOTS, wouldBe, MAX_LOTS);
    }

    /// @dev The rules of the receiver's side. A recipient that is no address is the bridge's refusal too.
    function _evaluateArrival(ConfigWord config, Arrival calldata arrival)
        private
        view
        returns (Findings memory findings, Landing memory landing)
    {
        if (arrival.terms != config.terms()) findings.add(Refusals.TERMS_MISMATCH, arrival.terms, config.terms());
        (uint256 wouldBe, uint256 authorised) = (_supply.supply + arrival.sum, _supply.authorised);
        if (wouldBe > authorised) findings.add(Refusals.OVER_AUTHORISED_ISSUE, authorised, wouldBe);
        landing.own = arrival.fromInvestor == arrival.toInvestor;
        if (!_isInvestor(arrival.toInvestor)) {
            findings.add(Refusals.RECEIVER_UNBOUND, uint256(arrival.recipient));
            return (findings, landing);
        }
        Holding memory getting = landing.getting;
        landing.investor = _load(uint128(uint256(arrival.toInvestor)), getting);
        _evaluateRecipient(findings, landing, arrival.recipient);
        uint256 record = _place(getting).record;
        if ((landing.account.flags() | getting.flags) & FLAG_FROZEN != 0) findings.add(Refusals.RECEIVER_FROZEN);
        // A lapsed holder may come home.
        _checkReceiver(findings, config, record, landing.own && _isHome());
        if (arrival.sum == 0) return (findings, landing);
        if (!landing.own || arrival.seat == 0) _checkQuota(findings, getting, record, 0);
        if (landing.own) {
            _creditOwn(findings, getting, arrival.lots);
        } else if (_isInvestor(arrival.fromInvestor)) {
            _evaluateStranger(findings, config, landing, arrival, record);
        }
    }

    /// @dev ReceiverUnbound(recipient) unless the recipient, or where its tokens were moved, belongs to the receiver.
    function _evaluateRecipient(Findings memory findings, Landing memory landing, bytes32 recipient) private view {
        uint128 investor;
        if (_isAccount(recipient)) {
            (landing.recipient, landing.account) = _followAccount(_toAddress(recipient));
            investor = landing.account.investor();
        }
        if (investor == landing.investor) return;
        if (investor == 0 || _presentOf(investor) != landing.investor) {
            findings.add(Refusals.RECEIVER_UNBOUND, uint256(recipient));
        }
    }

    /// @dev The rules of an order between two investors.
    function _evaluateStranger(
        Findings memory findings,
        ConfigWord config,
        Landing memory landing,
        Arrival calldata arrival,
        uint256 record
    ) private view {
        _checkLimit(findings, landing.getting, record, arrival.sum);
        uint256 giverRecord = _holders[_presentOf(uint128(uint256(arrival.fromInvestor)))].record;
        landing.rule = _ruleOf(config, giverRecord, record);
        // Without a record on this chain nothing is known of the giver's class.
        if (landing.rule == RULE_FORBID || !Words.exists(giverRecord)) _forbid(findings, giverRecord, record);
        if (landing.rule == RULE_RESTART) _checkRestart(findings, config, landing.getting, arrival.sum);
    }

    /// @dev Credits lots unchanged: TooManyLots(wouldBe, max).
    function _creditOwn(Findings memory findings, Holding memory getting, LotWord[] memory arriving) internal view {
        _credit(getting, arriving);
        if (!getting.loaded) return;
        uint256 wouldBe = getting.lots.length + getting.reserved;
        if (wouldBe > MAX_LOTS) findings.add(Refusals.TOO_MANY_LOTS, wouldBe, MAX_LOTS);
    }

    /// @dev Ends a flight: its tokens, places and count. Asks no rule.
    function _land(bytes32 fromInvestor, uint256 sum, uint256 locked)
        private
        returns (uint128 investor, Holding memory holding)
    {
        investor = _load(uint128(uint256(fromInvestor)), holding);
        _place(holding).record -= sum;
        holding.reserved -= locked;
        holding.orders -= 1;
    }
}
