// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {AT_LOTS, MAX_AMOUNT} from "../types/Constants.sol";
import {Lot} from "../types/Types.sol";
import {Findings, Refusals} from "./Refusals.sol";

/// @dev A lot in one word: unlocksAt u64 | acquiredAt u64 | amount u96 in the low 224 bits. So the canonical order
/// (ascending by unlocksAt, then acquiredAt) is the order of numbers, and free tokens are a word below 2^96.
type LotWord is uint256;

using Lots for LotWord global;

/// @title Arithmetic of lots
/// @notice Pure functions over a free amount and a list of lots; the same names in every language of the project.
/// Kept by all: the sum over free and lots changes only by what is taken or credited, and no lot comes out with an
/// earlier unlock time than it went in. Amounts in base units, times in UTC seconds.
/// @dev Lists are changed in place: a removed lot is overwritten by the last one, so that storing a list again writes
/// few slots. Lists that come from or go to others are canonical.
library Lots {
    using Refusals for Findings;

    function make(uint256 amount_, uint256 acquiredAt_, uint256 unlocksAt_) internal pure returns (LotWord) {
        return LotWord.wrap((unlocksAt_ << 160) | (acquiredAt_ << 96) | amount_);
    }

    function amount(LotWord lot) internal pure returns (uint256) {
        return uint96(LotWord.unwrap(lot));
    }

    function acquiredAt(LotWord lot) internal pure returns (uint256) {
        return uint64(LotWord.unwrap(lot) >> 96);
    }

    function unlocksAt(LotWord lot) internal pure returns (uint256) {
        return LotWord.unwrap(lot) >> 160;
    }

    /// @dev Both times as one number: equal for lots that merge, zero for free tokens.
    function times(LotWord lot) internal pure returns (uint256) {
        return LotWord.unwrap(lot) >> 96;
    }

    /// @dev The lot with more tokens. The caller knows that the sum stays below 2^96.
    function plus(LotWord lot, uint256 more) internal pure returns (LotWord) {
        return LotWord.wrap(LotWord.unwrap(lot) + more);
    }

    /// @dev The lot with fewer tokens; at most its amount.
    function minus(LotWord lot, uint256 less) internal pure returns (LotWord) {
        return LotWord.wrap(LotWord.unwrap(lot) - less);
    }

    /// @notice Checks the form of an order's lots and packs them.
    /// Adds AmountZero for an empty list or a zero amount anywhere, else Malformed(AT_LOTS) unless at most one free
    /// part stands first and the rest is strictly ascending by (unlocksAt, acquiredAt) with unlocksAt > 0; and
    /// AmountTooLarge(sum, max) when the sum can't be held.
    /// @return words The lots packed, meaningful only when nothing was added.
    /// @return sum Sum of the amounts.
    function read(Findings memory findings, Lot[] memory lots)
        internal
        pure
        returns (LotWord[] memory words, uint256 sum)
    {
        words = new LotWord[](lots.length);
        bool zero = lots.length == 0;
        bool ordered = true;
        uint256 previous;
        for (uint256 i; i < lots.length; ++i) {
            Lot memory lot = lots[i];
            sum += lot.amount;
            if (lot.amount == 0) zero = true;
            words[i] = make(uint96(lot.amount), lot.acquiredAt, lot.unlocksAt);
            uint256 key = times(words[i]);
            bool free = i == 0 && key == 0;
            if (!free && (lot.unlocksAt == 0 || key <= previous)) ordered = false;
            previous = key;
        }
        if (zero) findings.add(Refusals.AMOUNT_ZERO);
        else if (!ordered) findings.add(Refusals.MALFORMED, AT_LOTS);
        if (sum > MAX_AMOUNT) findings.add(Refusals.AMOUNT_TOO_LARGE, sum, MAX_AMOUNT);
    }

    /// @notice Turns lots that are due at `time` into free tokens.
    /// @return left The free amount after it.
    /// @return folded How much became free.
    function fold(uint256 free, LotWord[] memory lots, uint256 time)
        internal
        pure
        returns (uint256 left, uint256 folded)
    {
        // A position is below 2^96, and so are its parts together.
        unchecked {
            uint256 i;
            while (i < lots.length) {
                LotWord lot = lots[i];
                if (lot.unlocksAt() <= time) {
                    folded += lot.amount();
                    _remove(lots, i);
                } else {
                    ++i;
                }
            }
            left = free + folded;
        }
    }

    /// @notice Takes the lots that `wanted` names, in the form of an order, out of a holding.
    /// A name whose time has come is served from the free part: its lot may have been folded meanwhile. A larger lot is
    /// split, and both parts keep their times. Adds LotsLocked(free, nextUnlock, demand) when the free part doesn't
    /// cover the free demand, else LotUnknown(acquiredAt, unlocksAt, have) for the first named lot that is missing or
    /// smaller.
    /// @return left The free amount after it; `lots` is changed in place. Meaningless when something was added.
    /// @return taken What was taken, in the form of an order.
    function take(Findings memory findings, uint256 free, LotWord[] memory lots, LotWord[] memory wanted, uint256 time)
        internal
        pure
        returns (uint256 left, LotWord[] memory taken)
    {
        (left,) = fold(free, lots, time);
        (uint256 demand, uint256 due) = dueOf(wanted, time);
        return takeFolded(findings, left, lots, wanted, demand, due);
    }

    /// @notice The same of a holding that is folded, with what `dueOf` says of `wanted`.
    /// @return left The free amount after it; `lots` is changed in place. Meaningless when something was added.
    /// @return taken What was taken, in the form of an order.
    function takeFolded(
        Findings memory findings,
        uint256 free,
        LotWord[] memory lots,
        LotWord[] memory wanted,
        uint256 demand,
        uint256 due
    ) internal pure returns (uint256 left, LotWord[] memory taken) {
        left = free;
        if (demand > left) {
            findings.add(Refusals.LOTS_LOCKED, left, nextUnlock(lots), demand);
            return (left, taken);
        }
        // What is taken of `free` and the lengths of two lists: nothing here can pass 256 bits.
        unchecked {
            left -= demand;
            uint256 first = demand == 0 ? 0 : 1;
            taken = new LotWord[](wanted.length - due + first);
            if (first == 1) taken[0] = LotWord.wrap(demand);
            for (uint256 i = due; i < wanted.length; ++i) {
                if (!_subtract(findings, lots, wanted[i])) return (left, taken);
                taken[first + i - due] = wanted[i];
            }
        }
    }

    /// @notice Adds lots in the form of an order to a holding: due and free parts become free, equal times merge,
    /// others are appended.
    /// @return left The free amount after it.
    /// @return all The lots after it.
    function credit(uint256 free, LotWord[] memory lots, LotWord[] memory arriving, uint256 time)
        internal
        pure
        returns (uint256 left, LotWord[] memory all)
    {
        left = free;
        uint256 count = lots.length;
        all = new LotWord[](count + arriving.length);
        for (uint256 i; i < count; ++i) {
            all[i] = lots[i];
        }
        for (uint256 i; i < arriving.length; ++i) {
            LotWord lot = arriving[i];
            if (lot.unlocksAt() <= time) {
                left += lot.amount();
                continue;
            }
            uint256 place = indexOf(all, lot.times(), count);
            if (place == count) all[count++] = lot;
            else all[place] = all[place].plus(lot.amount());
        }
        _setLength(all, count);
    }

    /// @notice Takes `wanted` tokens whatever they are: free ones first, then locked lots in canonical order, the last
    /// one split. The caller knows that they are there. For controller actions, which name no lots.
    /// @return left The free amount after it; `lots` is changed in place and canonical.
    /// @return taken What was taken, in the form of an order.
    function takeAny(uint256 free, LotWord[] memory lots, uint256 wanted, uint256 time)
        internal
        pure
        returns (uint256 left, LotWord[] memory taken)
    {
        (left,) = fold(free, lots, time);
        sort(lots);
        taken = new LotWord[](lots.length + 1);
        uint256 count;
        uint256 part = wanted < left ? wanted : left;
        if (part > 0) taken[count++] = LotWord.wrap(part);
        left -= part;
        wanted -= part;
        uint256 whole;
        for (; wanted > 0; wanted -= part) {
            LotWord lot = lots[whole];
            part = lot.amount();
            if (part <= wanted) {
                ++whole;
            } else {
                part = wanted;
                lots[whole] = lot.minus(part);
            }
            taken[count++] = make(part, lot.acquiredAt(), lot.unlocksAt());
        }
        _setLength(taken, count);
        for (uint256 i = whole; i < lots.length; ++i) {
            lots[i - whole] = lots[i];
        }
        _setLength(lots, lots.length - whole);
    }

    /// @notice Makes one lot of the two that are nearest in unlock time (the first such pair in canonical order), to
    /// the later times. A single lot stays. `lots` is changed in place and canonical.
    /// @dev The joined lot never equals a third one: that one would have been the nearer neighbour.
    function mergeNearest(LotWord[] memory lots) internal pure {
        if (lots.length < 2) return;
        sort(lots);
        uint256 nearest;
        uint256 least = type(uint256).max;
        for (uint256 i; i + 1 < lots.length; ++i) {
            uint256 gap = lots[i + 1].unlocksAt() - lots[i].unlocksAt();
            if (gap < least) (nearest, least) = (i, gap);
        }
        lots[nearest] = _joined(lots[nearest], lots[nearest + 1]);
        for (uint256 i = nearest + 2; i < lots.length; ++i) {
            lots[i - 1] = lots[i];
        }
        _setLength(lots, lots.length - 1);
    }

    /// @notice Makes one lot of those that `named` names whole, to the latest times among them; a lot that has these
    /// times already takes them in. Adds LotUnknown(acquiredAt, unlocksAt, have) for the first one that isn't stored
    /// with just this amount. `named` holds at least two.
    /// @return folded How much became free before.
    /// @return into The named lots as one; `lots` is changed in place. Meaningless when something was added.
    function mergeLots(Findings memory findings, LotWord[] memory lots, LotWord[] memory named, uint256 time)
        internal
        pure
        returns (uint256 folded, LotWord into)
    {
        (, folded) = fold(0, lots, time);
        for (uint256 i; i < named.length; ++i) {
            uint256 place = indexOf(lots, named[i].times(), lots.length);
            uint256 have = place == lots.length ? 0 : lots[place].amount();
            if (have == 0 || have != named[i].amount()) {
                findings.add(Refusals.LOT_UNKNOWN, named[i].acquiredAt(), named[i].unlocksAt(), have);
                return (folded, into);
            }
            _remove(lots, place);
            into = i == 0 ? named[i] : _joined(into, named[i]);
        }
        uint256 twin = indexOf(lots, into.times(), lots.length);
        if (twin < lots.length) {
            lots[twin] = lots[twin].plus(into.amount());
        } else {
            // A place is free: at least one lot was removed.
            _setLength(lots, lots.length + 1);
            lots[twin] = into;
        }
    }

    /// @notice Sum of the amounts.
    function sumOf(LotWord[] memory lots) internal pure returns (uint256 sum) {
        for (uint256 i; i < lots.length; ++i) {
            sum += lots[i].amount();
        }
    }

    /// @notice The part of a list in the form of an order that is free or due: its sum and its number of entries.
    /// They stand first, because such a list ascends by unlock time.
    function dueOf(LotWord[] memory wanted, uint256 time) internal pure returns (uint256 demand, uint256 count) {
        for (; count < wanted.length; ++count) {
            LotWord lot = wanted[count];
            if (lot.unlocksAt() > time) break;
            demand += lot.amount();
        }
    }

    /// @notice Number of locked lots: all but a free part. Counted, because a request may name free parts out of place.
    function lockedCount(LotWord[] memory lots) internal pure returns (uint256 count) {
        unchecked {
            for (uint256 i; i < lots.length; ++i) {
                if (lots[i].times() != 0) ++count;
            }
        }
    }

    /// @notice Least unlock time, 0 without lots.
    function nextUnlock(LotWord[] memory lots) internal pure returns (uint256 least) {
        for (uint256 i; i < lots.length; ++i) {
            uint256 time = lots[i].unlocksAt();
            if (i == 0 || time < least) least = time;
        }
    }

    /// @notice Place of the lot with these times among the first `count`; `count` when there is none.
    function indexOf(LotWord[] memory lots, uint256 times_, uint256 count) internal pure returns (uint256 place) {
        unchecked {
            while (place < count && lots[place].times() != times_) ++place;
        }
    }

    /// @notice Brings a list into canonical order, in place. At most 32 lots, so insertion will do.
    function sort(LotWord[] memory lots) internal pure {
        for (uint256 i = 1; i < lots.length; ++i) {
            LotWord lot = lots[i];
            uint256 j = i;
            for (; j > 0 && LotWord.unwrap(lots[j - 1]) > LotWord.unwrap(lot); --j) {
                lots[j] = lots[j - 1];
            }
            lots[j] = lot;
        }
    }

    /// @notice The lots as structs.
    function unpack(LotWord[] memory words) internal pure returns (Lot[] memory lots) {
        lots = new Lot[](words.length);
        for (uint256 i; i < words.length; ++i) {
            LotWord lot = words[i];
            lots[i] = Lot(uint128(lot.amount()), uint64(lot.acquiredAt()), uint64(lot.unlocksAt()));
        }
    }

    function _subtract(Findings memory findings, LotWord[] memory lots, LotWord want) private pure returns (bool) {
        uint256 place = indexOf(lots, want.times(), lots.length);
        uint256 have = place == lots.length ? 0 : lots[place].amount();
        if (have < want.amount()) {
            findings.add(Refusals.LOT_UNKNOWN, want.acquiredAt(), want.unlocksAt(), have);
            return false;
        }
        if (have == want.amount()) _remove(lots, place);
        else lots[place] = lots[place].minus(want.amount());
        return true;
    }

    /// @dev Two lots as one: the sum, the later time of acquiring, the later unlock.
    function _joined(LotWord one, LotWord other) private pure returns (LotWord) {
        uint256 acquired = one.acquiredAt() > other.acquiredAt() ? one.acquiredAt() : other.acquiredAt();
        uint256 unlocks = one.unlocksAt() > other.unlocksAt() ? one.unlocksAt() : other.unlocksAt();
        return make(one.amount() + other.amount(), acquired, unlocks);
    }

    function _remove(LotWord[] memory lots, uint256 place) private pure {
        uint256 last = lots.length - 1;
        lots[place] = lots[last];
        _setLength(lots, last);
    }

    /// @dev Shortens a list in place, or gives back a place that was shortened away before.
    function _setLength(LotWord[] memory lots, uint256 length) private pure {
        assembly ("memory-safe") {
            mstore(lots, length)
        }
    }
}
