//! A development chain in its first block, and signed extrinsics for it.

use codec::Encode;
use polkadot_sdk::*;

use lockstep_eligibility::testing::{attestors, oracle, Signer};
use serde_json::{json, Value};
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	generic::{DigestItem, Era, SignedPayload},
	Digest, MultiSignature,
};

use crate::{
	genesis, AccountId, Executive, Header, Runtime, RuntimeCall, System, TxExtension, UncheckedExtrinsic,
	SLOT_DURATION_MS,
};

/// Start of the test chain, milliseconds since 1970.
pub const START_MS: u64 = 1_700_000_000_000;
/// The same in seconds.
pub const NOW: u64 = START_MS / 1_000;

/// A patch over a configuration, as RFC 7396 merges.
fn merge(base: &mut Value, patch: Value) {
	match patch {
		Value::Object(fields) if base.is_object() => {
			for (name, value) in fields {
				merge(&mut base[name], value);
			}
		},
		value => *base = value,
	}
}

fn read(bytes: Option<Vec<u8>>) -> Value {
	serde_json::from_slice(&bytes.expect("the preset exists")).expect("JSON")
}

fn signers(signers: &[Signer]) -> Value {
	let addresses: Vec<String> = signers.iter().map(|signer| format!("{:?}", signer.address)).collect();
	json!({ "threshold": 2, "signers": addresses })
}

/// The development preset with a deployment of its own; `patch` over it.
fn config(patch: Value) -> Vec<u8> {
	let default = frame_support::genesis_builder_helper::get_preset::<crate::RuntimeGenesisConfig>(&None, |_| None);
	let mut config = read(default);
	merge(&mut config, read(genesis::get_preset(&"development".into())));
	merge(&mut config, json!({ "eligibility": { "deployment": format!("{:?}", H256::repeat_byte(7)) } }));
	merge(&mut config, patch);
	serde_json::to_vec(&config).expect("JSON")
}

/// The development chain in its first block.
fn start(patch: Value) -> sp_io::TestExternalities {
	let mut chain = sp_io::TestExternalities::new_empty();
	chain.execute_with(|| {
		frame_support::genesis_builder_helper::build_state::<crate::RuntimeGenesisConfig>(config(patch))
			.expect("the preset builds");
		Executive::initialize_block(&header(H256::repeat_byte(3)));
		let now = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now: START_MS });
		let applied = Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(now));
		assert_eq!(applied, Ok(Ok(())));
	});
	chain
}

/// The development chain in its first block, with signers whose keys the tests hold.
pub fn first_block() -> sp_io::TestExternalities {
	start(json!({ "eligibility": { "attestors": signers(&attestors()), "oracle": signers(&oracle()) } }))
}

/// Runs `test` on the development preset, in its first block.
pub fn in_first_block(test: impl FnOnce()) {
	start(json!({})).execute_with(test);
}

/// Header of block 1 over a genesis of that hash, in the slot of its time.
fn header(genesis: H256) -> Header {
	let slot = sp_consensus_aura::Slot::from(START_MS / SLOT_DURATION_MS);
	let digest = Digest { logs: vec![DigestItem::PreRuntime(sp_consensus_aura::AURA_ENGINE_ID, slot.encode())] };
	Header { parent_hash: genesis, number: 1, state_root: H256::zero(), extrinsics_root: H256::zero(), digest }
}

/// A call signed by a development account, as it would come from the network.
pub fn extrinsic(signer: Sr25519Keyring, call: RuntimeCall) -> UncheckedExtrinsic {
	let account: AccountId = signer.to_account_id();
	let extension: TxExtension = (
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(System::account_nonce(&account)),
		frame_system::CheckWeight::new(),
		pallet_transaction_payment::ChargeTransactionPayment::<Runtime>::from(0),
		frame_system::WeightReclaim::new(),
	);
	let payload = SignedPayload::new(call.clone(), extension.clone()).expect("the extensions are sound");
	let signature = payload.using_encoded(|bytes| signer.sign(bytes));
	UncheckedExtrinsic::new_signed(call, account.into(), MultiSignature::Sr25519(signature), extension)
}
