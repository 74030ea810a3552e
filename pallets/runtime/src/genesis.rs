//! The chain's first block.

use alloc::{vec, vec::Vec};

use polkadot_sdk::*;

use frame_support::build_struct_json_patch;
use lockstep_eligibility::GenesisSigners;
use sp_core::{hex2array, H160};
use sp_genesis_builder::PresetId;
use sp_keyring::Sr25519Keyring;

use crate::{AccountId, AuraConfig, BalancesConfig, EligibilityConfig, RuntimeGenesisConfig, UNIT};

/// Native coin of each development account: millions of extrinsics. Below 2^53 base units, because tools in JavaScript read
/// the preset's JSON and would round anything larger.
const DEV_ENDOWMENT: u128 = 9_000 * UNIT;

/// The preset named `id` as a JSON patch over the default genesis, or None if there is none of that name.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let patch = match id.as_ref() {
		sp_genesis_builder::DEV_RUNTIME_PRESET => development(),
		_ => return None,
	};
	Some(serde_json::to_vec(&patch).expect("a JSON value made by serde can be written; qed"))
}

/// Accounts of the development chain besides the well-known ones: `//Relayer`, `//Ana`, `//Ben` and `//Cho` (sr25519).
const DEV_ACCOUNTS: [[u8; 32]; 4] = [
	hex2array!("882e6eaf75b8436bef691ed2cc82f77a06226a76174fa07e2da55deaa588de74"),
	hex2array!("9646477f44b733a65eee58fa845a13a00462419dff8cc82234b19fd6c83b3b4d"),
	hex2array!("ca9348c6fbcf8a3fecf080054c71f9dcbc9008460d9e76478b3d7aca616cf90c"),
	hex2array!("f03d47a4fa99f4b5225e0797be88bbaff75a184b17c988625ada4f1a3634867d"),
];

/// Attestors of the development chain: accounts 10, 11 and 12 of the mnemonic "test test ... junk", ascending.
const DEV_ATTESTORS: [[u8; 20]; 3] = [
	hex2array!("71be63f3384f5fb98995898a86b02fb2426c5788"),
	hex2array!("bcd4042de499d14e55001ccbb24a551f3b954096"),
	hex2array!("fabb0ac9d68b0b445fb7357272ff202c5651694a"),
];

/// Oracle signers of the development chain: accounts 20, 21 and 22 of the same mnemonic, ascending.
const DEV_ORACLE: [[u8; 20]; 3] = [
	hex2array!("02484cb50aac86eae85610d6f4bf026f30f6627d"),
	hex2array!("08135da0a343e492fa2d4282f2ae34c6c5cc1bbe"),
	hex2array!("09db0a93b389bef724429898f539aeb7ac2dd55f"),
];

/// Seconds that a proposed signer set or release waits on the development chain, and that a replaced set still counts:
/// short, so that tests and demonstrations see both ends.
const DEV_DELAY: u64 = 4;
const DEV_GRACE: u64 = 60;

/// Signatures that make a quorum of a development set.
const DEV_THRESHOLD: u8 = 2;

/// One authority and admin (Alice), one guardian (Bob), the development accounts endowed, two of three signers in each
/// role. All these keys are public: never for anything of value. `eligibility.deployment` is zero and is to be patched with
/// fresh random bytes by whoever starts the chain.
fn development() -> serde_json::Value {
	let accounts = Sr25519Keyring::well_known()
		.map(|key| key.to_account_id())
		.chain(DEV_ACCOUNTS.into_iter().map(AccountId::from));
	build_struct_json_patch!(RuntimeGenesisConfig {
		aura: AuraConfig { authorities: vec![Sr25519Keyring::Alice.public().into()] },
		balances: BalancesConfig { balances: accounts.map(|account| (account, DEV_ENDOWMENT)).collect() },
		eligibility: EligibilityConfig {
			admin: Some(Sr25519Keyring::Alice.to_account_id()),
			guardian: Some(Sr25519Keyring::Bob.to_account_id()),
			attestors: signers(DEV_ATTESTORS),
			oracle: signers(DEV_ORACLE),
			delay: DEV_DELAY,
			grace: DEV_GRACE,
		},
	})
}

fn signers(addresses: [[u8; 20]; 3]) -> GenesisSigners {
	GenesisSigners { threshold: DEV_THRESHOLD, signers: addresses.into_iter().map(H160).collect() }
}
