//! # Security token pallet
//!
//! Tokens that stay securities: who holds them, until when each lot is locked, and who may receive them.
//!
//! ## Overview
//!
//! Balances belong to accounts, lots belong to investors. An investor's accounts are bound to it by the oracle; the
//! balances of its accounts sum to its position, and its position is a free amount plus at most 32 lots, each with
//! its acquisition and unlock time. Between two investors only free tokens move, by the asset's pair rule; between two
//! accounts of one investor anything moves, since nothing changes hands.
//!
//! Every operation has one evaluation in `evaluate`: it collects all failing rules and, when none fails, the records'
//! new values. Calls apply the latter, `explain` shows the former.
//!
//! ## Terminology
//!
//! * **Asset**: a security, by its id; registered by the chain's admin, issued by its controller on its home chain.
//! * **Investor**: a pseudonym drawn by the oracle per person and asset.
//! * **Lot**: tokens that were acquired together and unlock together. Unlocked from the second `unlocks_at` on.
//! * **Folding**: turning a due lot into free tokens; done when an operation needs it.
//! * **In flight**: left this chain with an order that isn't settled; neither here nor lost.
//! * **Reserved place**: a place for a lot in flight, kept so that a refund always lands.
//! * **Pair rule**: Forbid, Keep (arrives free) or Restart (arrives as a lot with a new holding period).
//!
//! ## Goals
//!
//! * No path gives a lot that unlocks earlier than the one it came from, and sums are kept.
//! * Eligibility governs receiving; its lapse never removes the way out.
//! * One value per investor holds eligibility and position: a transfer reads seven values and writes four.
//!
//! ## Interface
//!
//! ### Calls
//!
//! * [`Pallet::register_asset`]: by the admin.
//! * [`Pallet::issue`]: by the asset's controller.
//! * [`Pallet::transfer`]: by the holder.
//! * [`Pallet::pause_asset`], [`Pallet::resume_asset`]: by guardian or admin, and by admin.
//!
//! ### For the bridge
//!
//! * [`Pallet::evaluate_initiate`], [`Pallet::depart`]; [`Pallet::evaluate_arrival`], [`Pallet::arrive`]
//! * [`Pallet::settle_delivered`], [`Pallet::refund`]
//!
//! ### For views
//!
//! * [`Pallet::asset`], [`Pallet::supply`], [`Pallet::account`], [`Pallet::position`], [`Pallet::eligibility`],
//!   [`Pallet::quota`], [`Pallet::evaluate_transfer`]

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod evaluate;
mod functions;
pub mod invariants;
pub mod position;
mod registry;
pub mod types;
mod views;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use evaluate::{Arrival, Departure, Issue, Transfer};
pub use pallet::*;
pub use types::{Account, Asset, ClassCount, Holder, StoredLots, Supply};
pub use weights::WeightInfo;

use polkadot_sdk::{frame_support, frame_system, sp_core};

#[frame_support::pallet]
pub mod pallet {
	use alloc::vec::Vec;

	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use lockstep_eligibility as eligibility;
	use lockstep_primitives::{AssetParams, Lot, Refusal};
	use sp_core::{H256, U256};

	use super::*;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config + eligibility::Config {
		/// Most decimals that an asset may have.
		type MaxDecimals: Get<u8>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Assets by id. Unbounded for the type's sake only: name and symbol are at most 64 bytes.
	///
	/// The admin draws asset ids, so their keys need no hash against flooding; nor do investors', drawn by the oracle.
	#[pallet::storage]
	#[pallet::unbounded]
	pub type Assets<T: Config> = StorageMap<_, Identity, H256, Asset<T::AccountId>, OptionQuery>;

	/// Totals by asset.
	#[pallet::storage]
	pub type Supplies<T: Config> = StorageMap<_, Identity, H256, Supply, ValueQuery>;

	/// Accounts by asset and account. A record stays when its account is unbound.
	#[pallet::storage]
	pub type Accounts<T: Config> =
		StorageDoubleMap<_, Identity, H256, Blake2_128Concat, H256, Account, OptionQuery>;

	/// Positions and eligibility by asset and investor. Never deleted: an old grant could come back.
	#[pallet::storage]
	pub type Holders<T: Config> =
		StorageDoubleMap<_, Identity, H256, Identity, H256, Holder, ValueQuery>;

	/// Locked lots by asset and investor; apart from [`Holders`], since most operations don't need them.
	#[pallet::storage]
	pub type Lots<T: Config> =
		StorageDoubleMap<_, Identity, H256, Identity, H256, StoredLots, ValueQuery>;

	/// Quotas and holders by asset and class.
	#[pallet::storage]
	pub type Classes<T: Config> =
		StorageDoubleMap<_, Identity, H256, Twox64Concat, u16, ClassCount, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An asset was registered.
		AssetRegistered {
			/// Its id.
			asset: H256,
			/// Zero: on this chain no contract stands for it.
			token: H256,
		},
		/// The oracle wrote an investor's eligibility.
		EligibilitySet {
			/// The asset.
			asset: H256,
			/// The investor.
			investor: H256,
			/// The packed word.
			word: U256,
		},
		/// An account was bound to an investor, or unbound (investor zero).
		AccountBound {
			/// The asset.
			asset: H256,
			/// The account.
			account: H256,
			/// The investor, or zero.
			investor: H256,
		},
		/// The oracle moved a class's quota.
		QuotaSet {
			/// The asset.
			asset: H256,
			/// The class.
			class: u16,
			/// The quota afterwards.
			quota: i64,
		},
		/// Lots were issued.
		Issued {
			/// The asset.
			asset: H256,
			/// Who holds them.
			investor: H256,
			/// The account credited.
			account: H256,
			/// The free part first, then the locked lots.
			lots: Vec<Lot>,
		},
		/// Tokens moved between two accounts.
		Transferred {
			/// The asset.
			asset: H256,
			/// The sender's account.
			from: H256,
			/// The receiver's account.
			to: H256,
			/// Base units.
			amount: u128,
		},
		/// Due lots became free tokens.
		LotsFolded {
			/// The asset.
			asset: H256,
			/// Whose lots.
			investor: H256,
			/// Their sum, base units.
			amount: u128,
		},
		/// Operations with an asset were stopped.
		Paused {
			/// The asset.
			scope: H256,
			/// The bits named by the call.
			bits: u8,
		},
		/// Operations with an asset may go on.
		Resumed {
			/// The asset.
			scope: H256,
			/// The bits named by the call.
			bits: u8,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// A rule refused; the variant within names it. Ask `explain` for all failing rules with their values.
		Refused(Refusal),
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers an asset, issued by `controller` if this chain is its home.
		///
		/// ## Errors
		///
		/// - `NotAdmin`: the caller is not the admin.
		/// - `AmountTooLarge`: more is authorised than 2^96 - 1 base units.
		/// - `Malformed`: registered already; name or symbol empty, longer than 64 bytes or no UTF-8; terms numbered 0,
		///   more decimals than this chain takes, an unknown pair rule, a Restart without a period, a period over a
		///   hundred years, nothing authorised, or no home domain or issuer.
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::register_asset())]
		pub fn register_asset(
			origin: OriginFor<T>,
			params: AssetParams,
			controller: T::AccountId,
		) -> DispatchResult {
			Self::do_register(origin, params, controller).map_err(Self::refuse)
		}

