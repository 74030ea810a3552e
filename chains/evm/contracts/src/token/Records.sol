// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {Findings, Refusals} from "../libraries/Refusals.sol";
import {AccountWord} from "../libraries/TokenWords.sol";
import {Holding, Words} from "../libraries/Words.sol";
import {AT_INVESTOR, MAX_QUOTA, MAX_ROOM, SEND} from "../types/Constants.sol";
import {EligibilityItem, Reason} from "../types/Types.sol";
import {Positions} from "./Positions.sol";

/// @title What the oracle writes: clock, eligibility, bindings, quotas
/// @notice All of it comes from the bridge, which has checked the signatures.
abstract contract Records is Positions, ISecurityToken {
    using Refusals for Findings;

    // Of a record: the class and the permission to send, which the position depends on.
    uint256 private constant MOVING = (uint256(type(uint16).max) << 176) | (uint256(SEND) << 168);

    function setClock(uint64 issuedAt) external onlyBridge {
        _config = _config.withClock(issuedAt);
    }

    function setPause(uint8 bits) external onlyBridge {
        _config = _config.withPause(bits);
    }

    function applyEligibilities(EligibilityItem[] calldata items, uint64 number)
        external
        onlyBridge
        returns (uint256 malformed, uint256 tooLarge)
    {
        _requireOpen(_config);
        bytes32 asset_ = _assetId();
        uint256 arrivals;
        // Bounded by a batch.
        unchecked {
            for (uint256 next;; ++next) {
                bytes32 investor;
                uint256 grant;
                int256 delta;
                (next, investor, grant, delta) = _renewRun(items, next, number, asset_);
                if (grant == 0) break;
                if (!_isInvestor(investor)) {
                    malformed |= 1 << next;
                    continue;
                }
                (bool fits, bool isNew) = _grant(asset_, investor, grant, delta);
                if (!fits) tooLarge |= 1 << next;
                if (isNew) ++arrivals;
            }
        }
        if (arrivals > 0) _census.holders += uint64(arrivals);
    }

    function applyBinding(bytes32 account, bytes32 investor) external onlyBridge returns (uint16 code) {
        _requireOpen(_config);
        code = _evaluateBinding(account, investor).lowest();
        if (code != 0) return code;
        address bound = _toAddress(account);
        AccountWord word = _accounts[bound];
        uint128 present = investor == 0 ? 0 : _presentOf(uint128(uint256(investor)));
        uint128 known = word.investor();
        if (known == present || (known != 0 && _presentOf(known) == present)) return 0;
        AccountWord next = word.boundTo(present);
        _accounts[bound] = next;
        // A recovered account, which leads elsewhere, is counted too; but it never comes here.
        if (AccountWord.unwrap(word) == 0) ++_census.accounts;
        else if (AccountWord.unwrap(next) == 0) --_census.accounts;
        emit AccountBound(_assetId(), account, _toBytes32(present));
    }

    function applyQuota(uint16 class, int64 delta) external onlyBridge returns (uint16 code) {
        _requireOpen(_config);
        (int256 before, int256 holders) = (_classes[class].quota, int256(uint256(_classes[class].holders)));
        int256 quota = before + delta;
        if (quota > MAX_QUOTA || quota < -MAX_QUOTA) return Refusals.AMOUNT_TOO_LARGE;
        _classes[class].quota = int64(quota);
        emit QuotaSet(_assetId(), class, int64(quota), uint64(_released(delta, before - holders)));
    }

    /// @notice All rules that a binding would fail now.
    function explainBinding(bytes32 account, bytes32 investor)
        external
        view
        returns (uint256 set, Reason[] memory reasons)
    {
        return _evaluateBinding(account, investor).list();
    }

    /// @dev Does what items say that only renew records, as most of them do: their positions aren't touched, and one log
    /// tells of all of them. By hand, for a third of the gas; like Solidity's own reading it takes no field with bits
    /// beyond its type.
    /// @param next The first item of the run.
    /// @return The first item that does more than renew, or names no known investor.
    /// @return investor Of that item.
    /// @return grant That item as the high half of a record, with the batch as its sequence, which is 1 at least; zero
    /// when all items are done.
    /// @return delta Of that item.
    function _renewRun(EligibilityItem[] calldata items, uint256 next, uint256 batch, bytes32 asset_)
        private
        returns (uint256, bytes32 investor, uint256 grant, int256 delta)
    {
        bytes32 topic = EligibilitiesRenewed.selector;
        uint256 moving = MOVING;
        assembly ("memory-safe") {
            let item := add(items.offset, mul(next, 0xc0))
            // The event's data, in free memory: offset of the list | how many | one word each.
            let place := add(mload(0x40), 0x40)
            for {} lt(next, items.length) { next := add(next, 1) } {
                investor := calldataload(add(item, 0x20))
                grant := calldataload(add(item, 0x40))
                delta := calldataload(add(item, 0xa0))
                {
                    let class := calldataload(add(item, 0x60))
                    let permissions := calldataload(add(item, 0x80))
                    let beyond := or(shr(64, grant), or(shr(16, class), shr(8, permissions)))
                    if or(beyond, sub(signextend(15, delta), delta)) { revert(0, 0) }
                    grant := or(shl(192, grant), or(shl(176, class), or(shl(168, permissions), shl(128, batch))))
                }
                if or(delta, shr(128, investor)) { break }
                mstore(0x00, investor)
                mstore(0x20, _holders.slot)
                let slot := add(keccak256(0x00, 0x40), 1)
                let record := sload(slot)
                // An investor that is known, and may send and is counted as before: nobody has number 0, so he is none.
                if or(iszero(record), and(xor(record, grant), moving)) { break }
                sstore(slot, or(grant, and(record, 0xffffffffffffffffffffffffffffffff)))
                mstore(place, or(grant, investor))
                place := add(place, 0x20)
                item := add(item, 0xc0)
                grant := 0
            }
            let data := mload(0x40)
            let size := sub(place, data)
            if gt(size, 0x40) {
                mstore(data, 0x20)
                mstore(add(data, 0x20), sub(shr(5, size), 2))
                log2(data, size, topic, asset_)
            }
        }
        return (next, investor, grant, delta);
    }

    /// @dev Writes the record of exactly this investor, retired or not.
    /// @return fits False when the item would move the room further out of its range: then nothing changed.
    /// @return isNew True when nothing was known of the investor before.
    function _grant(bytes32 asset_, bytes32 investor, uint256 grant, int256 delta)
        private
        returns (bool fits, bool isNew)
    {
        Holder storage holder = _holders[uint128(uint256(investor))];
        (uint256 position, uint256 record) = (holder.position, holder.record);
        int256 before = Words.roomOf(position);
        if (!_regrant(holder, position, record, grant, delta)) return (false, false);
        holder.record = grant | (record & type(uint128).max);
        emit EligibilitySet(asset_, investor, grant);
        if (delta != 0) emit LimitSet(asset_, investor, before + delta, _released(delta, before));
        return (true, record | position == 0);
    }

    /// @dev What an item changes of a position: its room, whether the investor may send, the class that counts him.
    /// @return fits See `_grant`. A room that is out of its range already (by sales after a large grant) stops no item
    /// that leaves it or brings it back: a revocation must not be skipped for it.
    function _regrant(Holder storage holder, uint256 position, uint256 record, uint256 grant, int256 delta)
        private
        returns (bool fits)
    {
        int256 room;
        // Both are of less than 137 bits.
        unchecked {
            room = Words.roomOf(position) + delta;
        }
        if ((delta > 0 && room > MAX_ROOM) || (delta < 0 && room < -MAX_ROOM)) return false;
        uint256 next = Words.granted(position, room, Words.permissionsOf(grant) & SEND != 0);
        if (next != position) holder.position = next;
        // A class change takes its holder along at once, whatever the quotas.
        if (Words.counts(position) && Words.classOf(record) != Words.classOf(grant)) {
            _count(Words.classOf(record), false);
            _count(Words.classOf(grant), true);
        }
        return true;
    }

    /// @dev What of a cut by `delta` the oracle may grant elsewhere: as much as nobody used.
    function _released(int256 delta, int256 roomBefore) private pure returns (uint256) {
        if (delta >= 0 || roomBefore <= 0) return 0;
        return uint256(-delta < roomBefore ? -delta : roomBefore);
    }

    /// @dev RecipientMalformed(account); AccountInUse(balance, inFlight) when a change of investor would take tokens,
    /// held or in flight, from the one they belong to; BindingInvalid(account) of an account that was recovered: an
    /// order in flight from it would be refunded to somebody else's account; Malformed for no investor id.
    function _evaluateBinding(bytes32 account, bytes32 investor) private view returns (Findings memory findings) {
        if (investor != 0 && !_isInvestor(investor)) findings.add(Refusals.MALFORMED, AT_INVESTOR);
        if (!_isAccount(account)) {
            findings.add(Refusals.RECIPIENT_MALFORMED, uint256(account));
            return findings;
        }
        if (_movedTo(_toAddress(account)) != address(0)) findings.add(Refusals.BINDING_INVALID, uint256(account));
        AccountWord known = _accounts[_toAddress(account)];
        uint128 present = known.investor();
        if (present == 0) return findings;
        Holding memory holding;
        present = _load(present, holding);
        if (_isInvestor(investor) && _presentOf(uint128(uint256(investor))) == present) return findings;
        if (known.balance() > 0 || holding.orders > 0) {
            findings.add(Refusals.ACCOUNT_IN_USE, known.balance(), Words.inFlightOf(_place(holding).record));
        }
    }
}
