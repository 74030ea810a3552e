// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Buckets} from "../libraries/Buckets.sol";
import {LotWord, Lots} from "../libraries/Lots.sol";
import {Findings, Refusals} from "../libraries/Refusals.sol";
import {ConfigWord} from "../libraries/TokenWords.sol";
import {Holding, Words} from "../libraries/Words.sol";
import {
    CONFIG_PAIRS,
    CONFIG_VELOCITY,
    FLAG_FROZEN,
    FLAG_PARTLY_FROZEN,
    MAX_FOREIGN_LOTS,
    RECEIVE,
    RULE_RESTART,
    SEND
} from "../types/Constants.sol";
import {Positions} from "./Positions.sol";

/// @title The rules that several operations share
/// @notice Each adds what fails to the findings and changes nothing.
abstract contract Rules is Positions {
    using Refusals for Findings;

    /// @dev SenderBlocked(permissions), SenderFrozen.
    function _checkSender(Findings memory findings, uint256 record, uint256 flags) internal pure {
        uint256 permissions = Words.permissionsOf(record);
        if (permissions & SEND == 0) findings.add(Refusals.SENDER_BLOCKED, permissions);
        if (flags & FLAG_FROZEN != 0) findings.add(Refusals.SENDER_FROZEN);
    }

    /// @dev ReceiverNotEligible(permissions), EligibilityExpired(since) unless `lapseAllowed`, OracleStale(age,
    /// maxAge).
    function _checkReceiver(Findings memory findings, ConfigWord config, uint256 record, bool lapseAllowed)
        internal
        view
    {
        uint256 permissions = Words.permissionsOf(record);
        if (permissions & RECEIVE == 0) {
            findings.add(Refusals.RECEIVER_NOT_ELIGIBLE, permissions);
        } else if (!lapseAllowed && block.timestamp >= Words.validUntilOf(record)) {
            findings.add(Refusals.ELIGIBILITY_EXPIRED, Words.validUntilOf(record));
        }
        // Said without a subtraction: a batch may be up to a minute ahead of this chain, and its age is nothing then.
        uint256 freshUntil;
        unchecked {
            freshUntil = config.issuedAt() + config.maxOracleAge();
        }
        if (block.timestamp > freshUntil) {
            findings.add(Refusals.ORACLE_STALE, block.timestamp - config.issuedAt(), config.maxOracleAge());
        }
    }

    /// @dev LimitExceeded(limit, wouldBe) when `amount` more would pass the investor's limit. Before `getting` changes.
    function _checkLimit(Findings memory findings, Holding memory getting, uint256 record, uint256 amount)
        internal
        view
    {
        if (int256(amount) <= getting.room || !Words.exists(record)) return;
        uint256 used = _usedOf(getting);
        findings.add(Refusals.LIMIT_EXCEEDED, uint256(getting.room + int256(used)), used + amount);
    }

    /// @dev HolderCapReached(class, quota) when the investor has nothing yet and his class has no seat; `leaving`
    /// holders of the class go by the same move.
    function _checkQuota(Findings memory findings, Holding memory getting, uint256 record, uint256 leaving)
        internal
        view
    {
        if (Words.counts(getting.word) || !Words.exists(record)) return;
        uint16 number = Words.classOf(record);
        Class memory class = _classes[number];
        if (int256(uint256(class.holders)) - int256(leaving) >= class.quota) {
            findings.add(Refusals.HOLDER_CAP_REACHED, number, uint256(int256(class.quota)));
        }
    }

    /// @dev How many seats of the receiver's class `amount` frees by leaving `giving`: 1 when it is all that the
    /// investor has and is in flight, and nothing forbids taking it. Before `giving` changes.
    function _leaving(
        Findings memory findings,
        Holding memory giving,
        uint256 giverRecord,
        uint256 getterRecord,
        uint256 amount
    ) internal pure returns (uint256) {
        uint256 lots = giving.loaded ? giving.lots.length : giving.count;
        if (giving.free != amount || lots > 0 || giving.orders > 0) return 0;
        if (findings.has(Refusals.INSUFFICIENT_BALANCE) || findings.has(Refusals.FROZEN_AMOUNT)) return 0;
        return Words.classOf(giverRecord) == Words.classOf(getterRecord) ? 1 : 0;
    }

    /// @dev FrozenAmount(frozen) when taking `amount` would leave less than was frozen. Before `giving` changes.
    function _checkFrozen(Findings memory findings, Holding memory giving, uint256 amount) internal view {
        if (giving.flags & FLAG_PARTLY_FROZEN == 0) return;
        uint256 frozen = Words.frozenOf(_place(giving).extra);
        if (_totalOf(giving) < frozen + amount) findings.add(Refusals.FROZEN_AMOUNT, frozen);
    }

    /// @dev VelocityExceeded(wait) when `amount` is more than may leave the investor now.
    /// @return extra The investor's extra word with `amount` spent, or zero when there is no velocity.
    function _checkVelocity(Findings memory findings, ConfigWord config, Holding memory giving, uint256 amount)
        internal
        view
        returns (uint256 extra)
    {
        if (!config.has(CONFIG_VELOCITY)) return 0;
        extra = _place(giving).extra;
        Velocity memory velocity = _velocity;
        uint256 spent =
            Buckets.spentNow(Words.spentOf(extra), Words.spentAtOf(extra), velocity.rate, 1, block.timestamp);
        (uint256 wait,) = Buckets.ask(spent, velocity.capacity, velocity.rate, 1, amount);
        if (wait > 0) findings.add(Refusals.VELOCITY_EXCEEDED, wait);
        return Words.withSpent(extra, spent + amount, block.timestamp);
    }

    /// @dev Notes what `_checkVelocity` answered.
    function _spend(Holding memory giving, uint256 extra) internal {
        if (extra != 0) _place(giving).extra = extra;
    }

    /// @dev The rule from one class to another: an exception, or the default.
    function _ruleOf(ConfigWord config, uint256 giverRecord, uint256 getterRecord) internal view returns (uint256) {
        if (config.has(CONFIG_PAIRS)) {
            uint256 pair = (uint256(Words.classOf(giverRecord)) << 16) | Words.classOf(getterRecord);
            uint256 exception = _pairRules[pair];
            if (exception != 0) return exception - 1;
        }
        return config.defaultRule();
    }

    /// @dev ClassTransferForbidden(fromClass, toClass).
    function _forbid(Findings memory findings, uint256 giverRecord, uint256 getterRecord) internal pure {
        findings.add(Refusals.CLASS_TRANSFER_FORBIDDEN, Words.classOf(giverRecord), Words.classOf(getterRecord));
    }

    /// @dev Under Restart, for the lot that `amount` makes: LotTooSmall(min), TooManyLots(wouldBe, max).
    function _checkRestart(Findings memory findings, ConfigWord config, Holding memory getting, uint256 amount)
        internal
        view
    {
        uint256 least = _census.minLot;
        if (amount < least) findings.add(Refusals.LOT_TOO_SMALL, least);
        _loadLots(getting);
        uint256 count = getting.lots.length;
        uint256 wouldBe = count + getting.reserved + 1;
        if (wouldBe <= MAX_FOREIGN_LOTS) return;
        // By its times alone: an amount that is too large anyway would spill over into them.
        if (Lots.indexOf(getting.lots, _restarted(config, 0).times(), count) == count) {
            findings.add(Refusals.TOO_MANY_LOTS, wouldBe, MAX_FOREIGN_LOTS);
        }
    }

    /// @dev The lot that a transfer under Restart makes.
    function _restarted(ConfigWord config, uint256 amount) internal view returns (LotWord) {
        return Lots.make(amount, block.timestamp, block.timestamp + config.holdingPeriod());
    }

    /// @dev Gives `amount` to another investor's position by the pair rule.
    function _receive(ConfigWord config, uint256 rule, Holding memory getting, uint256 amount) internal view {
        // A room has 136 bits, what passes through it 96.
        unchecked {
            getting.room -= int256(amount);
        }
        if (rule == RULE_RESTART) {
            LotWord[] memory arriving = new LotWord[](1);
            arriving[0] = _restarted(config, amount);
            _credit(getting, arriving);
        } else {
            // Positions together are at most the supply, which is below 2^96.
            unchecked {
                getting.free += amount;
            }
        }
    }

    /// @dev Takes the lots that `wanted` names, in the form of an order with the sum `sum`, out of `giving`:
    /// LotsLocked, TooManyLots, LotUnknown. To another investor (`own` false) nothing locked moves.
    function _take(Findings memory findings, Holding memory giving, LotWord[] memory wanted, uint256 sum, bool own)
        internal
        view
        returns (LotWord[] memory taken)
    {
        (uint256 demand, uint256 due) = Lots.dueOf(wanted, block.timestamp);
        bool locked = due < wanted.length;
        // Lots are read only when the free part can't do it alone.
        if (locked || demand > giving.free) _loadLots(giving);
        if (locked && !own && demand <= giving.free) {
            findings.add(Refusals.LOTS_LOCKED, giving.free, Lots.nextUnlock(giving.lots), sum);
            return taken;
        }
        (giving.free, taken) = Lots.takeFolded(findings, giving.free, giving.lots, wanted, demand, due);
    }
}
