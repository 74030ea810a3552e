//! # Eligibility pallet
//!
//! The compliance oracle's word on this chain, and what every other Lockstep pallet trusts: the chain's own
//! name, the signer sets, the oracle's clock and the pause of everything.
//!
//! ## Overview
//!
//! The oracle publishes batches. A batch is for one chain, signed by a quorum of oracle signers, and brought by
//! anyone. Batches apply strictly in order, so nobody can withhold a revocation and still show a fresh chain: a
//! batch without items is the heartbeat. The records themselves stand beside the positions they govern, in the
//! pallet behind [`Config::Registry`]; this pallet proves that a batch is genuine, complete and in time.
//!
//! ## Terminology
//!
//! * **Domain**: the hash of this chain's name, its bridge and its deployment; every signed object is signed for
//!   one domain, the one of the chain that checks it.
//! * **Deployment**: 32 bytes drawn anew with every genesis, so that signatures made for an earlier one are void.
//! * **Signer set**: numbered k-of-n set of addresses in one role (attestor or oracle). The next one is proposed, waits
//!   the delay, and is activated; the one before then counts until its grace ends.
//! * **Struck**: taken out of every set for good, because the key is stolen or lost. The threshold stays.
//! * **Item**: one change in a batch: an eligibility word, a binding of an account, or a delta of a quota.
//! * **Skipped item**: one that could not be applied (for example for an asset unknown here). A check finds it, so
//!   one odd item neither stops the batch nor hides the revocation behind it.
//! * **Permit**: the oracle's leave for an account to bind itself; the account's own origin is the proof of control.
//!
//! ## Goals
//!
//! * Fail closed: without signers, admin or a fresh batch nothing is granted.
//! * Every refusal is a [`Refusal`] with the number it has on every chain.
//! * Replays are harmless: an applied batch is a no-op.
//!
//! ## Interface
//!
//! ### Calls
//!
//! * [`Pallet::submit_batch`]: apply the oracle's next batch; by anyone.
//! * [`Pallet::bind`]: bind the calling account to an investor; by the account.
//! * [`Pallet::pause`], [`Pallet::resume`]: stop operations on the whole chain; by guardian or admin, and by admin.
//! * [`Pallet::propose_signers`]: by the admin; [`Pallet::propose_signers_signed`]: by anyone with the signatures of the
//!   role's current quorum; [`Pallet::activate_signers`]: by anyone after the delay.
//! * [`Pallet::cancel_signers`], [`Pallet::retire_signers`], [`Pallet::strike_signer`]: at once, by guardian or admin.
//!
//! ### For other pallets
//!
//! * [`Pallet::domain`], [`Pallet::chain_name`], [`Pallet::now`], [`Pallet::clock`]
//! * [`Pallet::verify`]: the signature gate for any role.
//! * [`Pallet::timing`]: how long changes wait.
//! * [`Pallet::ensure_admin`], [`Pallet::ensure_guardian_or_admin`]

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmark_keys;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(any(test, feature = "testing"))]
pub mod dice;
mod functions;
#[cfg(any(test, feature = "try-runtime", feature = "testing"))]
mod invariants;
pub mod migrations;
mod signers;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::{ChainName, ClockState, GenesisSigners, DEFAULT_TIMING};
pub use weights::WeightInfo;

use polkadot_sdk::{frame_support, frame_system, pallet_timestamp, sp_core};

/// Version of what the pallet stores; [`migrations`] lead to it.
pub const STORAGE_VERSION: frame_support::traits::StorageVersion = frame_support::traits::StorageVersion::new(1);

#[frame_support::pallet]
pub mod pallet {
	use alloc::vec::Vec;

	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use lockstep_primitives::{
		shape, traits::Registry, BindingPermit, OracleBatch, PendingSet, Refusal, SignerProposal,
		SignerSets as RoleSets, Timing,
	};
	use sp_core::{H160, H256};

