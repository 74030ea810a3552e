//! The runtime as a whole: its first block, its second, how its refusals look from outside, what its calls touch, and how
//! it is reached from the version before.

mod accesses;
mod chain;
mod filter;
mod recording;
mod scenario;
mod upgrade;

use polkadot_sdk::*;

use alloy_sol_types::SolCall;
use frame_support::{assert_noop, traits::PalletInfoAccess};
use lockstep_primitives::{
	abi::ILockstepViews as views,
	ids::{domain, substrate_bridge},
	Refusal,
};
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::DispatchError;

use self::chain::in_first_block;
use crate::{
	genesis, AccountId, Balances, Block, Bridge, Eligibility, Runtime, RuntimeOrigin, SecurityToken, System,
};

#[test]
fn the_development_chain_knows_its_name_in_its_first_block() {
	in_first_block(|| {
		let answer = Bridge::view(&views::identityCall {}.abi_encode()).expect("a view");
		let identity = views::identityCall::abi_decode_returns(&answer).expect("its ABI");
		assert_eq!(identity.caip2, format!("polkadot:{}", "03".repeat(16)));
		let expected = domain(&identity.caip2, substrate_bridge(), H256::repeat_byte(7));
		assert_eq!(identity.domain.0, expected.0);
		assert_eq!(Eligibility::domain(), expected);
	});
}

#[test]
fn the_development_chain_has_its_roles_and_funds() {
	in_first_block(|| {
		assert!(Eligibility::is_admin(&Sr25519Keyring::Alice.to_account_id()));
		assert!(Eligibility::is_guardian(&Sr25519Keyring::Bob.to_account_id()));
		for role in [1, 2] {
			let sets = Eligibility::signer_sets(role).expect("a set");
			assert_eq!((sets.current.id, sets.current.threshold, sets.current.signers.len()), (1, 2, 3));
		}
		let timing = Eligibility::timing();
		assert_eq!((timing.delay, timing.grace), (4, 60));
		for name in ["//Alice", "//Ferdie", "//Relayer", "//Ana", "//Ben", "//Cho"] {
			use sp_core::Pair;
			let pair = sp_core::sr25519::Pair::from_string(name, None).expect("a development key");
			let account = AccountId::from(pair.public());
			assert_eq!(Balances::free_balance(&account), 9_000 * crate::UNIT, "{name}");
		}
	});
}

#[test]
fn presets_are_listed_and_others_are_unknown() {
	use sp_genesis_builder::runtime_decl_for_genesis_builder::GenesisBuilderV1;
	let names = <Runtime as GenesisBuilderV1<Block>>::preset_names();
	assert_eq!(names.iter().map(AsRef::<str>::as_ref).collect::<Vec<_>>(), ["development"]);
	assert!(genesis::get_preset(&"staging".into()).is_none());
}

#[test]
fn pallets_keep_their_numbers() {
	assert_eq!((System::index(), Eligibility::index(), SecurityToken::index(), Bridge::index()), (0, 20, 21, 22));
}

#[test]
fn a_refusal_shows_as_pallet_number_and_code_minus_one() {
	in_first_block(|| {
		let bob = RuntimeOrigin::signed(Sr25519Keyring::Bob.to_account_id());
		let error: DispatchError = lockstep_bridge::Error::<Runtime>::Refused(Refusal::NotAdmin).into();
		assert_noop!(Bridge::open_lane(bob, H256::repeat_byte(9), 1, 1, 2), error);
		let DispatchError::Module(module) = error else { panic!("a module error") };
		assert_eq!((module.index, module.error), (22, [0, 31, 0, 0]));
	});
}
