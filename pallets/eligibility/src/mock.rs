//! A runtime with this pallet and a registry that only writes down what it is asked.

use core::cell::RefCell;

use lockstep_primitives::{
	traits::Registry, BindingItem, EligibilityItem, QuotaItem, Refusal, RefusalSet,
};
use polkadot_sdk::{
	frame_support::{self, derive_impl, traits::Hooks},
	frame_system, pallet_timestamp,
	sp_core::H256,
	sp_io,
	sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage},
};

use crate::{
	self as lockstep_eligibility,
	testing::{attestors, genesis, oracle},
};

#[frame_support::runtime]
mod runtime {
	use super::*;

	#[runtime::runtime]
	#[runtime::derive(RuntimeCall, RuntimeEvent, RuntimeError, RuntimeOrigin, RuntimeTask)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;

	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;

	#[runtime::pallet_index(20)]
	pub type Eligibility = lockstep_eligibility;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type AccountId = AccountId32;
	type Block = frame_system::mocking::MockBlock<Test>;
	type Lookup = IdentityLookup<AccountId32>;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Test {}

impl lockstep_eligibility::Config for Test {
	type Registry = Notes;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// What the registry was asked to apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
	/// With the batch's number.
	Eligibility(u64, H256),
	/// Of an account.
	Binding(H256),
	/// Of a class.
	Quota(u16),
}

std::thread_local! {
	static NOTES: RefCell<Vec<Note>> = const { RefCell::new(Vec::new()) };
}

/// What was applied since the last call.
pub fn take_notes() -> Vec<Note> {
	NOTES.with(|notes| notes.take())
}

/// The asset that the registry doesn't know.
pub const UNKNOWN_ASSET: H256 = H256([0xff; 32]);
/// An account that the registry reports as in use.
pub const BUSY_ACCOUNT: H256 = H256([0xbb; 32]);

/// Writes down what it applies; knows every asset but one.
pub struct Notes;

fn note(asset: H256, note: Note) -> Result<(), Refusal> {
	if asset == UNKNOWN_ASSET {
		return Err(Refusal::AssetUnknown);
	}
	NOTES.with(|notes| notes.borrow_mut().push(note));
	Ok(())
}

impl Registry for Notes {
	fn apply_eligibility(number: u64, item: &EligibilityItem) -> Result<(), Refusal> {
		note(item.asset, Note::Eligibility(number, item.investor))
	}

	fn apply_binding(item: &BindingItem) -> Result<(), Refusal> {
		Self::check_binding(item).into_result()?;
		note(item.asset, Note::Binding(item.account))
	}

	fn apply_quota(item: &QuotaItem) -> Result<(), Refusal> {
		note(item.asset, Note::Quota(item.class))
	}

	fn check_binding(item: &BindingItem) -> RefusalSet {
		let mut refused = RefusalSet::new();
		refused.add_if(item.asset == UNKNOWN_ASSET, || Refusal::AssetUnknown.bare());
		refused.add_if(item.account == BUSY_ACCOUNT, || Refusal::AccountInUse.bare());
		refused
	}
}

/// Seconds that a proposed signer set waits.
pub const DELAY: u64 = 400;
/// Seconds that a replaced signer set still counts.
pub const GRACE: u64 = 100;
/// The time at which tests begin, UTC seconds.
pub const START: u64 = 1_800_000_000;

pub fn account(n: u8) -> AccountId32 {
	AccountId32::new([n; 32])
}

pub fn admin() -> AccountId32 {
	account(1)
}

pub fn guardian() -> AccountId32 {
	account(2)
}

pub fn stranger() -> AccountId32 {
	account(9)
}

/// Sets the block time to that many UTC seconds (and a little more, which is rounded away).
pub fn set_time(now: u64) {
	pallet_timestamp::Now::<Test>::put(now * 1_000 + 999);
}

/// A chain in its first block.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let config = RuntimeGenesisConfig {
		eligibility: lockstep_eligibility::GenesisConfig {
			admin: Some(admin()),
			guardian: Some(guardian()),
			deployment: H256([0xd0; 32]),
			attestors: genesis(&attestors()),
			oracle: genesis(&oracle()),
			delay: DELAY,
			grace: GRACE,
		},
		..Default::default()
	};
	let mut ext = sp_io::TestExternalities::new(config.build_storage().expect("a sound genesis"));
	ext.execute_with(|| {
		System::set_block_number(1);
		Eligibility::on_initialize(1);
		set_time(START);
		take_notes();
	});
	ext
}

/// A chain whose keystore makes keys for benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub fn benchmark_ext() -> sp_io::TestExternalities {
	use polkadot_sdk::sp_keystore::{testing::MemoryKeystore, KeystoreExt};
	let mut ext = new_test_ext();
	ext.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	ext
}
