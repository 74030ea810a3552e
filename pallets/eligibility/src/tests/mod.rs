//! What the pallet promises, on a mock runtime.

mod batches;
mod gate;
mod name;
mod pauses;
mod permits;
mod signer_changes;
mod upgrade;

use lockstep_primitives::{digests::digest_batch, EligibilityItem, OracleBatch, Refusal};
use polkadot_sdk::{frame_support::dispatch::DispatchResult, sp_core::H256, sp_runtime::AccountId32};

use crate::{
	mock::*,
	testing::{oracle, sign, Signer},
	Error,
};

const ASSET: H256 = H256([0xa5; 32]);

fn refused(refusal: Refusal) -> Error<Test> {
	Error::Refused(refusal)
}

fn signed(account: AccountId32) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

fn empty_batch(number: u64, issued_at: u64) -> OracleBatch {
	OracleBatch { number, issued_at, eligibilities: vec![], bindings: vec![], quotas: vec![] }
}

fn eligibility_item(asset: H256, n: u8) -> EligibilityItem {
	EligibilityItem {
		asset,
		investor: H256::from_low_u64_be(n.into()),
		valid_until: START + 1_000,
		class: 1,
		permissions: 7,
		limit_delta: 0,
	}
}

fn submit_signed_by(batch: &OracleBatch, set: u64, by: &[Signer]) -> DispatchResult {
	let signatures = sign(by, digest_batch(batch, Eligibility::domain()));
	Eligibility::submit_batch(signed(stranger()), batch.clone(), set, signatures)
}

fn submit(batch: &OracleBatch) -> DispatchResult {
	submit_signed_by(batch, 1, &oracle()[..2])
}

fn last_event() -> RuntimeEvent {
	System::events().pop().expect("an event").event
}
