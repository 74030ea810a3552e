//! The chain's name, its time, and the genesis.

use lockstep_primitives::{ids, Refusal};
use polkadot_sdk::{
	frame_support::{assert_noop, traits::Hooks},
	sp_core::{H160, H256},
	sp_io,
	sp_runtime::BuildStorage,
};

use super::{empty_batch, refused, signed, submit};
use crate::{
	mock::*,
	testing::{genesis, oracle, signers},
	GenesisConfig, GenesisSigners,
};

#[test]
fn the_domain_is_settled_in_the_first_block_and_stays() {
	new_test_ext().execute_with(|| {
		let name = Eligibility::chain_name();
		assert_eq!(name.caip2, "polkadot:45454545454545454545454545454545");
		assert_eq!(name.bridge, ids::substrate_bridge());
		assert_eq!(name.deployment, H256([0xd0; 32]));
		let domain = ids::domain(&name.caip2, name.bridge, name.deployment);
		assert_eq!(Eligibility::domain(), domain);
		Eligibility::on_initialize(2);
		assert_eq!(Eligibility::domain(), domain);
	});
}

#[test]
fn time_is_rounded_down_to_seconds() {
	new_test_ext().execute_with(|| assert_eq!(Eligibility::now(), START));
}

#[test]
fn an_empty_genesis_builds_and_grants_nothing() {
	let storage = RuntimeGenesisConfig::default().build_storage().expect("builds");
	sp_io::TestExternalities::new(storage).execute_with(|| {
		assert_noop!(Eligibility::pause(signed(admin()), 1), refused(Refusal::NotGuardian));
		let batch = empty_batch(1, 0);
		assert_noop!(submit(&batch), refused(Refusal::SignerSetUnknown));
	});
}

#[test]
fn the_genesis_reads_the_json_that_the_devnet_writes() {
	let json = serde_json::json!({
		"admin": "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
		"guardian": "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
		"deployment": format!("0x{}", "d0".repeat(32)),
		"attestors": { "threshold": 1, "signers": [format!("0x{}", "11".repeat(20))] },
		"delay": 4,
		"grace": 60,
		"oracle": { "threshold": 1, "signers": [format!("0x{}", "22".repeat(20))] },
	});
	let config: GenesisConfig<Test> = serde_json::from_value(json).expect("readable");
	assert_eq!(config.deployment, H256([0xd0; 32]));
	assert_eq!(config.oracle.signers, vec![H160([0x22; 20])]);
	assert!(config.admin.is_some());
}

fn build_with(attestors: GenesisSigners, oracle: GenesisSigners) {
	let config = GenesisConfig::<Test> { attestors, oracle, ..Default::default() };
	config.build_storage().expect("builds");
}

#[test]
#[should_panic(expected = "more than half must sign")]
fn a_genesis_set_without_a_majority_does_not_start() {
	build_with(genesis(&signers([1, 2, 3, 4])), genesis(&oracle()));
}

#[test]
#[should_panic(expected = "no address may sign in both roles")]
fn an_address_in_both_roles_does_not_start() {
	build_with(genesis(&signers([1, 2, 3])), genesis(&signers([3, 4, 5])));
}
