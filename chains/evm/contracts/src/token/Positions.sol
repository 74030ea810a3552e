// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {LotWord, Lots} from "../libraries/Lots.sol";
import {AccountWord} from "../libraries/TokenWords.sol";
import {Holding, Words} from "../libraries/Words.sol";
import {FLAG_RETIRED, MAX_LOTS} from "../types/Constants.sol";
import {TokenBase} from "./TokenBase.sol";

/// @title Positions in memory and back, and who they belong to by now
/// @notice Every change of a position goes through `_save`, which also keeps the counts of classes: so no path can
/// forget to.
abstract contract Positions is TokenBase {
    /// @dev The position of an investor, or of the successor of a retired one, without its lots: most operations never
    /// need them.
    /// @return present Whose position it is.
    function _load(uint128 investor, Holding memory holding) internal view returns (uint128 present) {
        present = investor;
        if (_loadExactly(present, holding) & FLAG_RETIRED == 0) return present;
        present = _successorOf(investor);
        _loadExactly(present, holding);
    }

    /// @dev The position of exactly this investor, retired or not.
    function _loadExactly(uint128 investor, Holding memory holding) internal view returns (uint256 flags) {
        Holder storage holder = _holders[investor];
        Words.unpackHolding(holder.position, holding);
        assembly ("memory-safe") {
            mstore(holding, holder.slot)
        }
        return holding.flags;
    }

    /// @dev Where a loaded position is stored.
    function _place(Holding memory holding) internal pure returns (Holder storage holder) {
        assembly ("memory-safe") {
            holder.slot := mload(holding)
        }
    }

    /// @dev Reads the lots of a position, if they haven't been read yet, and folds the due ones.
    function _loadLots(Holding memory holding) internal view {
        if (holding.loaded) return;
        LotWord[] memory lots = _storedLots(holding);
        (holding.free, holding.folded) = Lots.fold(holding.free, lots, block.timestamp);
        holding.lots = lots;
        holding.loaded = true;
    }

    /// @dev The lots of a position as stored, due ones too.
    function _storedLots(Holding memory holding) internal view returns (LotWord[] memory lots) {
        Holder storage holder = _place(holding);
        uint256 count = holding.count;
        lots = new LotWord[](count);
        unchecked {
            for (uint256 i; i < count; ++i) {
                lots[i] = holder.lots[i];
            }
        }
    }

    /// @dev Free and locked tokens. Of a position that was changed in memory: with what was credited or taken.
    function _totalOf(Holding memory holding) internal view returns (uint256) {
        return holding.free + Lots.sumOf(holding.loaded ? holding.lots : _storedLots(holding));
    }

    /// @dev What counts against the limit: what is here and what is in flight from here.
    function _usedOf(Holding memory holding) internal view returns (uint256) {
        return _totalOf(holding) + Words.inFlightOf(_place(holding).record);
    }

    /// @dev Writes a position, and of its lots only those that changed. When the investor comes to have tokens here, or
    /// has none left, his class counts him or stops counting.
    function _save(uint128 investor, Holding memory holding) internal {
        Holder storage holder = _place(holding);
        if (holding.loaded) {
            LotWord[] memory lots = holding.lots;
            for (uint256 i; i < lots.length; ++i) {
                if (LotWord.unwrap(holder.lots[i]) != LotWord.unwrap(lots[i])) holder.lots[i] = lots[i];
            }
            holding.count = lots.length;
            if (holding.folded > 0) {
                emit LotsFolded(_assetId(), _toBytes32(investor), holding.folded);
                holding.folded = 0;
            }
        }
        uint256 word = Words.packHolding(holding);
        bool counts = Words.counts(word);
        if (counts != Words.counts(holding.word)) _count(Words.classOf(holder.record), counts);
        holder.position = word;
        holding.word = word;
    }

    /// @dev A class counts one holder more, or one less.
    function _count(uint16 class, bool joins) internal {
        if (joins) ++_classes[class].holders;
        else --_classes[class].holders;
    }

    /// @dev Credits lots in the form of an order to a position in memory.
    function _credit(Holding memory holding, LotWord[] memory lots) internal view {
        if (Lots.lockedCount(lots) > 0) _loadLots(holding);
        (holding.free, holding.lots) = Lots.credit(holding.free, holding.lots, lots, block.timestamp);
    }

    /// @dev Credits lots that must find room: while places don't suffice, the two nearest in time become one, to the
    /// later unlock.
    function _creditMerging(Holding memory holding, LotWord[] memory lots) internal view {
        _credit(holding, lots);
        while (holding.lots.length > 1 && holding.lots.length + holding.reserved > MAX_LOTS) {
            Lots.mergeNearest(holding.lots);
        }
    }

    /// @dev The investor that an id stands for by now: itself, or its successor.
    function _presentOf(uint128 investor) internal view returns (uint128) {
        bool retired = Words.flagsOf(_holders[investor].position) & FLAG_RETIRED != 0;
        return retired ? _successorOf(investor) : investor;
    }

    /// @dev The account that an address stands for by now: itself, or where its tokens were moved.
    function _followAccount(address account) internal view returns (address present, AccountWord word) {
        (present, word) = (account, _accounts[account]);
        if (word.investor() != 0) return (present, word);
        address next = _movedTo(account);
        if (next != address(0)) (present, word) = (next, _accounts[next]);
    }

    /// @dev The checked addition to the supply is what keeps every balance and position below 2^96.
    function _mint(address account, AccountWord word, uint256 sum) internal {
        _supply.supply += uint96(sum);
        _accounts[account] = word.plus(sum);
        emit IERC20.Transfer(address(0), account, sum);
    }

    /// @dev Takes at most the account's balance out of it and out of the supply.
    function _burn(address account, AccountWord word, uint256 sum) internal {
        _supply.supply -= uint96(sum);
        _accounts[account] = word.minus(sum);
        emit IERC20.Transfer(account, address(0), sum);
    }
}
