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
//! * **Pair rule**: Forbid, Keep (arrives free) or Restart (arrives as a lot with a new holding period); one default
//!   and at most 32 exceptions by the classes of sender and receiver.
//! * **Used**: held here or in flight from here. A class counts an investor while it uses anything; limit and quota are
//!   this chain's parts of the caps over all chains, and they stop receiving only.
//! * **Seat**: a place in a class's count that travels with an investor's last lot.
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
//! * [`Pallet::merge_lots`]: by the holder.
//! * [`Pallet::pause_asset`], [`Pallet::resume_asset`]: by guardian or admin, and by admin.
//! * [`Pallet::redeem`], [`Pallet::freeze_account`], [`Pallet::freeze_investor`], [`Pallet::freeze_amount`],
//!   [`Pallet::force_transfer`], [`Pallet::recover`], [`Pallet::replace_investor`], [`Pallet::move_lots`],
//!   [`Pallet::set_document`], [`Pallet::remove_document`]: by the asset's controller, with a reason and a document.
//! * [`Pallet::propose_release`], [`Pallet::release_lots`], [`Pallet::set_velocity`], [`Pallet::set_terms`],
//!   [`Pallet::set_controller`]: by the admin; [`Pallet::cancel_release`]: by guardian or admin.
//!
//! ### For the bridge
//!
//! * [`Pallet::evaluate_initiate`], [`Pallet::depart`]; [`Pallet::evaluate_arrival`], [`Pallet::arrive`]
//! * [`Pallet::settle_delivered`], [`Pallet::refund`]
//!
//! ### For views
//!
//! * [`Pallet::asset`], [`Pallet::supply`], [`Pallet::account`], [`Pallet::position`], [`Pallet::eligibility`],
//!   [`Pallet::quota`], [`Pallet::limit`], [`Pallet::frozen`], [`Pallet::pair_rules`], [`Pallet::velocity`],
//!   [`Pallet::moved_to`], [`Pallet::successor`], [`Pallet::documents`], [`Pallet::document`], [`Pallet::release`],
//!   [`Pallet::evaluate_transfer`], [`Pallet::evaluate_issue`]

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod controls;
pub mod evaluate;
mod events;
mod follow;
mod functions;
pub mod invariants;
pub mod migrations;
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
pub use types::{Account, Asset, ClassCount, Document, Holder, StoredLots, Supply, Velocity};
pub use weights::WeightInfo;

use polkadot_sdk::{
	frame_support::{self, pallet_macros::import_section, traits::StorageVersion},
	frame_system, sp_core,
};

/// Version of the storage: 1 since positions know what is locked and frozen, and assets their exceptions.
const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

#[import_section(events::events)]
#[import_section(calls::calls)]
#[frame_support::pallet]
pub mod pallet {
	use alloc::vec::Vec;

	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use lockstep_eligibility as eligibility;
	use lockstep_primitives::{Action, AssetParams, AssetTerms, Lot, PairRule, Refusal};
	use sp_core::{H256, U256};

	use super::*;
	use crate::types::{Documents, Forwards};

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
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
	pub type Accounts<T: Config> = StorageDoubleMap<_, Identity, H256, Blake2_128Concat, H256, Account, OptionQuery>;

	/// Positions and eligibility by asset and investor. Never deleted: an old grant could come back.
	#[pallet::storage]
	pub type Holders<T: Config> = StorageDoubleMap<_, Identity, H256, Identity, H256, Holder, ValueQuery>;

	/// Locked lots by asset and investor; apart from [`Holders`], since most operations don't need them.
	#[pallet::storage]
	pub type Lots<T: Config> = StorageDoubleMap<_, Identity, H256, Identity, H256, StoredLots, ValueQuery>;

	/// Quotas and holders by asset and class.
	#[pallet::storage]
	pub type Classes<T: Config> = StorageDoubleMap<_, Identity, H256, Twox64Concat, u16, ClassCount, ValueQuery>;

	/// Documents by asset; apart from [`Assets`], which every transfer reads.
	#[pallet::storage]
	pub type AssetDocuments<T: Config> = StorageMap<_, Identity, H256, Documents, ValueQuery>;

	/// When an announced release may be carried out, UTC seconds, by asset and the proposal's id.
	#[pallet::storage]
	pub type Releases<T: Config> = StorageDoubleMap<_, Identity, H256, Identity, H256, u64, OptionQuery>;

	/// Where a recovered account's tokens went, by asset and account.
	#[pallet::storage]
	pub type MovedTo<T: Config> = StorageDoubleMap<_, Identity, H256, Blake2_128Concat, H256, H256, OptionQuery>;

	/// What [`MovedTo`] leads to an account, oldest first.
	#[pallet::storage]
	pub type MovedFrom<T: Config> = StorageDoubleMap<_, Identity, H256, Blake2_128Concat, H256, Forwards, ValueQuery>;

	/// Who stands for a retired investor, by asset and investor.
	#[pallet::storage]
	pub type Successors<T: Config> = StorageDoubleMap<_, Identity, H256, Identity, H256, H256, OptionQuery>;

	/// Whom [`Successors`] replaces by an investor, oldest first.
	#[pallet::storage]
	pub type Predecessors<T: Config> = StorageDoubleMap<_, Identity, H256, Identity, H256, Forwards, ValueQuery>;

	#[pallet::error]
	pub enum Error<T> {
		/// A rule refused; the variant within names it. Ask `explain` for all failing rules with their values.
		Refused(Refusal),
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Recomputes every promise of every asset.
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), polkadot_sdk::sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
