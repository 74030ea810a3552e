//! What the calls do: checks first, all of them, then effects.

use alloc::{format, vec::Vec};

use frame_support::{traits::Get, weights::Weight};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use lockstep_primitives::{
	digests, ids, shape,
	traits::Registry,
	BindingPermit, OracleBatch, Reason, Refusal, RefusalSet, SignerSet, SignerSets as RoleSets, Timing,
};
use polkadot_sdk::{
	frame_support, frame_system, pallet_timestamp,
	sp_core::{hexdisplay::HexDisplay, H256, U256},
	sp_runtime::{traits::Zero, DispatchError},
};

use crate::{
	pallet::{
		Admin, Clock, Config, Deployment, Domain, Error, Event, GenesisConfig, Guardian, Pallet,
		SignerSets, Timings,
	},
	types::{ChainName, ClockState, GenesisSigners},
};

/// Kinds of items, as [`Event::ItemSkipped`] names them.
const KIND_ELIGIBILITY: u8 = 1;
const KIND_BINDING: u8 = 2;
const KIND_QUOTA: u8 = 3;
/// Number of a role's set in the genesis.
const FIRST_SET: u64 = 1;

/// The chain's name and time.
impl<T: Config> Pallet<T> {
	/// Block time, UTC seconds, rounded down.
	pub fn now() -> u64 {
		pallet_timestamp::Pallet::<T>::get() / 1_000
	}

	/// This chain's domain. Zero before its first block, when nothing can be signed for it yet.
	pub fn domain() -> H256 {
		Domain::<T>::get().unwrap_or_default()
	}

	/// The parts of this chain's domain.
	pub fn chain_name() -> ChainName {
		// The framework never prunes the hash of block 0.
		let genesis: H256 = frame_system::Pallet::<T>::block_hash(
			frame_system::pallet_prelude::BlockNumberFor::<T>::zero(),
		);
		ChainName {
			caip2: format!("polkadot:{}", HexDisplay::from(&&genesis.as_bytes()[..16])),
			bridge: ids::substrate_bridge(),
			deployment: Deployment::<T>::get(),
		}
	}

	/// The oracle's clock and the pause of everything.
	pub fn clock() -> ClockState {
		Clock::<T>::get()
	}

	/// The signer sets of a role.
	pub fn signer_sets(role: u8) -> Option<RoleSets> {
		SignerSets::<T>::get(role)
	}

	/// Stores the domain once the genesis hash is known; costs one read afterwards.
	pub(crate) fn do_settle_domain() -> Weight {
		if Domain::<T>::exists() {
			return T::DbWeight::get().reads(1);
		}
		let name = Self::chain_name();
		Domain::<T>::put(ids::domain(&name.caip2, name.bridge, name.deployment));
		T::DbWeight::get().reads_writes(3, 1)
	}

	/// Writes the roles' first holders.
	///
	/// # Panics
	///
	/// When a signer set or a time breaks the protocol's rules: such a chain must not start.
	pub(crate) fn do_build_genesis(config: &GenesisConfig<T>) {
		Admin::<T>::set(config.admin.clone());
		Guardian::<T>::set(config.guardian.clone());
		Deployment::<T>::put(config.deployment);
		let longest = config.delay.max(config.grace);
		assert!(longest <= ids::MAX_TIMING, "delay and grace are at most 30 days: {longest} s");
		Timings::<T>::put(Timing { delay: config.delay, grace: config.grace });
		let shared = config.attestors.signers.iter().find(|signer| config.oracle.signers.contains(signer));
		assert!(shared.is_none(), "no address may sign in both roles: {shared:?}");
		for (role, first) in [(ids::ROLE_ATTESTOR, &config.attestors), (ids::ROLE_ORACLE, &config.oracle)] {
			if !first.signers.is_empty() {
				SignerSets::<T>::insert(role, first_sets(first));
			}
		}
	}
}

/// Who may do what.
impl<T: Config> Pallet<T> {
	/// A refusal as this pallet's error.
	pub fn refuse(reason: Reason) -> DispatchError {
		Error::<T>::Refused(reason.refusal).into()
	}

	/// True when `account` configures the chain.
	pub fn is_admin(account: &T::AccountId) -> bool {
		Admin::<T>::get().as_ref() == Some(account)
	}

	/// True when `account` may pause.
	pub fn is_guardian(account: &T::AccountId) -> bool {
		Guardian::<T>::get().as_ref() == Some(account)
	}

	/// The admin who signed, or NotAdmin.
	pub fn ensure_admin(origin: OriginFor<T>) -> Result<T::AccountId, Reason> {
		Self::ensure_signed_by(origin, Refusal::NotAdmin, Self::is_admin)
	}

	/// The guardian or admin who signed, or NotGuardian.
	pub fn ensure_guardian_or_admin(origin: OriginFor<T>) -> Result<T::AccountId, Reason> {
		Self::ensure_signed_by(origin, Refusal::NotGuardian, |account| {
			Self::is_guardian(account) || Self::is_admin(account)
		})
	}

	fn ensure_signed_by(
		origin: OriginFor<T>,
		refusal: Refusal,
		allowed: impl FnOnce(&T::AccountId) -> bool,
	) -> Result<T::AccountId, Reason> {
		let account = ensure_signed(origin).map_err(|_| refusal.bare())?;
		if allowed(&account) {
			Ok(account)
		} else {
			let bytes: [u8; 32] = account.into();
			Err(refusal.with([ids::to_word(H256(bytes))]))
		}
	}

