//! # Bridge pallet
//!
//! Moves security tokens to and from other chains with their lots, exactly once.
//!
//! ## Overview
//!
//! An investor initiates an order on the source chain; the order stays readable there until it is settled. Attestors
//! sign for orders that the compliance oracle allows; anyone may carry those signatures here. The destination alone
//! decides an order's outcome, once: delivered, rejected or expired. A receipt signed for that outcome then settles the
//! order at the source: the flight ends, or the very lots come back.
//!
//! ## Terminology
//!
//! - **Lane**: the two-way connection to one remote chain, named by that chain's domain.
//! - **Order**: one crossing; its id is its digest under the destination's domain.
//! - **Outcome**: two bits at (source, nonce), never erased. Two orders that share a nonce after a reorganisation of the
//!   source exclude each other.
//! - **Flow**: an asset's growing counters on a lane (sent, refunded, arrived) for the audit of conservation.
//! - **Rate limit**: how much of an asset may leave and arrive on a lane, at once and per second.
//! - **Seat**: when an investor's last token leaves, its place among the holders travels with the order.
//!
//! ## Goals
//!
//! - Relayers hold no authority: whoever calls, only signatures and state decide.
//! - A batch of deliveries never fails as a whole because of one order.
//! - `explain` and enforcement are one evaluation.
//!
//! ## Interface
//!
//! - Investors: [`Pallet::initiate`].
//! - Anyone: [`Pallet::deliver`], [`Pallet::reject`], [`Pallet::settle`].
//! - Admin: [`Pallet::open_lane`], [`Pallet::open_asset`], [`Pallet::set_rate`], [`Pallet::resume_lane`]; guardian too:
//!   [`Pallet::pause_lane`].
//! - Clients: [`Pallet::view`] behind the runtime API in [`runtime_api`].

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod arrivals;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod departures;
#[cfg(any(test, feature = "try-runtime"))]
mod invariants;
mod lanes;
pub mod migrations;
mod rates;
pub mod runtime_api;
mod types;
mod views;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::{Flow, Lane, RateLimit, Spent};
pub use weights::WeightInfo;

use polkadot_sdk::{frame_support, frame_system, sp_core};

/// Version of what the pallet stores; [`migrations`] lead to it.
pub const STORAGE_VERSION: frame_support::traits::StorageVersion = frame_support::traits::StorageVersion::new(1);

#[frame_support::pallet]
pub mod pallet {
	use alloc::vec::Vec;

	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use lockstep_eligibility::Pallet as Eligibility;
	use lockstep_primitives::{Approval, InitiateRequest, Reason, Refusal, TransferOrder, TransferReceipt};
	use sp_core::H256;

	use super::{frame_support, frame_system, sp_core};
	use crate::{
		rates::Limits,
		types::{Flow, Lane, Spent},
		weights::WeightInfo,
		STORAGE_VERSION,
	};

	#[pallet::pallet]
	// An order in storage holds at most 33 lots, checked when it is made; its type can't say so, because as an argument of a call
	// a bounded list would die in decoding instead of being refused.
	#[pallet::without_storage_info]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config + lockstep_security_token::Config {
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Open lanes by the remote chain's domain. The admin draws the keys, so they need no hash.
	#[pallet::storage]
	pub type Lanes<T: Config> = StorageMap<_, Identity, H256, Lane>;

	/// An asset's counters and limits on a lane; a record means that the asset is open there.
	#[pallet::storage]
	pub type Flows<T: Config> = StorageDoubleMap<_, Identity, H256, Identity, H256, Flow>;

	/// Orders in flight from here by lane and nonce; gone when settled.
	#[pallet::storage]
	pub type Orders<T: Config> = StorageDoubleMap<_, Identity, H256, Twox64Concat, u64, TransferOrder>;

	/// Outcomes of orders that were meant for here, by source and nonce / 64: two bits each. Never erased.
	#[pallet::storage]
	pub type Outcomes<T: Config> = StorageDoubleMap<_, Identity, H256, Twox64Concat, u64, u128, ValueQuery>;

	/// What an investor sent lately, by asset, lane and investor; written only while limits are set. Admin and oracle draw
	/// the keys, so they need no hash.
	#[pallet::storage]
	pub type Shares<T: Config> = StorageNMap<
		_,
		(NMapKey<Identity, H256>, NMapKey<Identity, H256>, NMapKey<Identity, H256>),
		Spent,
		ValueQuery,
	>;