	use super::*;

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		polkadot_sdk::frame_system::Config<AccountId: From<[u8; 32]> + Into<[u8; 32]>, Hash = H256>
		+ pallet_timestamp::Config<Moment = u64>
	{
		/// Where a batch's items land: the pallet that keeps positions and accounts.
		type Registry: Registry;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The account that configures the chain. None: nobody can.
	#[pallet::storage]
	pub type Admin<T: Config> = StorageValue<_, T::AccountId, OptionQuery>;

	/// The account that may pause. None: only the admin can.
	#[pallet::storage]
	pub type Guardian<T: Config> = StorageValue<_, T::AccountId, OptionQuery>;

	/// What tells this genesis from any other of the same chain specification.
	#[pallet::storage]
	pub type Deployment<T: Config> = StorageValue<_, H256, ValueQuery>;

	/// This chain's domain; None until its first block.
	#[pallet::storage]
	pub type Domain<T: Config> = StorageValue<_, H256, OptionQuery>;

	/// The last batch and the pause of everything.
	#[pallet::storage]
	pub type Clock<T: Config> = StorageValue<_, ClockState, ValueQuery>;

	/// The sets of signers by role. Roles are drawn by the protocol, so the key needs no hash.
	#[pallet::storage]
	pub type SignerSets<T: Config> = StorageMap<_, Identity, u8, RoleSets, OptionQuery>;

	/// The sets that wait for their activation, by role.
	#[pallet::storage]
	pub type PendingSigners<T: Config> = StorageMap<_, Identity, u8, PendingSet, OptionQuery>;

	/// Addresses that may never sign again, by the role they were struck from. Only guardian and admin add keys, so they need
	/// no hash.
	#[pallet::storage]
	pub type StruckSigners<T: Config> = StorageDoubleMap<_, Identity, u8, Identity, H160, (), OptionQuery>;

	/// What a chain waits that never named its times.
	#[pallet::type_value]
	pub fn TimingOnEmpty<T: Config>() -> Timing {
		DEFAULT_TIMING
	}

	/// How long proposals wait and replaced sets still count.
	#[pallet::storage]
	pub type Timings<T: Config> = StorageValue<_, Timing, ValueQuery, TimingOnEmpty<T>>;

	/// The roles' first holders.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// The account that configures the chain.
		pub admin: Option<T::AccountId>,
		/// The account that may pause.
		pub guardian: Option<T::AccountId>,
		/// 32 random bytes, drawn for this genesis.
		pub deployment: H256,
		/// Set 1 of the attestors; no signers: no order can be delivered.
		pub attestors: GenesisSigners,
		/// Set 1 of the oracle's signers; no signers: nobody can become eligible.
		pub oracle: GenesisSigners,
		/// Seconds that a proposed signer set or release waits; at most 30 days.
		pub delay: u64,
		/// Seconds that a replaced signer set still counts; at most 30 days.
		pub grace: u64,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self {
				admin: None,
				guardian: None,
				deployment: H256::zero(),
				attestors: GenesisSigners::default(),
				oracle: GenesisSigners::default(),
				delay: DEFAULT_TIMING.delay,
				grace: DEFAULT_TIMING.grace,
			}
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Pallet::<T>::do_build_genesis(self);
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A batch was applied; its items' own events came before.
		BatchApplied {
			/// Its number.
			number: u64,
			/// The oracle's time of it, UTC seconds.
			issued_at: u64,
		},
		/// An item of a batch could not be applied.
		ItemSkipped {
			/// The batch.
			number: u64,
			/// 1 eligibility, 2 binding, 3 quota.
			kind: u8,
			/// Place in the list of its kind, from 0.
			index: u32,
			/// Number of the refusal.
			code: u16,
		},
		/// Operations were stopped.
		Paused {
			/// Zero: the whole chain.
			scope: H256,
			/// The bits newly named by the call.
			bits: u8,
		},
		/// Operations may go on.
		Resumed {
			/// Zero: the whole chain.
			scope: H256,
			/// The bits named by the call.
			bits: u8,
		},
		/// A signer set waits for its activation.
		SignersProposed {
			/// 1 attestor, 2 oracle.
			role: u8,
			/// Its number.
			id: u64,
			/// How many must sign.
			threshold: u8,
			/// Who may.
			signers: Vec<H160>,
			/// UTC seconds; from then on anyone may activate it.
			eta: u64,
		},
		/// A signer set is in force; the one before counts until `grace_ends`.
		SignersActivated {
			/// 1 attestor, 2 oracle.
			role: u8,
			/// Its number.
			id: u64,
			/// UTC seconds.
			grace_ends: u64,
		},
		/// A proposal was taken back.
		SignersCancelled {
			/// 1 attestor, 2 oracle.
			role: u8,
			/// Number of the set that was proposed.
			id: u64,
		},
		/// The set before the current one counts no more.
		SignersRetired {
			/// 1 attestor, 2 oracle.
			role: u8,
			/// Its number.
			id: u64,
		},
		/// An address may never sign again.
		SignerStruck {
			/// 1 attestor, 2 oracle.
			role: u8,
			/// The address.
			signer: H160,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// A rule refused; the variant within names it. Ask `explain` for all failing rules with their values.
		Refused(Refusal),
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Settles the chain's name in its first block: the genesis hash isn't known while genesis is built.
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::do_settle_domain()
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), polkadot_sdk::sp_runtime::TryRuntimeError> {
			Self::check_invariants().map_err(Into::into)
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Applies the oracle's next batch. Anyone may bring it.
		///
		/// A batch already applied is a no-op, whatever else it holds. Items that can't be applied are skipped with
		/// [`Event::ItemSkipped`].
		///
		/// ## Errors
		///
		/// - `BatchOutOfOrder`: a batch is missing before this one; bring that one first.
		/// - `Malformed`: more than 100 items, or dated before the last batch.
		/// - `NotYet`: dated more than 60 s ahead of this chain.
		/// - `SignerSetUnknown`, `SignatureMalformed`, `SignerUnknown`, `SignerOrder`, `QuorumNotMet`: not signed by
		///   a quorum of the oracle's set number `set`.
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::submit_batch(
			functions::batch_items(batch) as u32,
			signatures.len() as u32,
		))]
		pub fn submit_batch(
			origin: OriginFor<T>,
			batch: OracleBatch,
			set: u64,
			signatures: Vec<Vec<u8>>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_submit_batch(&batch, set, &signatures).map_err(Self::refuse)
		}

