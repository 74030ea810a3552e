use polkadot_sdk::{
	sp_core::{ecdsa, Pair, H160, H256, U256},
	sp_io::hashing::keccak_256,
};

use crate::{
	quorum::{address_of_public_key, recover, CanonicalSignature},
	Refusal, SignerSet, SignerSets,
};

const DIGEST: H256 = H256([7; 32]);

/// Three signers in ascending order of their addresses.
fn signers() -> Vec<(H160, ecdsa::Pair)> {
	let mut pairs: Vec<_> = (1u8..=3)
		.map(|seed| {
			let pair = ecdsa::Pair::from_seed(&[seed; 32]);
			(address(&pair), pair)
		})
		.collect();
	pairs.sort_by_key(|(address, _)| *address);
	pairs
}

/// Found by recovery, since the pair gives only its compressed key.
fn address(pair: &ecdsa::Pair) -> H160 {
	let signature = pair.sign_prehashed(&keccak_256(b"who"));
	let key = polkadot_sdk::sp_io::crypto::secp256k1_ecdsa_recover(&signature.0, &keccak_256(b"who"));
	address_of_public_key(&key.unwrap_or_else(|_| panic!("own signature recovers")))
}

fn sign(pair: &ecdsa::Pair) -> Vec<u8> {
	let mut bytes = pair.sign_prehashed(&DIGEST.0).0.to_vec();
	bytes[64] += 27;
	bytes
}

fn set(threshold: u8) -> SignerSet {
	let addresses = signers().into_iter().map(|(address, _)| address).collect();
	SignerSet::new(1, threshold, addresses).expect("a good set")
}

fn check(threshold: u8, signatures: &[Vec<u8>]) -> Result<(), crate::Reason> {
	set(threshold).check(signatures, |signature| recover(&DIGEST, signature))
}

fn all_signatures() -> Vec<Vec<u8>> {
	signers().iter().map(|(_, pair)| sign(pair)).collect()
}

#[test]
fn two_of_three_in_order_are_a_quorum() {
	let signatures = all_signatures();
	assert_eq!(check(2, &signatures[..2]), Ok(()));
	assert_eq!(check(2, &signatures[1..]), Ok(()));
	assert_eq!(check(3, &signatures), Ok(()));
}

#[test]
fn too_few_signatures_are_no_quorum() {
	let signatures = all_signatures();
	assert_eq!(check(2, &signatures[..1]), Err(Refusal::QuorumNotMet.with([1.into(), 2.into()])));
	assert_eq!(check(2, &[]), Err(Refusal::QuorumNotMet.with([0.into(), 2.into()])));
}

#[test]
fn the_same_signer_twice_or_signers_out_of_order_are_refused() {
	let signatures = all_signatures();
	let twice = [signatures[0].clone(), signatures[0].clone()];
	assert_eq!(check(2, &twice), Err(Refusal::SignerOrder.with([1.into()])));
	let swapped = [signatures[1].clone(), signatures[0].clone()];
	assert_eq!(check(2, &swapped), Err(Refusal::SignerOrder.with([1.into()])));
}

#[test]
fn a_stranger_spoils_even_a_full_quorum() {
	let stranger = ecdsa::Pair::from_seed(&[9; 32]);
	let mut signatures = all_signatures();
	signatures.push(sign(&stranger));
	let value = U256::from_big_endian(address(&stranger).as_bytes());
	assert_eq!(check(2, &signatures), Err(Refusal::SignerUnknown.with([value])));
}

#[test]
fn every_other_spelling_of_a_signature_is_malformed() {
	let good = all_signatures();
	let order = U256::from_big_endian(&[
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae,
		0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
	]);
	let spell = |change: &dyn Fn(&mut Vec<u8>)| {
		let mut bytes = good[1].clone();
		change(&mut bytes);
		bytes
	};
	let high_s = |bytes: &mut Vec<u8>| {
		let s = U256::from_big_endian(&bytes[32..64]);
		bytes[32..64].copy_from_slice(&(order - s).to_big_endian());
		bytes[64] = 55 - bytes[64];
	};
	let spellings: [Vec<u8>; 8] = [
		spell(&|bytes| bytes[64] -= 27),
		spell(&|bytes| bytes[64] = 29),
		spell(&high_s),
		spell(&|bytes| bytes[..32].fill(0)),
		spell(&|bytes| bytes[..32].copy_from_slice(&order.to_big_endian())),
		spell(&|bytes| bytes[32..64].fill(0)),
		spell(&|bytes| bytes.push(0)),
		spell(&|bytes| bytes.truncate(64)),
	];
	for bytes in spellings {
		let signatures = [good[0].clone(), bytes, good[2].clone()];
		assert_eq!(check(2, &signatures), Err(Refusal::SignatureMalformed.with([1.into()])));
	}
	assert!(CanonicalSignature::parse(&good[0]).is_some());
}

#[test]
fn more_than_25_signatures_are_refused_before_any_is_recovered() {
	let signatures = vec![all_signatures()[0].clone(); 26];
	let gate = set(2).check(&signatures, |_| panic!("must not recover"));
	assert_eq!(gate, Err(Refusal::Malformed.with([25.into()])));
}

#[test]
fn a_set_needs_a_majority_of_distinct_real_addresses() {
	let address = H160::from_low_u64_be;
	assert!(SignerSet::new(1, 2, vec![address(1), address(2), address(3)]).is_some());
	assert!(SignerSet::new(1, 1, vec![address(1)]).is_some());
	assert!(SignerSet::new(0, 1, vec![address(1)]).is_none(), "ids start at 1");
	assert!(SignerSet::new(1, 1, vec![address(1), address(2)]).is_none(), "half is no majority");
	assert!(SignerSet::new(1, 3, vec![address(1), address(2)]).is_none(), "more than all");
	assert!(SignerSet::new(1, 2, vec![address(2), address(1)]).is_none(), "descending");
	assert!(SignerSet::new(1, 2, vec![address(1), address(1)]).is_none(), "twice the same");
	assert!(SignerSet::new(1, 1, vec![H160::zero()]).is_none(), "the zero address");
	assert!(SignerSet::new(1, 0, vec![]).is_none(), "nobody");
	assert!(SignerSet::new(1, 14, (1..=26).map(address).collect()).is_none(), "26 signers");
}

#[test]
fn the_set_before_counts_only_while_grace_lasts() {
	let sets = SignerSets { current: SignerSet { id: 2, ..set(2) }, previous: Some(set(2)), grace_ends: 100 };
	let unknown = |id: u64| Err(Refusal::SignerSetUnknown.with([id.into(), 2.into()]));
	let select = |id, now| sets.select(id, now).map(|set| set.id);
	assert_eq!(select(2, 1_000), Ok(2));
	assert_eq!(select(1, 99), Ok(1));
	assert_eq!(select(1, 100), unknown(1));
	assert_eq!(select(3, 99), unknown(3));
	assert_eq!(sets.check(2, 0, DIGEST, &all_signatures()), Ok(()));
}
