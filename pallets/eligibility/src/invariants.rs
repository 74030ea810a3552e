//! What is always true of the pallet's storage.

use lockstep_primitives::{
	ids::{ROLE_ATTESTOR, ROLE_ORACLE},
	SignerSet,
};
use polkadot_sdk::sp_core::H160;

use crate::pallet::{Clock, Config, Pallet, PendingSigners, SignerSets, StruckSigners, Timings};

impl<T: Config> Pallet<T> {
	/// Err names what is broken.
	pub fn check_invariants() -> Result<(), &'static str> {
		for role in [ROLE_ATTESTOR, ROLE_ORACLE] {
			check_role::<T>(role)?;
		}
		if shares::<T>() {
			return Err("an address signs in both roles");
		}
		let timing = Timings::<T>::get();
		if timing.delay.max(timing.grace) > lockstep_primitives::ids::MAX_TIMING {
			return Err("delay and grace are at most 30 days");
		}
		if Clock::<T>::get().pause > lockstep_primitives::ids::PAUSE_ALL {
			return Err("a pause bit names nothing");
		}
		Ok(())
	}
}

/// The numbers of a role's sets follow each other, and every set is ascending and without a struck address.
fn check_role<T: Config>(role: u8) -> Result<(), &'static str> {
	let sets = SignerSets::<T>::get(role);
	let pending = PendingSigners::<T>::get(role).map(|pending| pending.set);
	let current = sets.as_ref().map(|sets| sets.current.clone());
	let previous = sets.and_then(|sets| sets.previous);
	let id = current.as_ref().map_or(0, |current| current.id);
	if previous.as_ref().is_some_and(|previous| previous.id.saturating_add(1) != id) {
		return Err("the previous set is not the one before the current");
	}
	if pending.as_ref().is_some_and(|pending| pending.id != id.saturating_add(1)) {
		return Err("the waiting set is not the one after the current");
	}
	let sets = [current, previous, pending];
	if !sets.iter().flatten().all(|set| is_sound::<T>(role, set)) {
		return Err("a signer set is not ascending, or holds a struck address");
	}
	Ok(())
}

/// Strikes may have made a set smaller than its threshold: it is then of no use, but no danger.
fn is_sound<T: Config>(role: u8, set: &SignerSet) -> bool {
	let ascending = set.signers.windows(2).all(|pair| pair[0] < pair[1]);
	ascending && set.threshold > 0 && !set.signers.iter().any(|signer| StruckSigners::<T>::contains_key(role, signer))
}

fn shares<T: Config>() -> bool {
	let [attestors, oracle] = [ROLE_ATTESTOR, ROLE_ORACLE].map(in_force::<T>);
	attestors.iter().any(|signer| oracle.contains(signer))
}

fn in_force<T: Config>(role: u8) -> alloc::vec::Vec<H160> {
	SignerSets::<T>::get(role).map_or_else(Default::default, |sets| sets.current.signers.to_vec())
}
