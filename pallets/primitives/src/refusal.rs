//! Every rule that can refuse, by number.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{frame_support::PalletError, sp_core::U256};
use scale_info::TypeInfo;

use crate::evaluation::Reason;

macro_rules! refusals {
	($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
		/// Why something was refused.
		///
		/// The order is fixed for ever: a variant's SCALE index is its number minus one, and the
		/// number is the same on every chain. New ones are appended. The docs name the values that
		/// a [`Reason`] carries with it.
		#[derive(
			Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking,
			MaxEncodedLen, TypeInfo, PalletError,
		)]
		pub enum Refusal {
			$($(#[$doc])* $name,)*
		}

		impl Refusal {
			/// All refusals in the order of their numbers.
			pub const ALL: &'static [Refusal] = &[$(Refusal::$name,)*];

			/// The number on the wire, 1 to 49; 0 is kept for "allowed".
			pub const fn number(self) -> u16 {
				match self {
					$(Refusal::$name => $number,)*
				}
			}
		}
	};
}

refusals! {
	/// (bits) The operation is paused: everywhere, for the asset or for the lane.
	Paused = 1,
	/// (lane) The lane is not open.
	LaneUnknown = 2,
	/// (asset) The asset is not registered here, or not open on the lane.
	AssetUnknown = 3,
	/// (account) The sender's account is bound to no investor.
	SenderUnbound = 4,
	/// (account) The receiver's account is not bound to the investor named.
	ReceiverUnbound = 5,
	/// (permissions) The sender's record has no permission to send.
	SenderBlocked = 6,
	/// () The sender is frozen.
	SenderFrozen = 7,
	/// () The receiver is frozen.
	ReceiverFrozen = 8,
	/// (permissions) The receiver's record has no permission to receive.
	ReceiverNotEligible = 9,
	/// (since) The receiver's eligibility has expired.
	EligibilityExpired = 10,
	/// (age, maxAge) The oracle has been silent for longer than the asset allows.
	OracleStale = 11,
	/// () An amount is zero.
	AmountZero = 12,
	/// (available, amount) The account holds less.
	InsufficientBalance = 13,
	/// (free, nextUnlock, amount) Too few free tokens.
	LotsLocked = 14,
	/// (wouldBe, max) No place for another lot.
	TooManyLots = 15,
	/// (limit, wouldBe) The investor's part of its holding cap would be passed.
	LimitExceeded = 16,
	/// (class, quota) The class's part of its holder cap would be passed.
	HolderCapReached = 17,
	/// (fromClass, toClass) The asset forbids transfers between these classes.
	ClassTransferForbidden = 18,
	/// (wait) The sender moves too much too quickly.
	VelocityExceeded = 19,
	/// (wait, available) The lane's rate limit is reached.
	RateLimited = 20,
	/// (deadline) The order's deadline has passed.
	DeadlinePassed = 21,
	/// (outcome) The order already has an outcome.
	OrderConsumed = 22,
	/// (got, need) Too few signatures.
	QuorumNotMet = 23,
	/// (signer) A signature is of someone outside the set.
	SignerUnknown = 24,
	/// (index) Signers are not in strictly ascending order.
	SignerOrder = 25,
	/// (index) A signature is not 65 canonical bytes.
	SignatureMalformed = 26,
	/// (have, need) The object is for another chain.
	DomainMismatch = 27,
	/// (recipient) The recipient can't be an account of the destination.
	RecipientMalformed = 28,
	/// (have, need) Decimals differ.
	DecimalsMismatch = 29,
	/// (account) The caller is not the asset's controller.
	NotController = 30,
	/// (account) The caller is neither guardian nor admin.
	NotGuardian = 31,
	/// (account) The caller is not the admin.
	NotAdmin = 32,
	/// (order) No such order is in flight from here.
	InFlightUnknown = 33,
	/// (permissions) The sender's record has no permission to cross.
	BridgeNotPermitted = 34,
	/// (expected) A batch is missing before this one.
	BatchOutOfOrder = 35,
	/// (expiresAt) The approval or permit has expired.
	ApprovalExpired = 36,
	/// (min, max) The deadline is outside the lane's range.
	DeadlineRange = 37,
	/// (at) Too early.
	NotYet = 38,
	/// (have, need) The order was made under other terms of the asset.
	TermsMismatch = 39,
	/// (max) The investor has too many orders in flight.
	TooManyInFlight = 40,
	/// (acquiredAt, unlocksAt, have) The sender has no such lot, or a smaller one.
	LotUnknown = 41,
	/// (min) The new lot would be smaller than the asset allows.
	LotTooSmall = 42,
	/// (amount, max) The amount is larger than any issue may be.
	AmountTooLarge = 43,
	/// (balance, inFlight) The account's binding can't change while it holds or has sent something.
	AccountInUse = 44,
	/// (account) The permit is not for the caller.
	BindingInvalid = 45,
	/// (set, current) No such signer set, or no longer valid.
	SignerSetUnknown = 46,
	/// (frozen) Part of the holding is frozen.
	FrozenAmount = 47,
	/// (at) The object's shape is wrong; `at` tells where (see [`crate::shape`]).
	Malformed = 48,
	/// (authorised, wouldBe) The asset's authorised issue would be passed.
	OverAuthorisedIssue = 49,
}

impl Refusal {
	/// The refusal of that number, or None for 0 and numbers that don't exist.
	pub fn from_number(number: u16) -> Option<Self> {
		Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
	}

	/// This refusal with up to three values; missing ones are zero.
	pub fn with<const N: usize>(self, values: [U256; N]) -> Reason {
		let mut padded = [U256::zero(); 3];
		for (slot, value) in padded.iter_mut().zip(values) {
			*slot = value;
		}
		Reason { refusal: self, values: padded }
	}

	/// This refusal without values.
	pub fn bare(self) -> Reason {
		self.with([])
	}
}
