//! What the calls cost, at their worst.

use alloc::{vec, vec::Vec};

use frame_benchmarking::v2::*;
use frame_support::assert_ok;
use frame_system::RawOrigin;
use lockstep_primitives::{
	digests::{digest_batch, digest_permit, digest_signer_set},
	ids::{domain, MAX_BATCH_ITEMS, MAX_SIGNERS, PAUSE_ALL, ROLE_ATTESTOR, ROLE_ORACLE},
	traits::Registry,
	BindingItem, BindingPermit, EligibilityItem, OracleBatch, QuotaItem, SignerProposal,
};
use polkadot_sdk::{
	frame_benchmarking, frame_support, frame_system, pallet_timestamp,
	sp_core::{H160, H256},
};

use crate::{
	benchmark_keys::{install, keys, sign},
	pallet::{Admin, Call, Clock, Config, Domain, Guardian, Pallet, PendingSigners, SignerSets, StruckSigners, Timings},
	Pallet as Eligibility, DEFAULT_TIMING,
};

/// Seconds since 1970 at which everything happens.
const NOW: u64 = 1_800_000_000;

/// A chain with a name, a time and an admin.
fn chain<T: Config>() -> T::AccountId {
	let admin: T::AccountId = [0xad; 32].into();
	Admin::<T>::put(&admin);
	Guardian::<T>::put(T::AccountId::from([0x60; 32]));
	Domain::<T>::put(domain("polkadot:benchmark", H256::zero(), H256::zero()));
	Timings::<T>::put(DEFAULT_TIMING);
	set_time::<T>(NOW);
	admin
}

fn set_time<T: Config>(seconds: u64) {
	pallet_timestamp::Now::<T>::put(seconds.saturating_mul(1_000));
}

fn anyone<T: Config>() -> RawOrigin<T::AccountId> {
	RawOrigin::Signed([0xaa; 32].into())
}

fn id(number: u32) -> H256 {
	H256::from_low_u64_be(u64::from(number).saturating_add(1))
}

/// `count` items of each kind in turn, each for an investor, account or class of its own.
fn items(asset: H256, count: u32) -> OracleBatch {
	let mut batch =
		OracleBatch { number: 1, issued_at: NOW, eligibilities: vec![], bindings: vec![], quotas: vec![] };
	for index in 0..count {
		let (investor, class) = (id(index), index as u16);
		match index % 3 {
			0 => batch.eligibilities.push(EligibilityItem {
				asset,
				investor,
				valid_until: NOW.saturating_add(86_400),
				class,
				permissions: 7,
				limit_delta: 1_000,
			}),
			1 => batch.bindings.push(BindingItem { asset, account: H256::repeat_byte(index as u8), investor }),
			_ => batch.quotas.push(QuotaItem { asset, class, delta: 1 }),
		}
	}
	batch
}

/// The oracle's set 2, of keys that sign nowhere.
fn proposal(count: u32) -> SignerProposal {
	let mut signers: Vec<H160> = (0..count).map(|n| H160::repeat_byte(n.saturating_add(1) as u8)).collect();
	signers.sort();
	SignerProposal { role: ROLE_ORACLE, id: 2, threshold: count as u8, signers }
}

/// A proposal of `count` signers waits.
fn propose<T: Config>(admin: &T::AccountId, count: u32) {
	let origin = RawOrigin::Signed(admin.clone()).into();
	assert_ok!(Eligibility::<T>::propose_signers(origin, proposal(count)));
}

