// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../interfaces/IRefusals.sol";
import {ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {LotWord, Lots} from "../libraries/Lots.sol";
import {Findings, Refusals} from "../libraries/Refusals.sol";
import {AccountWord, ConfigWord} from "../libraries/TokenWords.sol";
import {Holding, Words} from "../libraries/Words.sol";
import {FLAG_FROZEN, MAX_FOREIGN_LOTS, RECEIVE, RULE_FORBID, RULE_RESTART, SEND} from "../types/Constants.sol";

/// @title Storage of a token, and the rules that several operations share
/// @notice Laid out so that a local transfer touches seven slots: config, two accounts, and for each investor the
/// position and the eligibility word.
abstract contract TokenBase is IRefusals, ISecurityToken {
    using Refusals for Findings;

    /// @dev Everything of one investor. Slots of `lots` beyond the position's count are left dirty: the count rules,
    /// and the next lot in such a slot costs 17,000 less.
    struct Holder {
        uint256 position;
        uint256 eligibility;
        LotWord[32] lots;
    }

    /// @dev One word for what every crossing touches.
    struct Supply {
        uint96 supply;
        uint96 authorised;
    }

    /// @dev Growing counters of the home chain.
    struct Issue {
        uint128 issued;
        uint128 redeemed;
    }

    struct Class {
        int64 quota;
        uint64 holders;
    }

    address public immutable bridge;
    bytes32 public immutable asset;
    bool internal immutable _isHome;
    uint256 internal immutable _chainId;

    ConfigWord internal _config;
    Supply internal _supply;
    Issue internal _issue;
    uint96 internal _minLot;
    mapping(address => AccountWord) internal _accounts;
    mapping(uint128 investor => Holder) internal _holders;
    mapping(uint16 class => Class) internal _classes;

    /// @dev Requirements: the chain is the one of the deployment, or after a fork both halves would act on one
    /// signature.
    modifier onThisChain() {
        if (block.chainid != _chainId) revert DomainMismatch(block.chainid, _chainId);
        _;
    }

    modifier onlyBridge() {
        if (msg.sender != bridge) revert OnlyBridge(msg.sender);
        _;
    }

    /// @dev True for 16 zero bytes followed by 16 bytes that are not all zero.
    function _isInvestor(bytes32 id) internal pure returns (bool) {
        return uint256(id) >> 128 == 0 && id != 0;
    }

    /// @dev True for 12 zero bytes followed by a non-zero address.
    function _isAccount(bytes32 account) internal pure returns (bool) {
        return uint256(account) >> 160 == 0 && account != 0;
    }

    function _toAddress(bytes32 account) internal pure returns (address) {
        return address(uint160(uint256(account)));
    }

    function _toBytes32(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    /// @dev The position without its lots: most operations never need them. Keeps the place where it belongs.
    function _load(Holder storage holder, Holding memory holding) internal view {
        Words.unpackHolding(holder.position, holding);
        assembly ("memory-safe") {
            mstore(holding, holder.slot)
        }
    }

    /// @dev Reads the lots of a position, if they haven't been read yet, and folds the due ones.
    function _loadLots(Holder storage holder, Holding memory holding) internal view {
        if (holding.loaded) return;
        uint256 count = holding.count;
        LotWord[] memory lots = new LotWord[](count);
        for (uint256 i; i < count; ++i) {
            lots[i] = holder.lots[i];
        }
        (holding.free, holding.folded) = Lots.fold(holding.free, lots, block.timestamp);
        holding.lots = lots;
        holding.loaded = true;
    }

    /// @dev Writes a position, and of its lots only those that changed.
    function _save(uint128 investor, Holding memory holding) internal {
        Holder storage holder;
        assembly ("memory-safe") {
            holder.slot := mload(holding)
        }
        if (holding.loaded) {
            LotWord[] memory lots = holding.lots;
            for (uint256 i; i < lots.length; ++i) {
                if (LotWord.unwrap(holder.lots[i]) != LotWord.unwrap(lots[i])) holder.lots[i] = lots[i];
            }
            holding.count = lots.length;
            if (holding.folded > 0) emit LotsFolded(asset, bytes32(uint256(investor)), holding.folded);
        }
        holder.position = Words.packHolding(holding);
    }

    /// @dev SenderBlocked(permissions), SenderFrozen.
    function _checkSender(Findings memory findings, uint256 word, uint256 flags) internal pure {
        uint256 permissions = Words.permissionsOf(word);
        if (permissions & SEND == 0) findings.add(Refusals.SENDER_BLOCKED, permissions);
        if (flags & FLAG_FROZEN != 0) findings.add(Refusals.SENDER_FROZEN);
    }

    /// @dev ReceiverNotEligible(permissions), EligibilityExpired(since) unless `lapseAllowed`, OracleStale(age,
    /// maxAge).
    function _checkReceiver(Findings memory findings, ConfigWord config, uint256 word, bool lapseAllowed)
        internal
        view
    {
        uint256 permissions = Words.permissionsOf(word);
        if (permissions & RECEIVE == 0) {
            findings.add(Refusals.RECEIVER_NOT_ELIGIBLE, permissions);
        } else if (!lapseAllowed && block.timestamp >= Words.validUntilOf(word)) {
            findings.add(Refusals.ELIGIBILITY_EXPIRED, Words.validUntilOf(word));
        }
        // Said without a subtraction: a batch may be up to a minute ahead of this chain, and its age is nothing then.
        uint256 freshUntil = config.issuedAt() + config.maxOracleAge();
        if (block.timestamp > freshUntil) {
            findings.add(Refusals.ORACLE_STALE, block.timestamp - config.issuedAt(), config.maxOracleAge());
        }
    }

    /// @dev The pair rule of two investors' classes: ClassTransferForbidden(fromClass, toClass).
    function _checkClasses(Findings memory findings, bool allowed, uint256 giverWord, uint256 getterWord)
        internal
        pure
    {
        if (allowed) return;
        (uint256 fromClass, uint256 toClass) = (Words.classOf(giverWord), Words.classOf(getterWord));
        findings.add(Refusals.CLASS_TRANSFER_FORBIDDEN, fromClass, toClass);
    }

    /// @dev Under Restart, for the lot that `amount` makes: LotTooSmall(min), TooManyLots(wouldBe, max).
    function _checkRestart(
        Findings memory findings,
        ConfigWord config,
        Holder storage holder,
        Holding memory holding,
        uint256 amount
    ) internal view {
        if (config.defaultRule() != RULE_RESTART) return;
        if (amount < _minLot) findings.add(Refusals.LOT_TOO_SMALL, _minLot);
        _loadLots(holder, holding);
        uint256 count = holding.lots.length;
        uint256 wouldBe = count + holding.reserved + 1;
        if (wouldBe <= MAX_FOREIGN_LOTS) return;
        // By its times alone: an amount that is too large anyway would spill over into them.
        if (Lots.indexOf(holding.lots, _restarted(config, 0).times(), count) == count) {
            findings.add(Refusals.TOO_MANY_LOTS, wouldBe, MAX_FOREIGN_LOTS);
        }
    }

    /// @dev The lot that a transfer under Restart makes.
    function _restarted(ConfigWord config, uint256 amount) internal view returns (LotWord) {
        return Lots.make(amount, block.timestamp, block.timestamp + config.holdingPeriod());
    }

    /// @dev Gives `amount` to another investor's position by the pair rule.
    function _receive(ConfigWord config, Holding memory holding, uint256 amount) internal view {
        if (config.defaultRule() == RULE_RESTART) {
            LotWord[] memory arriving = new LotWord[](1);
            arriving[0] = _restarted(config, amount);
            (holding.free, holding.lots) = Lots.credit(holding.free, holding.lots, arriving, block.timestamp);
        } else {
            // Positions together are at most the supply, which is below 2^96.
            unchecked {
                holding.free += amount;
            }
        }
    }
}
