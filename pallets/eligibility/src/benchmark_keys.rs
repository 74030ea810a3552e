//! Signers for benchmarks. Their keys live in the keystore behind `sp_io`, since a benchmark may run as WebAssembly, where
//! nothing else can sign.

use alloc::{format, vec::Vec};

use lockstep_primitives::{
	quorum::{recover, CanonicalSignature},
	SignerSet, SignerSets as RoleSets,
};
use polkadot_sdk::{
	sp_core::{crypto::KeyTypeId, ecdsa, H160, H256},
	sp_io,
};

use crate::pallet::{Config, SignerSets};

const KEY_TYPE: KeyTypeId = KeyTypeId(*b"lock");

/// A key whose address is known.
pub struct Key {
	public: ecdsa::Public,
	/// Its address.
	pub address: H160,
}

impl Key {
	/// A key by its name.
	fn new(name: &str) -> Self {
		let public = sp_io::crypto::ecdsa_generate(KEY_TYPE, Some(format!("//{name}").into_bytes()));
		let digest = H256::repeat_byte(1);
		let signature = CanonicalSignature::parse(&sign_with(&public, digest)).expect("own signatures are canonical");
		Self { public, address: recover(&digest, &signature).expect("own signatures recover") }
	}
}

/// `count` keys named after a role, ascending by address.
pub fn keys(role: u8, count: u32) -> Vec<Key> {
	let mut keys: Vec<Key> = (0..count).map(|index| Key::new(&format!("{role}//{index}"))).collect();
	keys.sort_by_key(|key| key.address);
	keys
}

/// Makes `count` keys a role's set number 1, all of whom must sign, and returns them.
pub fn install<T: Config>(role: u8, count: u32) -> Vec<Key> {
	let keys = keys(role, count);
	let signers = keys.iter().map(|key| key.address).collect();
	let current = SignerSet::new(1, count as u8, signers).expect("a sound set");
	SignerSets::<T>::insert(role, RoleSets { current, previous: None, grace_ends: 0 });
	keys
}

/// Each key's signature over a digest, in their order.
pub fn sign(keys: &[Key], digest: H256) -> Vec<Vec<u8>> {
	keys.iter().map(|key| sign_with(&key.public, digest)).collect()
}

fn sign_with(public: &ecdsa::Public, digest: H256) -> Vec<u8> {
	let signature = sp_io::crypto::ecdsa_sign_prehashed(KEY_TYPE, public, &digest.0).expect("the key was made here");
	let mut bytes = signature.0.to_vec();
	bytes[64] = bytes[64].saturating_add(27);
	bytes
}