/// Set 2 is in force, set 1 in its grace.
fn rotate<T: Config>(admin: &T::AccountId) {
	propose::<T>(admin, MAX_SIGNERS);
	set_time::<T>(NOW.saturating_add(DEFAULT_TIMING.delay));
	assert_ok!(Eligibility::<T>::activate_signers(anyone::<T>().into(), ROLE_ORACLE));
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn submit_batch(i: Linear<0, { MAX_BATCH_ITEMS }>, s: Linear<1, { MAX_SIGNERS }>) {
		chain::<T>();
		let keys = install::<T>(ROLE_ORACLE, s);
		let batch = items(T::Registry::benchmark_asset(), i);
		let number = Clock::<T>::get().number.saturating_add(1);
		let batch = OracleBatch { number, ..batch };
		let signatures = sign(&keys, digest_batch(&batch, Eligibility::<T>::domain()));

		#[extrinsic_call]
		_(anyone::<T>(), batch, 1, signatures);

		assert_eq!(Clock::<T>::get().number, number);
	}

	#[benchmark]
	fn bind(s: Linear<1, { MAX_SIGNERS }>) {
		chain::<T>();
		let keys = install::<T>(ROLE_ORACLE, s);
		let caller: T::AccountId = [0xca; 32].into();
		let permit = BindingPermit {
			asset: T::Registry::benchmark_asset(),
			account: H256(caller.clone().into()),
			investor: id(0),
			expires_at: Eligibility::<T>::now().saturating_add(60),
		};
		let signatures = sign(&keys, digest_permit(&permit, Eligibility::<T>::domain()));

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), permit, 1, signatures);
	}

	#[benchmark]
	fn pause() {
		let admin = chain::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(admin), PAUSE_ALL);

		assert_eq!(Clock::<T>::get().pause, PAUSE_ALL);
	}

	#[benchmark]
	fn propose_signers(n: Linear<1, { MAX_SIGNERS }>, s: Linear<1, { MAX_SIGNERS }>) {
		chain::<T>();
		let keys = install::<T>(ROLE_ORACLE, s);
		install::<T>(ROLE_ATTESTOR, MAX_SIGNERS);
		let proposal = proposal(n);
		let signatures = sign(&keys, digest_signer_set(&proposal, Eligibility::<T>::domain()));

		#[extrinsic_call]
		propose_signers_signed(anyone::<T>(), proposal, 1, signatures);

		assert!(PendingSigners::<T>::contains_key(ROLE_ORACLE));
	}

	#[benchmark]
	fn activate_signers() {
		let admin = chain::<T>();
		install::<T>(ROLE_ORACLE, MAX_SIGNERS);
		propose::<T>(&admin, MAX_SIGNERS);
		set_time::<T>(NOW.saturating_add(DEFAULT_TIMING.delay));

		#[extrinsic_call]
		_(anyone::<T>(), ROLE_ORACLE);

		assert!(SignerSets::<T>::get(ROLE_ORACLE).is_some_and(|sets| sets.current.id == 2));
	}

	#[benchmark]
	fn retire_signers() {
		let admin = chain::<T>();
		install::<T>(ROLE_ORACLE, MAX_SIGNERS);
		rotate::<T>(&admin);

		#[extrinsic_call]
		_(RawOrigin::Signed(admin), ROLE_ORACLE);

		assert!(SignerSets::<T>::get(ROLE_ORACLE).is_some_and(|sets| sets.previous.is_none()));
	}

	#[benchmark]
	fn cancel_signers() {
		let admin = chain::<T>();
		install::<T>(ROLE_ORACLE, MAX_SIGNERS);
		propose::<T>(&admin, MAX_SIGNERS);

		#[extrinsic_call]
		_(RawOrigin::Signed(admin), ROLE_ORACLE);

		assert!(!PendingSigners::<T>::contains_key(ROLE_ORACLE));
	}

	#[benchmark]
	fn strike_signer() {
		let admin = chain::<T>();
		let struck = keys(ROLE_ORACLE, 1)[0].address;
		install::<T>(ROLE_ORACLE, MAX_SIGNERS);
		rotate::<T>(&admin);

		#[extrinsic_call]
		_(RawOrigin::Signed(admin), ROLE_ORACLE, struck);

		assert!(StruckSigners::<T>::contains_key(ROLE_ORACLE, struck));
	}

	impl_benchmark_test_suite!(Eligibility, crate::mock::benchmark_ext(), crate::mock::Test);
}