		/// Issues lots to an account: an optional free part `(amount, 0, 0)` first, then locked lots strictly ascending
		/// by (unlocks_at, acquired_at).
		///
		/// ## Errors
		///
		/// - `NotController`: the caller is not the asset's controller.
		/// - `AssetUnknown`, `DomainMismatch`: not registered here, or this is not its home.
		/// - `ReceiverUnbound`, `ReceiverFrozen`, `ReceiverNotEligible`, `EligibilityExpired`, `OracleStale`: the
		///   receiver may not receive now.
		/// - `AmountZero`, `AmountTooLarge`, `Malformed`: the lots' form; a lot already due must be issued free.
		/// - `TooManyLots`: no place for so many.
		/// - `OverAuthorisedIssue`: more than the terms authorise would be outstanding.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::issue(lots.len() as u32))]
		pub fn issue(
			origin: OriginFor<T>,
			asset: H256,
			account: T::AccountId,
			lots: Vec<Lot>,
		) -> DispatchResult {
			let caller = ensure_signed(origin)?;
			Self::do_issue(&caller, asset, account.into(), lots).map_err(Self::refuse)
		}

		/// Moves `amount` base units from the caller's account.
		///
		/// To another investor only free tokens go, by the asset's pair rule; to another account of the same investor
		/// locked ones go too.
		///
		/// ## Errors
		///
		/// The lowest number of all failing rules; `explainTransfer` shows all with values.
		///
		/// - `Paused`, `AssetUnknown`, `AmountZero`, `AmountTooLarge`, `InsufficientBalance`.
		/// - `SenderUnbound`, `SenderBlocked`, `SenderFrozen`; `ReceiverUnbound`, `ReceiverFrozen`.
		/// - to another investor: `LotsLocked`, `ReceiverNotEligible`, `EligibilityExpired`, `OracleStale`,
		///   `ClassTransferForbidden`, and on Restart `LotTooSmall` and `TooManyLots`.
		#[pallet::call_index(2)]
		#[pallet::weight(<T as Config>::WeightInfo::transfer())]
		pub fn transfer(
			origin: OriginFor<T>,
			asset: H256,
			to: T::AccountId,
			amount: u128,
		) -> DispatchResult {
			let caller = ensure_signed(origin)?;
			Self::do_transfer(caller.into(), asset, to.into(), amount.into()).map_err(Self::refuse)
		}

		/// Stops the operations named by `bits` (transfer 1, initiate 2, deliver 4) for one asset.
		///
		/// ## Errors
		///
		/// - `AssetUnknown`: not registered here.
		/// - `NotGuardian`: the caller is neither guardian nor admin.
		#[pallet::call_index(3)]
		#[pallet::weight(<T as Config>::WeightInfo::pause_asset())]
		pub fn pause_asset(origin: OriginFor<T>, asset: H256, bits: u8) -> DispatchResult {
			Self::do_pause_asset(origin, asset, bits).map_err(Self::refuse)
		}

		/// Lets the operations named by `bits` go on for one asset.
		///
		/// ## Errors
		///
		/// - `AssetUnknown`: not registered here.
		/// - `NotAdmin`: the caller is not the admin.
		#[pallet::call_index(4)]
		#[pallet::weight(<T as Config>::WeightInfo::pause_asset())]
		pub fn resume_asset(origin: OriginFor<T>, asset: H256, bits: u8) -> DispatchResult {
			Self::do_resume_asset(origin, asset, bits).map_err(Self::refuse)
		}
	}
}
