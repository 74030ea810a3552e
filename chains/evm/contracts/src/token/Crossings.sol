// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {Arrival} from "../interfaces/ISecurityToken.sol";
import {LotWord, Lots} from "../libraries/Lots.sol";
import {Findings, Refusals} from "../libraries/Refusals.sol";
import {AccountWord, ConfigWord} from "../libraries/TokenWords.sol";
import {Holding, Words} from "../libraries/Words.sol";
import {BRIDGE, FLAG_FROZEN, MAX_LOTS, MAX_ORDERS_IN_FLIGHT, RULE_FORBID} from "../types/Constants.sol";
import {Reason} from "../types/Types.sol";
import {TokenBase} from "./TokenBase.sol";

/// @title The token's part in a crossing: lots leave, arrive, come back
/// @notice Only the bridge calls it. Places of lots in flight stay reserved, so that a refund always finds room.
abstract contract Crossings is TokenBase, IERC20 {
    using Refusals for Findings;

    /// @dev A departure as evaluated. `giving` is already the position without the lots.
    struct Departure {
        AccountWord account;
        Holding giving;
        LotWord[] taken;
    }

    /// @dev An arrival as evaluated; for one to the same investor `getting` already holds the lots.
    struct Landing {
        address recipient;
        AccountWord account;
        bool own;
        Holding getting;
    }

    function depart(address sender, bytes32 toInvestor, LotWord[] calldata wanted, uint256 sum)
        external
        onlyBridge
        returns (bytes32 fromInvestor, uint32 terms, LotWord[] memory taken)
    {
        (Findings memory findings, Departure memory departure) = _evaluateDeparture(sender, toInvestor, wanted, sum);
        findings.enforce();
        Holding memory giving = departure.giving;
        taken = departure.taken;
        giving.inFlight += sum;
        giving.reserved += Lots.lockedCount(taken);
        giving.orders += 1;
        uint128 investor = departure.account.investor();
        _save(investor, giving);
        _accounts[sender] = departure.account.minus(sum);
        _supply.supply -= uint96(sum);
        emit Transfer(sender, address(0), sum);
        return (bytes32(uint256(investor)), _config.terms(), taken);
    }

    function arrive(Arrival calldata arrival) external onlyBridge returns (uint16 code) {
        (Findings memory findings, Landing memory landing) = _evaluateArrival(arrival);
        code = findings.lowest();
        if (code != 0) return code;
        if (!landing.own) _receive(_config, landing.getting, arrival.sum);
        _save(landing.account.investor(), landing.getting);
        _mint(landing.recipient, landing.account, arrival.sum);
    }

    function settleDelivered(bytes32 fromInvestor, uint256 sum, uint256 locked) external onlyBridge {
        uint128 investor = uint128(uint256(fromInvestor));
        Holding memory holding;
        _load(_holders[investor], holding);
        _endFlight(holding, sum, locked);
        _save(investor, holding);
    }

    function refund(bytes32 fromInvestor, address sender, uint256 sum, LotWord[] calldata lots) external onlyBridge {
        uint128 investor = uint128(uint256(fromInvestor));
        Holder storage holder = _holders[investor];
        Holding memory holding;
        _load(holder, holding);
        uint256 locked = Lots.lockedCount(lots);
        _endFlight(holding, sum, locked);
        if (locked > 0) _loadLots(holder, holding);
        (holding.free, holding.lots) = Lots.credit(holding.free, holding.lots, lots, block.timestamp);
        _save(investor, holding);
        _mint(sender, _accounts[sender], sum);
    }

    function explainDeparture(address sender, bytes32 toInvestor, LotWord[] calldata wanted, uint256 sum)
        external
        view
        returns (uint256 set, Reason[] memory reasons)
    {
        (Findings memory findings,) = _evaluateDeparture(sender, toInvestor, wanted, sum);
        return findings.list();
    }

    function explainArrival(Arrival calldata arrival) external view returns (uint256 set, Reason[] memory reasons) {
        (Findings memory findings,) = _evaluateArrival(arrival);
        return findings.list();
    }

    /// @dev The rules of the sender's side. A `sum` of zero means that the request's lots are malformed (the bridge
    /// says so): then nothing is said about them.
    function _evaluateDeparture(address sender, bytes32 toInvestor, LotWord[] memory wanted, uint256 sum)
        private
        view
        returns (Findings memory findings, Departure memory departure)
    {
        AccountWord account = _accounts[sender];
        uint256 balance = account.balance();
        uint128 investor = account.investor();
        departure.account = account;
        if (balance < sum) findings.add(Refusals.INSUFFICIENT_BALANCE, balance, sum);
        if (investor == 0) {
            findings.add(Refusals.SENDER_UNBOUND, uint160(sender));
            return (findings, departure);
        }
        Holder storage holder = _holders[investor];
        Holding memory giving = departure.giving;
        _load(holder, giving);
        uint256 word = holder.eligibility;
        _checkSender(findings, word, account.flags() | giving.flags);
        uint256 permissions = Words.permissionsOf(word);
        if (permissions & BRIDGE == 0) findings.add(Refusals.BRIDGE_NOT_PERMITTED, permissions);
        if (giving.orders >= MAX_ORDERS_IN_FLIGHT) findings.add(Refusals.TOO_MANY_IN_FLIGHT, MAX_ORDERS_IN_FLIGHT);
        if (sum == 0 || balance < sum) return (findings, departure);
        bool own = bytes32(uint256(investor)) == toInvestor;
        departure.taken = _take(findings, holder, giving, wanted, sum, own);
    }

    /// @dev Takes the lots out of `giving`: LotsLocked, TooManyLots, LotUnknown.
    function _take(
        Findings memory findings,
        Holder storage holder,
        Holding memory giving,
        LotWord[] memory wanted,
        uint256 sum,
        bool own
    ) private view returns (LotWord[] memory taken) {
        (uint256 demand, uint256 due) = Lots.dueOf(wanted, block.timestamp);
        bool locked = due < wanted.length;
        // Lots are read only when the free part can't do it alone.
        if (locked || demand > giving.free) _loadLots(holder, giving);
        if (locked && !own && demand <= giving.free) {
            findings.add(Refusals.LOTS_LOCKED, giving.free, Lots.nextUnlock(giving.lots), sum);
            return taken;
        }
        uint256 before = findings.set;
        (giving.free, taken) = Lots.take(findings, giving.free, giving.lots, wanted, block.timestamp);
        if (findings.set != before || !locked) return taken;
        uint256 wouldBe = giving.lots.length + giving.reserved + Lots.lockedCount(taken);
        if (wouldBe > MAX_LOTS) findings.add(Refusals.TOO_MANY_LOTS, wouldBe, MAX_LOTS);
    }

    /// @dev The rules of the receiver's side. A recipient that is no address is the bridge's refusal: nothing is said
    /// here about its account.
    function _evaluateArrival(Arrival calldata arrival)
        private
        view
        returns (Findings memory findings, Landing memory landing)
    {
        ConfigWord config = _config;
        if (arrival.terms != config.terms()) findings.add(Refusals.TERMS_MISMATCH, arrival.terms, config.terms());
        (uint256 wouldBe, uint256 authorised) = (_supply.supply + arrival.sum, _supply.authorised);
        if (wouldBe > authorised) findings.add(Refusals.OVER_AUTHORISED_ISSUE, authorised, wouldBe);
        landing.own = arrival.fromInvestor == arrival.toInvestor;
        _evaluateRecipient(findings, landing, arrival);
        if (!_isInvestor(arrival.toInvestor)) return (findings, landing);
        Holder storage holder = _holders[uint128(uint256(arrival.toInvestor))];
        Holding memory getting = landing.getting;
        _load(holder, getting);
        uint256 getterWord = holder.eligibility;
        if ((landing.account.flags() | getting.flags) & FLAG_FROZEN != 0) findings.add(Refusals.RECEIVER_FROZEN);
        // A lapsed holder may come home.
        _checkReceiver(findings, config, getterWord, landing.own && _isHome);
        if (arrival.sum == 0) return (findings, landing);
        if (landing.own) {
            _creditOwn(findings, holder, getting, arrival.lots);
        } else if (_isInvestor(arrival.fromInvestor)) {
            uint256 giverWord = _holders[uint128(uint256(arrival.fromInvestor))].eligibility;
            // Without a record on this chain nothing is known of the giver's class.
            bool allowed = config.defaultRule() != RULE_FORBID && giverWord != 0;
            _checkClasses(findings, allowed, giverWord, getterWord);
            _checkRestart(findings, config, holder, getting, arrival.sum);
        }
    }

    /// @dev ReceiverUnbound(recipient) unless the recipient belongs to toInvestor.
    function _evaluateRecipient(Findings memory findings, Landing memory landing, Arrival calldata arrival)
        private
        view
    {
        if (!_isAccount(arrival.recipient)) return;
        landing.recipient = _toAddress(arrival.recipient);
        landing.account = _accounts[landing.recipient];
        uint128 investor = landing.account.investor();
        if (investor == 0 || bytes32(uint256(investor)) != arrival.toInvestor) {
            findings.add(Refusals.RECEIVER_UNBOUND, uint256(arrival.recipient));
        }
    }

    /// @dev Credits lots unchanged: TooManyLots(wouldBe, max).
    function _creditOwn(
        Findings memory findings,
        Holder storage holder,
        Holding memory getting,
        LotWord[] memory arriving
    ) internal view {
        if (Lots.lockedCount(arriving) > 0) _loadLots(holder, getting);
        (getting.free, getting.lots) = Lots.credit(getting.free, getting.lots, arriving, block.timestamp);
        if (!getting.loaded) return;
        uint256 wouldBe = getting.lots.length + getting.reserved;
        if (wouldBe > MAX_LOTS) findings.add(Refusals.TOO_MANY_LOTS, wouldBe, MAX_LOTS);
    }

    function _endFlight(Holding memory holding, uint256 sum, uint256 locked) private pure {
        holding.inFlight -= sum;
        holding.reserved -= locked;
        holding.orders -= 1;
    }

    /// @dev The checked addition to the supply is what keeps every balance and position below 2^96.
    function _mint(address account, AccountWord word, uint256 sum) internal {
        _supply.supply += uint96(sum);
        _accounts[account] = word.plus(sum);
        emit Transfer(address(0), account, sum);
    }
}
