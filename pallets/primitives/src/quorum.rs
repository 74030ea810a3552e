//! Signer sets, and whether a list of signatures is a quorum of one.
//!
//! The order in which this gate fails is part of the protocol: the same bad input is refused with the same number
//! and values on every chain.

use alloc::vec::Vec;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{
	frame_support::{traits::ConstU32, BoundedVec},
	sp_core::{H160, H256, U256},
	sp_io::{self, hashing::keccak_256},
};
use scale_info::TypeInfo;

use crate::{evaluation::Reason, ids::MAX_SIGNERS, refusal::Refusal};

/// Order of the secp256k1 group.
const CURVE_ORDER: [u8; 32] = [
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc,
	0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// Half of [`CURVE_ORDER`], rounded down: the largest s that is "low" (EIP-2).
const HALF_CURVE_ORDER: [u8; 32] = [
	0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e,
	0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// A signature whose bytes are canonical; recovery may still fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CanonicalSignature([u8; 65]);

impl CanonicalSignature {
	/// Takes 65 bytes r, s, v with v 27 or 28, 0 < r < n and 0 < s <= n/2; None for anything else.
	///
	/// Recovery functions accept v of 0 and 1 and a high s: without this check one signature would have four spellings.
	pub fn parse(bytes: &[u8]) -> Option<Self> {
		let bytes: [u8; 65] = bytes.try_into().ok()?;
		let (r, s, v) = (&bytes[..32], &bytes[32..64], bytes[64]);
		let zero = [0u8; 32];
		let canonical =
			(v == 27 || v == 28)
				&& r != zero && r < CURVE_ORDER.as_slice()
				&& s != zero && s <= HALF_CURVE_ORDER.as_slice();
		canonical.then_some(Self(bytes))
	}

	/// The bytes with v as the recovery id 0 or 1, as recovery functions take them.
	pub fn with_recovery_id(&self) -> [u8; 65] {
		let mut bytes = self.0;
		bytes[64] -= 27;
		bytes
	}
}

/// Address of an uncompressed public key without its 0x04 prefix.
pub fn address_of_public_key(key: &[u8; 64]) -> H160 {
	H160::from_slice(&keccak_256(key)[12..])
}

/// Address that signed `digest`, or None when the curve knows no such key.
pub fn recover(digest: &H256, signature: &CanonicalSignature) -> Option<H160> {
	sp_io::crypto::secp256k1_ecdsa_recover(&signature.with_recovery_id(), &digest.0)
		.ok()
		.map(|key| address_of_public_key(&key))
}

/// A numbered set of signers of which `threshold` make a quorum.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct SignerSet {
	/// Number, from 1.
	pub id: u64,
	/// How many signatures are needed.
	pub threshold: u8,
	/// Addresses, strictly ascending.
	pub signers: BoundedVec<H160, ConstU32<MAX_SIGNERS>>,
}

impl SignerSet {
	/// A set that meets the protocol's rules: 1 <= n <= 25, n/2 < k <= n, addresses strictly ascending and not zero.
	///
	/// None otherwise. More than half: so two quorums always share a signer.
	pub fn new(id: u64, threshold: u8, signers: Vec<H160>) -> Option<Self> {
		let count = signers.len();
		let needed = usize::from(threshold);
		let ascending = signers.windows(2).all(|pair| pair[0] < pair[1]);
		let first_is_real = signers.first().is_some_and(|first| !first.is_zero());
		let majority = needed <= count && needed.saturating_mul(2) > count;
		if id == 0 || !ascending || !first_is_real || !majority {
			return None;
		}
		Some(Self { id, threshold, signers: signers.try_into().ok()? })
	}

	/// Takes an address out; the threshold stays, so that a strike never makes a quorum easier. True when it was in.
	pub fn strike(&mut self, signer: &H160) -> bool {
		let before = self.signers.len();
		self.signers.retain(|known| known != signer);
		self.signers.len() < before
	}

	/// Checks that `signatures` are a quorum of this set; `recover` gives the address that made a signature.
	///
	/// Fails, in this order, with Malformed(25) above 25 signatures, SignatureMalformed(index), SignerUnknown(signer),
	/// SignerOrder(index) or QuorumNotMet(got, need). Every signature given must be good: one bad signature spoils
	/// the call even when the others would do.
	pub fn check(
		&self,
		signatures: &[Vec<u8>],
		recover: impl Fn(&CanonicalSignature) -> Option<H160>,
	) -> Result<(), Reason> {
		if signatures.len() > MAX_SIGNERS as usize {
			return Err(Refusal::Malformed.with([MAX_SIGNERS.into()]));
		}
		let mut recovered = Vec::with_capacity(signatures.len());
		for (index, bytes) in signatures.iter().enumerate() {
			let signer = CanonicalSignature::parse(bytes)
				.and_then(|signature| recover(&signature))
				.ok_or_else(|| Refusal::SignatureMalformed.with([index.into()]))?;
			recovered.push(signer);
		}
		if let Some(stranger) = recovered.iter().find(|signer| !self.signers.contains(signer)) {
			return Err(Refusal::SignerUnknown.with([U256::from_big_endian(stranger.as_bytes())]));
		}
		if let Some(index) = (1..recovered.len()).find(|i| recovered[*i] <= recovered[*i - 1]) {
			return Err(Refusal::SignerOrder.with([index.into()]));
		}
		if recovered.len() < usize::from(self.threshold) {
			return Err(Refusal::QuorumNotMet.with([recovered.len().into(), self.threshold.into()]));
		}
		Ok(())
	}
}

/// A role's next set as it is proposed and signed: EIP-712 type `SignerSet`.
///
/// Its list is not bounded: one signer too many is refused with a reason, it does not die in decoding.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct SignerProposal {
	/// 1 attestor, 2 oracle.
	pub role: u8,
	/// The current set's number plus one.
	pub id: u64,
	/// How many signatures are needed.
	pub threshold: u8,
	/// Addresses, strictly ascending.
	pub signers: Vec<H160>,
}

