// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

/// @title Everything that can be refused, by number
/// @notice The number of an error is its place here, from 1; it is the same on every chain. Never renumber, append.
/// All values are uint256: accounts, investors, assets, lanes and orders are their bytes32 as a number.
interface IRefusals {
    error Paused(uint256 bits);
    error LaneUnknown(uint256 lane);
    error AssetUnknown(uint256 asset);
    error SenderUnbound(uint256 account);
    error ReceiverUnbound(uint256 account);
    error SenderBlocked(uint256 permissions);
    error SenderFrozen();
    error ReceiverFrozen();
    error ReceiverNotEligible(uint256 permissions);
    error EligibilityExpired(uint256 since);
    error OracleStale(uint256 age, uint256 maxAge);
    error AmountZero();
    error InsufficientBalance(uint256 available, uint256 amount);
    error LotsLocked(uint256 free, uint256 nextUnlock, uint256 amount);
    error TooManyLots(uint256 wouldBe, uint256 max);
    error LimitExceeded(uint256 limit, uint256 wouldBe);
    error HolderCapReached(uint256 class, uint256 quota);
    error ClassTransferForbidden(uint256 fromClass, uint256 toClass);
    error VelocityExceeded(uint256 wait);
    error RateLimited(uint256 wait, uint256 available);
    error DeadlinePassed(uint256 deadline);
    error OrderConsumed(uint256 outcome);
    error QuorumNotMet(uint256 got, uint256 need);
    error SignerUnknown(uint256 signer);
    error SignerOrder(uint256 index);
    error SignatureMalformed(uint256 index);
    error DomainMismatch(uint256 have, uint256 need);
    error RecipientMalformed(uint256 recipient);
    error DecimalsMismatch(uint256 have, uint256 need);
    error NotController(uint256 account);
    error NotGuardian(uint256 account);
    error NotAdmin(uint256 account);
    error InFlightUnknown(uint256 order);
    error BridgeNotPermitted(uint256 permissions);
    error BatchOutOfOrder(uint256 expected);
    error ApprovalExpired(uint256 expiresAt);
    error DeadlineRange(uint256 min, uint256 max);
    error NotYet(uint256 notBefore);
    error TermsMismatch(uint256 have, uint256 need);
    error TooManyInFlight(uint256 max);
    error LotUnknown(uint256 acquiredAt, uint256 unlocksAt, uint256 have);
    error LotTooSmall(uint256 min);
    error AmountTooLarge(uint256 amount, uint256 max);
    error AccountInUse(uint256 balance, uint256 inFlight);
    error BindingInvalid(uint256 account);
    error SignerSetUnknown(uint256 set, uint256 current);
    error FrozenAmount(uint256 frozen);
    error Malformed(uint256 place);
    error OverAuthorisedIssue(uint256 authorised, uint256 wouldBe);
}