	/// The signature gate: `signatures` over `digest` are a quorum of set number `set` in `role`.
	///
	/// ## Errors
	///
	/// The first that fails of: SignerSetUnknown, Malformed, SignatureMalformed, SignerUnknown, SignerOrder,
	/// QuorumNotMet.
	pub fn verify(role: u8, set: u64, digest: H256, signatures: &[Vec<u8>]) -> Result<(), Reason> {
		let unknown = || Refusal::SignerSetUnknown.with([set.into(), U256::zero()]);
		SignerSets::<T>::get(role).ok_or_else(unknown)?.check(set, Self::now(), digest, signatures)
	}
}

/// Batches and permits.
impl<T: Config> Pallet<T> {
	pub(crate) fn do_submit_batch(
		batch: &OracleBatch,
		set: u64,
		signatures: &[Vec<u8>],
	) -> Result<(), Reason> {
		let clock = Self::clock();
		// Before anything else: a second relayer bringing the same batch must not be told that it failed.
		if batch.number <= clock.number {
			return Ok(());
		}
		Self::evaluate_batch(batch, &clock).into_result()?;
		let digest = digests::digest_batch(batch, Self::domain());
		Self::verify(ids::ROLE_ORACLE, set, digest, signatures)?;
		Self::apply_items(batch);
		Clock::<T>::put(ClockState { number: batch.number, at: batch.issued_at, ..clock });
		Self::deposit_event(Event::BatchApplied { number: batch.number, issued_at: batch.issued_at });
		Ok(())
	}

	/// All rules that a new batch fails before its signatures are looked at: recovering them is the dear part.
	pub(crate) fn evaluate_batch(batch: &OracleBatch, clock: &ClockState) -> RefusalSet {
		let mut refused = RefusalSet::new();
		let expected = clock.number.saturating_add(1);
		refused.add_if(batch.number != expected, || Refusal::BatchOutOfOrder.with([expected.into()]));
		refused.add_if(batch_items(batch) > ids::MAX_BATCH_ITEMS as usize, || {
			Refusal::Malformed.with([ids::MAX_BATCH_ITEMS.into()])
		});
		refused.add_if(batch.issued_at > Self::now().saturating_add(ids::MAX_CLOCK_LEAD), || {
			Refusal::NotYet.with([batch.issued_at.saturating_sub(ids::MAX_CLOCK_LEAD).into()])
		});
		// A clock that falls would make an older batch look like news.
		refused.add_if(batch.issued_at < clock.at, || shape::malformed(shape::AT_ISSUED_AT));
		refused
	}

	fn apply_items(batch: &OracleBatch) {
		let number = batch.number;
		for (index, item) in batch.eligibilities.iter().enumerate() {
			Self::note_skipped(number, KIND_ELIGIBILITY, index, T::Registry::apply_eligibility(number, item));
		}
		for (index, item) in batch.bindings.iter().enumerate() {
			Self::note_skipped(number, KIND_BINDING, index, T::Registry::apply_binding(item));
		}
		for (index, item) in batch.quotas.iter().enumerate() {
			Self::note_skipped(number, KIND_QUOTA, index, T::Registry::apply_quota(item));
		}
	}

	fn note_skipped(number: u64, kind: u8, index: usize, applied: Result<(), Refusal>) {
		if let Err(refusal) = applied {
			let code = refusal.number();
			Self::deposit_event(Event::ItemSkipped { number, kind, index: index as u32, code });
		}
	}

	pub(crate) fn do_bind(
		caller: H256,
		permit: &BindingPermit,
		set: u64,
		signatures: &[Vec<u8>],
	) -> Result<(), Reason> {
		Self::evaluate_permit(caller, permit).into_result()?;
		let digest = digests::digest_permit(permit, Self::domain());
		Self::verify(ids::ROLE_ORACLE, set, digest, signatures)?;
		T::Registry::apply_binding(&permit.into()).map_err(Refusal::bare)
	}

	/// All rules that a permit fails before its signatures are looked at.
	pub(crate) fn evaluate_permit(caller: H256, permit: &BindingPermit) -> RefusalSet {
		let now = Self::now();
		let mut refused = T::Registry::check_binding(&permit.into());
		// A permit binds; only a batch unbinds.
		refused.add_if(permit.investor.is_zero(), || shape::malformed(shape::AT_INVESTOR));
		refused.add_if(caller != permit.account, || {
			Refusal::BindingInvalid.with([ids::to_word(permit.account)])
		});
		refused.add_if(now >= permit.expires_at, || {
			Refusal::ApprovalExpired.with([permit.expires_at.into()])
		});
		refused.add_if(permit.expires_at > now.saturating_add(ids::MAX_VALIDITY), || {
			shape::malformed(shape::AT_EXPIRES_AT)
		});
		refused
	}
}

/// The sets of a role that starts with `first`.
///
/// # Panics
///
/// When the set breaks the protocol's rules.
fn first_sets(first: &GenesisSigners) -> RoleSets {
	let current = SignerSet::new(FIRST_SET, first.threshold, first.signers.clone())
		.expect("1 to 25 ascending signers of whom more than half must sign");
	RoleSets { current, previous: None, grace_ends: 0 }
}

/// Items of a batch, all kinds together.
pub(crate) fn batch_items(batch: &OracleBatch) -> usize {
	batch.eligibilities.len() + batch.bindings.len() + batch.quotas.len()
}