/// A role's next set while it waits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct PendingSet {
	/// The set.
	pub set: SignerSet,
	/// UTC seconds; from then on anyone may activate it.
	pub eta: u64,
}

/// How long changes wait, and how long what they replace still counts. Seconds.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Timing {
	/// Between a proposal and its activation: time to cancel it.
	pub delay: u64,
	/// Between an activation and the end of the set before.
	pub grace: u64,
}

/// The sets of one role: the current one, and for a while the one before.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct SignerSets {
	/// The set in force.
	pub current: SignerSet,
	/// The set before it, if any.
	pub previous: Option<SignerSet>,
	/// UTC seconds; from then on the previous set is worth nothing.
	pub grace_ends: u64,
}

impl SignerSets {
	/// The set of that id if its signatures still count at `now` (UTC seconds); else SignerSetUnknown(set, current).
	pub fn select(&self, id: u64, now: u64) -> Result<&SignerSet, Reason> {
		if id == self.current.id {
			return Ok(&self.current);
		}
		self.previous
			.as_ref()
			.filter(|previous| previous.id == id && now < self.grace_ends)
			.ok_or_else(|| Refusal::SignerSetUnknown.with([id.into(), self.current.id.into()]))
	}

	/// The current set if it is of that id; else SignerSetUnknown(set, current). Who was replaced names no successor.
	pub fn select_current(&self, id: u64) -> Result<&SignerSet, Reason> {
		if id == self.current.id {
			return Ok(&self.current);
		}
		Err(Refusal::SignerSetUnknown.with([id.into(), self.current.id.into()]))
	}

	/// Takes an address out of both sets. True when it was in one.
	pub fn strike(&mut self, signer: &H160) -> bool {
		let from_previous = self.previous.as_mut().is_some_and(|previous| previous.strike(signer));
		self.current.strike(signer) || from_previous
	}

	/// The whole gate: set `id` counts at `now` and `signatures` over `digest` are a quorum of it.
	pub fn check(&self, id: u64, now: u64, digest: H256, signatures: &[Vec<u8>]) -> Result<(), Reason> {
		self.select(id, now)?.check(signatures, |signature| recover(&digest, signature))
	}
}
