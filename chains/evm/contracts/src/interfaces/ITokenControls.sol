// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {AssetTerms, Lot, PairRule} from "../types/Types.sol";

/// @title What controls tell the world
/// @notice `reason` is a code of the issuer's book, `document` the hash of what orders the act; acts that come by the
/// ERC-3643 interface, which has no place for them, carry 3643 and 0.
interface ITokenControlEvents {
    event Redeemed(
        bytes32 indexed asset, bytes32 indexed investor, bytes32 account, Lot[] lots, uint16 reason, bytes32 document
    );
    event AccountFrozen(bytes32 indexed asset, bytes32 indexed account, bool frozen, uint16 reason, bytes32 document);
    event InvestorFrozen(bytes32 indexed asset, bytes32 indexed investor, bool frozen, uint16 reason, bytes32 document);
    event AmountFrozen(
        bytes32 indexed asset, bytes32 indexed investor, uint256 amount, uint16 reason, bytes32 document
    );
    /// @notice `unfroze` is how much less of the sender's holding is frozen for it.
    event ForcedTransfer(
        bytes32 indexed asset,
        bytes32 indexed from,
        bytes32 indexed to,
        uint256 amount,
        uint256 unfroze,
        uint16 reason,
        bytes32 document
    );
    event AccountRecovered(
        bytes32 indexed asset, bytes32 indexed from, bytes32 indexed to, uint256 amount, uint16 reason, bytes32 document
    );
    event InvestorReplaced(
        bytes32 indexed asset, bytes32 indexed retired, bytes32 indexed successor, uint16 reason, bytes32 document
    );
    event LotsMoved(
        bytes32 indexed asset, bytes32 indexed from, bytes32 indexed to, Lot[] lots, uint16 reason, bytes32 document
    );
    event ReleaseProposed(bytes32 indexed asset, bytes32 indexed investor, bytes32 id, uint64 eta);
    event LotsReleased(bytes32 indexed asset, bytes32 indexed investor, Lot[] lots, uint16 reason, bytes32 document);
    event ReleaseCancelled(bytes32 indexed asset, bytes32 id);
    event LotsMerged(bytes32 indexed asset, bytes32 indexed investor, Lot[] lots, Lot into);
    event VelocitySet(bytes32 indexed asset, uint256 capacity, uint256 rate);
    event TermsSet(bytes32 indexed asset, AssetTerms terms);
}

/// @title What controller, admin, guardian and holder may do to holdings beside moving them
/// @notice A controller's act names its reason (a code of the issuer's book, not 0) and the hash of the document that
/// orders it (not 0), else Malformed(11). No pause stops these acts: a court's order must work on a paused asset.
/// All failing rules are found, the lowest is raised. NotController(caller) for everyone without the asset's controller
/// role, NotAdmin(caller) and NotGuardian(caller) likewise; TokenClosed while the token imports or was replaced.
interface IHolderControls is ITokenControlEvents {
    /// @notice Takes lots out of an account and out of the world; on every chain. Controller.
    /// Requirements: SenderUnbound, SenderFrozen, AmountZero, AmountTooLarge, Malformed(2) for the form of the lots,
    /// InsufficientBalance, LotsLocked, LotUnknown, FrozenAmount.
    function redeem(address account, Lot[] calldata lots, uint16 reason, bytes32 document) external;

    /// @notice Freezes an account, or lifts it: it neither gives nor gets by itself; refunds still land. Controller.
    /// Requirements: RecipientMalformed for address zero.
    function freezeAccount(address account, bool frozen, uint16 reason, bytes32 document) external;

    /// @notice Freezes every account of an investor, present and future, or lifts it. Controller.
    /// Requirements: Malformed(1) for no investor id.
    function freezeInvestor(bytes32 investor, bool frozen, uint16 reason, bytes32 document) external;

    /// @notice Sets how much of an investor's holding must stay, absolutely; 0 lifts it. It may be more than is held:
    /// what comes later is frozen too. Controller.
    /// Requirements: Malformed(1), AmountTooLarge.
    function freezeAmount(bytes32 investor, uint256 amount, uint16 reason, bytes32 document) external;