		/// Binds the calling account to the permit's investor.
		///
		/// The account's own origin proves that it agrees: this works for multisigs and proxies too.
		///
		/// ## Errors
		///
		/// - `BindingInvalid`: the permit is for another account, or the account was recovered to another.
		/// - `ApprovalExpired`: the permit has expired; ask the oracle for a new one.
		/// - `Malformed`: it expires more than an hour ahead, or its investor can't be one.
		/// - `AssetUnknown`: the asset isn't registered here.
		/// - `AccountInUse`: the account belongs to another investor and isn't empty, or that investor has orders in
		///   flight.
		/// - the errors of the signature gate, as in [`Pallet::submit_batch`].
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::bind(signatures.len() as u32))]
		pub fn bind(
			origin: OriginFor<T>,
			permit: BindingPermit,
			set: u64,
			signatures: Vec<Vec<u8>>,
		) -> DispatchResult {
			let caller = ensure_signed(origin)?;
			Self::do_bind(H256(caller.into()), &permit, set, &signatures).map_err(Self::refuse)
		}

		/// Stops the operations named by `bits` (transfer 1, initiate 2, deliver 4, settle 8) on the whole chain.
		///
		/// ## Errors
		///
		/// - `NotGuardian`: the caller is neither guardian nor admin.
		/// - `Malformed`: bits outside 1 to 15.
		#[pallet::call_index(2)]
		#[pallet::weight(<T as Config>::WeightInfo::pause())]
		pub fn pause(origin: OriginFor<T>, bits: u8) -> DispatchResult {
			Self::ensure_guardian_or_admin(origin).map_err(Self::refuse)?;
			shape::check_pause_bits(bits).map_err(Self::refuse)?;
			Clock::<T>::mutate(|clock| clock.pause |= bits);
			Self::deposit_event(Event::Paused { scope: H256::zero(), bits });
			Ok(())
		}

		/// Lets the operations named by `bits` go on. A pause of an asset or a lane stays.
		///
		/// ## Errors
		///
		/// - `NotAdmin`: the caller is not the admin.
		/// - `Malformed`: bits outside 1 to 15.
		#[pallet::call_index(3)]
		#[pallet::weight(<T as Config>::WeightInfo::pause())]
		pub fn resume(origin: OriginFor<T>, bits: u8) -> DispatchResult {
			Self::ensure_admin(origin).map_err(Self::refuse)?;
			shape::check_pause_bits(bits).map_err(Self::refuse)?;
			Clock::<T>::mutate(|clock| clock.pause &= !bits);
			Self::deposit_event(Event::Resumed { scope: H256::zero(), bits });
			Ok(())
		}

		/// Proposes a role's next signer set; it replaces one that waits already.
		///
		/// ## Errors
		///
		/// - `NotAdmin`: the caller is not the admin.
		/// - `SignerSetUnknown`: its number is not the current one plus one.
		/// - `Malformed`: not 1 to 25 strictly ascending addresses, not more than half of them needed, one of them struck or
		///   signing in the other role, or no such role.
		#[pallet::call_index(4)]
		#[pallet::weight(<T as Config>::WeightInfo::propose_signers(proposal.signers.len() as u32, 0))]
		pub fn propose_signers(origin: OriginFor<T>, proposal: SignerProposal) -> DispatchResult {
			Self::do_propose(origin, &proposal).map_err(Self::refuse)
		}

		/// Proposes a role's next signer set under the signatures of its current one. Anyone may bring it; not while another
		/// proposal waits.
		///
		/// ## Errors
		///
		/// - `SignerSetUnknown`: its number is not the current one plus one, or `set` is not the current set.
		/// - `Malformed`: as in [`Pallet::propose_signers`], or another proposal waits.
		/// - the errors of the signature gate, as in [`Pallet::submit_batch`].
		#[pallet::call_index(5)]
		#[pallet::weight(<T as Config>::WeightInfo::propose_signers(
			proposal.signers.len() as u32,
			signatures.len() as u32,
		))]
		pub fn propose_signers_signed(
			origin: OriginFor<T>,
			proposal: SignerProposal,
			set: u64,
			signatures: Vec<Vec<u8>>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_propose_signed(&proposal, set, &signatures).map_err(Self::refuse)
		}

		/// Puts a role's waiting set in force. Anyone may, once its delay is over.
		///
		/// ## Errors
		///
		/// - `QuorumNotMet`: so many of its signers were struck that it could sign nothing.
		/// - `NotYet`: the delay is not over.
		/// - `Malformed`: nothing waits.
		#[pallet::call_index(6)]
		#[pallet::weight(<T as Config>::WeightInfo::activate_signers())]
		pub fn activate_signers(origin: OriginFor<T>, role: u8) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_activate(role).map_err(Self::refuse)
		}

		/// Takes back a role's waiting set.
		///
		/// ## Errors
		///
		/// - `NotGuardian`: the caller is neither guardian nor admin.
		/// - `Malformed`: nothing waits.
		#[pallet::call_index(7)]
		#[pallet::weight(<T as Config>::WeightInfo::retire_signers())]
		pub fn cancel_signers(origin: OriginFor<T>, role: u8) -> DispatchResult {
			Self::do_cancel(origin, role).map_err(Self::refuse)
		}

		/// Ends the set before the current one at once, without grace.
		///
		/// ## Errors
		///
		/// - `NotGuardian`: the caller is neither guardian nor admin.
		/// - `Malformed`: there is none.
		#[pallet::call_index(8)]
		#[pallet::weight(<T as Config>::WeightInfo::retire_signers())]
		pub fn retire_signers(origin: OriginFor<T>, role: u8) -> DispatchResult {
			Self::do_retire(origin, role).map_err(Self::refuse)
		}

		/// Takes an address out of a role's current, previous and waiting set for good. Thresholds stay: a strike never makes
		/// a quorum easier.
		///
		/// ## Errors
		///
		/// - `SignerUnknown`: it is in none of them.
		/// - `NotGuardian`: the caller is neither guardian nor admin.
		/// - `Malformed`: no such role.
		#[pallet::call_index(9)]
		#[pallet::weight(<T as Config>::WeightInfo::strike_signer())]
		pub fn strike_signer(origin: OriginFor<T>, role: u8, signer: H160) -> DispatchResult {
			Self::do_strike(origin, role, signer).map_err(Self::refuse)
		}
	}
}