	// An event is built once and written: boxing the order would save nothing.
	#[allow(clippy::large_enum_variant)]
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A lane was opened or its settings were changed.
		LaneOpened {
			/// Domain of the remote chain.
			lane: H256,
		},
		/// An asset may cross on a lane.
		AssetOpened {
			/// Domain of the remote chain.
			lane: H256,
			/// The asset.
			asset: H256,
		},
		/// Operations were paused on a lane.
		Paused {
			/// The lane.
			scope: H256,
			/// The bits that were named by the call.
			bits: u8,
		},
		/// Operations were resumed on a lane.
		Resumed {
			/// The lane.
			scope: H256,
			/// The bits that were named by the call.
			bits: u8,
		},
		/// An asset's rate limits on a lane were set; all zero: taken away.
		RateSet {
			/// Domain of the remote chain.
			lane: H256,
			/// The asset.
			asset: H256,
			/// What may leave at once, base units.
			out_capacity: u128,
			/// What may leave each second over time.
			out_rate: u128,
			/// What may arrive at once.
			in_capacity: u128,
			/// What may arrive each second over time.
			in_rate: u128,
		},
		/// Tokens left for another chain.
		OrderInitiated {
			/// The order's id.
			order_id: H256,
			/// Domain of the destination.
			lane: H256,
			/// Number on the lane.
			nonce: u64,
			/// The whole order.
			order: TransferOrder,
		},
		/// Tokens arrived.
		OrderDelivered {
			/// The order's id.
			order_id: H256,
			/// Domain of the source.
			source: H256,
			/// Number on the lane.
			nonce: u64,
			/// Block time, UTC seconds.
			decided_at: u64,
		},
		/// An order got the outcome Rejected (2) or Expired (3).
		OrderRejected {
			/// The order's id.
			order_id: H256,
			/// Domain of the source.
			source: H256,
			/// Number on the lane.
			nonce: u64,
			/// 2 or 3.
			outcome: u8,
			/// Refusal number.
			reason: u32,
			/// Block time, UTC seconds.
			decided_at: u64,
		},
		/// A delivery was refused; the order has no outcome by this and may be delivered later.
		OrderRefused {
			/// The order's id.
			order_id: H256,
			/// Domain of the source.
			source: H256,
			/// Number on the lane.
			nonce: u64,
			/// Refusal number.
			code: u16,
		},
		/// An order from here has ended: delivered (1), or its lots came back (2, 3).
		OrderSettled {
			/// The order's id.
			order_id: H256,
			/// Domain of the destination.
			lane: H256,
			/// Number on the lane.
			nonce: u64,
			/// 1, 2 or 3.
			outcome: u8,
			/// Refusal number, 0 when delivered.
			reason: u32,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// A rule refused. The variant inside names it; `explain` gives all failing rules with their values.
		Refused(Refusal),
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), polkadot_sdk::sp_runtime::TryRuntimeError> {
			Self::check_invariants().map_err(Into::into)
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Opens the lane to the chain of domain `lane`, or changes an open lane's settings.
		///
		/// `account_kind` is 1 for EVM addresses and 2 for AccountId32 on the remote side; flights in seconds.
		///
		/// ## Dispatch Origin
		/// Signed by the admin.
		///
		/// ## Errors
		/// NotAdmin; Malformed for the chain's own domain, an unknown kind or flights out of order.
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::admin())]
		pub fn open_lane(
			origin: OriginFor<T>,
			lane: H256,
			account_kind: u8,
			min_flight: u64,
			max_flight: u64,
		) -> DispatchResult {
			Eligibility::<T>::ensure_admin(origin).map_err(Self::refuse)?;
			Self::do_open_lane(lane, account_kind, min_flight, max_flight).map_err(Self::refuse)
		}

		/// Lets `asset` cross on `lane`.
		///
		/// ## Dispatch Origin
		/// Signed by the admin.
		///
		/// ## Errors
		/// The lowest of LaneUnknown, AssetUnknown, NotAdmin.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::admin())]
		pub fn open_asset(origin: OriginFor<T>, lane: H256, asset: H256) -> DispatchResult {
			let allowed = Eligibility::<T>::ensure_admin(origin).map(drop);
			Self::do_open_asset(allowed, lane, asset).map_err(Self::refuse)
		}

		/// Pauses the operations in `bits` on a lane (initiate 2, deliver 4).
		///
		/// ## Dispatch Origin
		/// Signed by guardian or admin.
		///
		/// ## Errors
		/// The lowest of LaneUnknown, NotGuardian, and Malformed for bits outside 1 to 15.
		#[pallet::call_index(2)]
		#[pallet::weight(<T as Config>::WeightInfo::admin())]
		pub fn pause_lane(origin: OriginFor<T>, lane: H256, bits: u8) -> DispatchResult {
			let allowed = Eligibility::<T>::ensure_guardian_or_admin(origin).map(drop);
			Self::do_pause_lane(allowed, lane, bits).map_err(Self::refuse)
		}

		/// Resumes the operations in `bits` on a lane.
		///
		/// ## Dispatch Origin
		/// Signed by the admin: a stolen guardian key must not be able to reopen what was stopped.
		///
		/// ## Errors
		/// The lowest of LaneUnknown, NotAdmin, and Malformed for bits outside 1 to 15.
		#[pallet::call_index(3)]
		#[pallet::weight(<T as Config>::WeightInfo::admin())]
		pub fn resume_lane(origin: OriginFor<T>, lane: H256, bits: u8) -> DispatchResult {
			let allowed = Eligibility::<T>::ensure_admin(origin).map(drop);
			Self::do_resume_lane(allowed, lane, bits).map_err(Self::refuse)
		}

		/// Sends tokens to another chain: takes the lots named and stores the order at (lane, nonce).
		///
		/// ## Dispatch Origin
		/// Signed by an account bound to an investor of the asset.
		///
		/// ## Errors
		/// The lowest number of what `explainInitiate` lists.
		///
		/// ## Events
		/// OrderInitiated.
		#[pallet::call_index(4)]
		#[pallet::weight(<T as Config>::WeightInfo::initiate(request.lots.len() as u32))]
		pub fn initiate(origin: OriginFor<T>, request: InitiateRequest) -> DispatchResult {
			let sender = H256(ensure_signed(origin)?.into());
			Self::do_initiate(sender, &request).map_err(Self::refuse)
		}

		/// Delivers orders that `approval` names, each by its own rules: one event per order says how it went.
		///
		/// ## Dispatch Origin
		/// Signed by anyone.
		///
		/// ## Errors
		/// Of the call as a whole only: Malformed, ApprovalExpired, SignerSetUnknown, SignatureMalformed, SignerUnknown,
		/// SignerOrder, QuorumNotMet. When every order already has an outcome, signatures are not looked at.
		///
		/// ## Events
		/// OrderDelivered or OrderRefused for each order.
		#[pallet::call_index(5)]
		#[pallet::weight(<T as Config>::WeightInfo::deliver(
			orders.len() as u32,
			orders.iter().map(|order| order.lots.len() as u32).fold(0, u32::saturating_add),
			signatures.len() as u32,
		))]
		pub fn deliver(
			origin: OriginFor<T>,
			orders: Vec<TransferOrder>,
			approval: Approval,
			set: u64,
			signatures: Vec<Vec<u8>>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_deliver(&orders, &approval, set, &signatures).map_err(Self::refuse)
		}

		/// Gives an order the outcome Rejected, or Expired when `reason` is DeadlinePassed. Never paused: a stop past the
		/// deadline must end in refunds.
		///
		/// ## Dispatch Origin
		/// Signed by anyone.
		///
		/// ## Errors
		/// Malformed, DomainMismatch, OrderConsumed, NotYet (expired only from the deadline on), and those of the signatures.
		///
		/// ## Events
		/// OrderRejected.
		#[pallet::call_index(6)]
		#[pallet::weight(<T as Config>::WeightInfo::reject(order.lots.len() as u32, signatures.len() as u32))]
		pub fn reject(
			origin: OriginFor<T>,
			order: TransferOrder,
			reason: u32,
			set: u64,
			signatures: Vec<Vec<u8>>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_reject(&order, reason, set, &signatures).map_err(Self::refuse)
		}

		/// Ends an order that left from here, as the destination decided: a refund ignores every rule and always lands.
		///
		/// ## Dispatch Origin
		/// Signed by anyone.
		///
		/// ## Errors
		/// Paused (only the pause of everything), InFlightUnknown, Malformed, and those of the signatures.
		///
		/// ## Events
		/// OrderSettled.
		#[pallet::call_index(7)]
		#[pallet::weight(<T as Config>::WeightInfo::settle(order.lots.len() as u32, signatures.len() as u32))]
		pub fn settle(
			origin: OriginFor<T>,
			order: TransferOrder,
			receipt: TransferReceipt,
			set: u64,
			signatures: Vec<Vec<u8>>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_settle(&order, &receipt, set, &signatures).map_err(Self::refuse)
		}

		/// Limits how much of an asset may leave and arrive on a lane: `capacity` at once, `rate` each second over time, base
		/// units. All zero takes the limits away; what passed lately stays counted.
		///
		/// ## Dispatch Origin
		/// Signed by the admin.
		///
		/// ## Errors
		/// The lowest of LaneUnknown, AssetUnknown, NotAdmin, and Malformed unless all are zero, or all from 1 to 2^96 - 1 with
		/// an inbound capacity at least twice the outbound one.
		#[pallet::call_index(8)]
		#[pallet::weight(<T as Config>::WeightInfo::admin())]
		pub fn set_rate(
			origin: OriginFor<T>,
			lane: H256,
			asset: H256,
			out_capacity: u128,
			out_rate: u128,
			in_capacity: u128,
			in_rate: u128,
		) -> DispatchResult {
			let limits = Limits { out_capacity, out_rate, in_capacity, in_rate };
			let allowed = Eligibility::<T>::ensure_admin(origin).map(drop);
			Self::do_set_rate(allowed, lane, asset, limits).map_err(Self::refuse)
		}
	}

	impl<T: Config> Pallet<T> {
		/// A refusal as this pallet's error; the values stay behind (an error holds four bytes).
		fn refuse(reason: Reason) -> DispatchError {
			Error::<T>::Refused(reason.refusal).into()
		}
	}
}
