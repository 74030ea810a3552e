//! What may be called while operations on the whole chain are stopped.

use frame_support::traits::Contains;
use lockstep_primitives::ids::{PAUSE_INITIATE, PAUSE_SETTLE, PAUSE_TRANSFER};
use polkadot_sdk::frame_support;

use crate::{Eligibility, RuntimeCall};

/// Refuses the calls whose pause bit is set for everything, however deep they are nested: a dispatch inside another asks
/// the same filter.
///
/// Only calls that the pause would refuse as a whole anyway. `deliver` is not among them: it answers each order with its
/// own code. The pallets ask again, so this filter is a second lock, not the only one.
pub struct Unpaused;

impl Contains<RuntimeCall> for Unpaused {
	fn contains(call: &RuntimeCall) -> bool {
		let bit = match call {
			RuntimeCall::SecurityToken(lockstep_security_token::Call::transfer { .. }) => PAUSE_TRANSFER,
			RuntimeCall::Bridge(lockstep_bridge::Call::initiate { .. }) => PAUSE_INITIATE,
			RuntimeCall::Bridge(lockstep_bridge::Call::settle { .. }) => PAUSE_SETTLE,
			_ => return true,
		};
		Eligibility::clock().pause & bit == 0
	}
}
