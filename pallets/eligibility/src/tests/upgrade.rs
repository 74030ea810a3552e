//! Times of the genesis, and the way from a chain that knew none.

use lockstep_primitives::Timing;
use polkadot_sdk::{
	frame_support::traits::{GetStorageVersion, OnRuntimeUpgrade, StorageVersion},
	sp_runtime::BuildStorage,
};

use crate::{migrations::ToVersion1, mock::*, GenesisConfig, Pallet, Timings, DEFAULT_TIMING, STORAGE_VERSION};

#[test]
fn the_genesis_names_the_times_and_a_forgotten_one_is_long() {
	new_test_ext().execute_with(|| {
		assert_eq!(Eligibility::timing(), Timing { delay: DELAY, grace: GRACE });
		assert_eq!(Pallet::<Test>::on_chain_storage_version(), STORAGE_VERSION);
	});
	let default = GenesisConfig::<Test>::default();
	assert_eq!(Timing { delay: default.delay, grace: default.grace }, DEFAULT_TIMING);
}

fn start_with(delay: u64, grace: u64) {
	let config = GenesisConfig::<Test> { delay, grace, ..Default::default() };
	config.build_storage().expect("builds");
}

#[test]
fn thirty_days_are_the_longest_times() {
	start_with(30 * 86_400, 30 * 86_400);
}

#[test]
#[should_panic(expected = "at most 30 days")]
fn a_longer_delay_does_not_start() {
	start_with(30 * 86_400 + 1, 0);
}

#[test]
#[should_panic(expected = "at most 30 days")]
fn a_longer_grace_does_not_start() {
	start_with(0, 30 * 86_400 + 1);
}

#[test]
fn a_chain_of_version_0_gets_the_long_times_once() {
	new_test_ext().execute_with(|| {
		Timings::<Test>::kill();
		StorageVersion::new(0).put::<Pallet<Test>>();
		ToVersion1::<Test>::on_runtime_upgrade();
		assert!(Timings::<Test>::exists());
		assert_eq!(Eligibility::timing(), DEFAULT_TIMING);
		assert_eq!(Pallet::<Test>::on_chain_storage_version(), STORAGE_VERSION);
		Timings::<Test>::put(Timing { delay: 1, grace: 2 });
		ToVersion1::<Test>::on_runtime_upgrade();
		assert_eq!(Eligibility::timing(), Timing { delay: 1, grace: 2 });
	});
}