    /// @notice Moves tokens by order of a court or register, free ones first, then locked ones with their times.
    /// No limit, quota, pair rule, velocity, lapse, freeze or block stops it. To an account of the same investor it
    /// moves balances only; to the same account nothing. Neither of these unfreezes anything. Controller.
    /// Requirements: SenderUnbound, ReceiverUnbound, ReceiverNotEligible (no permission to receive at all), AmountZero,
    /// InsufficientBalance, AmountTooLarge.
    function forceTransfer(address from, address to, uint256 amount, uint16 reason, bytes32 document) external;

    /// @notice Gives a lost account's balance to another account of the same investor and lets orders that still name
    /// the lost one follow; lots, counts and times stay as they are. Controller.
    /// Requirements: SenderUnbound(from), RecipientMalformed(to), Malformed(1) for from == to, BindingInvalid(to) for an
    /// account of another investor.
    function recover(address from, address to, uint16 reason, bytes32 document) external;

    /// @notice Merges an investor id into another, which takes over everything; orders and bindings follow. Controller.
    /// Requirements: Malformed(1) for malformed, equal or retired ids; TooManyInFlight, TooManyLots (reserved places).
    function replaceInvestor(bytes32 retired, bytes32 successor, uint16 reason, bytes32 document) external;

    /// @notice Moves lots with their times to another investor: a gift, an estate, a pledge. Both must be eligible, the
    /// pair rule is not asked. Controller.
    /// Requirements: SenderUnbound, ReceiverUnbound, SenderBlocked, SenderFrozen, ReceiverFrozen, ReceiverNotEligible,
    /// EligibilityExpired, OracleStale, AmountZero, InsufficientBalance, LotsLocked, LimitExceeded, HolderCapReached,
    /// LotUnknown, AmountTooLarge, FrozenAmount, Malformed(1) for one investor on both sides, Malformed(2).
    function moveLots(address from, address to, Lot[] calldata lots, uint16 reason, bytes32 document) external;

    /// @notice Proposes to free locked lots before their time; the only way an unlock time ever moves. Admin.
    /// Requirements: the token stands for the asset at the bridge (AssetUnknown); AmountZero, AmountTooLarge, Malformed: 1
    /// no investor id, 2 form of the lots (locked ones only), 7 proposed already, 11 no reason or document.
    function proposeRelease(bytes32 investor, Lot[] calldata lots, uint16 reason, bytes32 document)
        external
        returns (bytes32 id);

    /// @notice Frees the lots of a proposal whose delay has passed. Lots that came due meanwhile are skipped. Admin.
    /// Requirements: Malformed(7) not proposed, NotYet(eta), LotUnknown.
    function releaseLots(bytes32 investor, Lot[] calldata lots, uint16 reason, bytes32 document) external;

    /// @notice Drops a proposal. Guardian or admin. Requirements: Malformed(7) unknown.
    function cancelRelease(bytes32 id) external;

    /// @notice Makes one lot of several of the caller's, with the latest times of them: fewer places, never an earlier
    /// unlock. The one act here that a pause of transfers stops.
    /// Requirements: Paused, SenderUnbound, AmountZero, LotUnknown, AmountTooLarge, Malformed(2) fewer than two or no
    /// form.
    function mergeLots(Lot[] calldata lots) external;
}

/// @title What the admin sets for the asset as a whole
interface IAssetControls is ITokenControlEvents {
    /// @notice Sets the bucket that bounds how fast each investor may give tokens to others: `capacity` base units,
    /// refilled by `rate` a second; both 0 for none. Admin. Requirements: Malformed(13).
    function setVelocity(uint256 capacity, uint256 rate) external;

    /// @notice Puts the next version of the asset's terms in force, with all its pair rules. Admin.
    /// Requirements: the asset's decimals (DecimalsMismatch); AmountTooLarge (authorised issue); Malformed(9): not the
    /// next number, or terms that no asset may have; Malformed(14): the pair rules.
    function setTerms(AssetTerms calldata terms, PairRule[] calldata pairs) external;
}

/// @title All controls of a token. Documents are ERC-1643's: {IERC1643}
interface ITokenControls is IHolderControls, IAssetControls {}
