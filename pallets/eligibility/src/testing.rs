//! Signers for tests of this pallet and of those that stand on it.

use alloc::vec::Vec;

use lockstep_primitives::quorum::address_of_public_key;
use polkadot_sdk::{
	sp_core::{ecdsa, Pair, H160, H256},
	sp_io,
};

use crate::GenesisSigners;

/// A key whose address is known.
#[derive(Clone)]
pub struct Signer {
	pair: ecdsa::Pair,
	/// Its address.
	pub address: H160,
}

impl Signer {
	/// The signer of a seed.
	pub fn new(seed: u8) -> Self {
		let pair = ecdsa::Pair::from_seed(&[seed; 32]);
		let digest = [1u8; 32];
		let signature = pair.sign_prehashed(&digest);
		let key = sp_io::crypto::secp256k1_ecdsa_recover(&signature.0, &digest)
			.ok()
			.expect("an own signature recovers");
		Self { pair, address: address_of_public_key(&key) }
	}

	/// Its signature over a digest: 65 bytes r, s, v with v 27 or 28.
	pub fn sign(&self, digest: H256) -> Vec<u8> {
		let mut signature = self.pair.sign_prehashed(&digest.0).0.to_vec();
		signature[64] += 27;
		signature
	}
}

/// Signers of these seeds, ascending by address.
pub fn signers(seeds: impl IntoIterator<Item = u8>) -> Vec<Signer> {
	let mut signers: Vec<Signer> = seeds.into_iter().map(Signer::new).collect();
	signers.sort_by_key(|signer| signer.address);
	signers
}

/// Three attestors of whom two must sign.
pub fn attestors() -> Vec<Signer> {
	signers([11, 12, 13])
}

/// Three oracle signers of whom two must sign.
pub fn oracle() -> Vec<Signer> {
	signers([21, 22, 23])
}

/// A genesis set of which two must sign.
pub fn genesis(signers: &[Signer]) -> GenesisSigners {
	GenesisSigners { threshold: 2, signers: signers.iter().map(|signer| signer.address).collect() }
}

/// Each signer's signature over a digest, in their order.
pub fn sign(signers: &[Signer], digest: H256) -> Vec<Vec<u8>> {
	signers.iter().map(|signer| signer.sign(digest)).collect()
}
