//! Changes of signer sets: proposed, waited for, activated; cancelled, retired, struck.
//!
//! Replacing a set takes the admin or the set's own quorum, and a delay in which guardian or admin may cancel: so
//! neither a stolen admin key nor a stolen quorum changes who signs unseen. What only takes power away (retiring,
//! striking) takes no delay.

use alloc::vec::Vec;

use frame_system::pallet_prelude::OriginFor;
use lockstep_primitives::{
	digests,
	ids::{ROLE_ATTESTOR, ROLE_ORACLE},
	quorum, shape, Evaluation, PendingSet, Reason, Refusal, RefusalSet, SignerProposal, SignerSet,
	SignerSets as RoleSets, Timing,
};
use polkadot_sdk::{
	frame_system,
	sp_core::{H160, U256},
};

use crate::pallet::{Config, Event, Pallet, PendingSigners, SignerSets, StruckSigners, Timings};

/// `Malformed`: no such role, a set that breaks the protocol's rules, or nothing there to activate, cancel or retire.
pub(crate) const AT_SETUP: u8 = 10;

impl<T: Config> Pallet<T> {
	/// How long proposals wait and how long a replaced set still counts.
	pub fn timing() -> Timing {
		Timings::<T>::get()
	}

	/// A role's set that waits for its activation.
	pub fn pending_signers(role: u8) -> Option<PendingSet> {
		PendingSigners::<T>::get(role)
	}

	/// All rules of a proposal but who makes it: SignerSetUnknown(id, current), Malformed.
	pub(crate) fn evaluate_proposal(proposal: &SignerProposal) -> Evaluation<SignerSet> {
		let mut refused = check_role(proposal.role);
		// Of a role that doesn't exist no set is current.
		if !refused.is_empty() {
			return Evaluation::refused(refused);
		}
		let current = SignerSets::<T>::get(proposal.role).map_or(0, |sets| sets.current.id);
		refused.add_if(proposal.id.checked_sub(1) != Some(current), || {
			Refusal::SignerSetUnknown.with([proposal.id.into(), current.into()])
		});
		let set = SignerSet::new(proposal.id, proposal.threshold, proposal.signers.clone())
			.filter(|set| set.signers.iter().all(|signer| Self::may_join(proposal.role, signer)));
		refused.add_if(set.is_none(), || shape::malformed(AT_SETUP));
		match set {
			Some(set) if refused.is_empty() => Evaluation::allowed(set),
			_ => Evaluation::refused(refused),
		}
	}

	/// False for an address that was struck, whatever its role, or that signs in the other role now or soon: one stolen key
	/// must not count twice.
	fn may_join(role: u8, signer: &H160) -> bool {
		let other = if role == ROLE_ATTESTOR { ROLE_ORACLE } else { ROLE_ATTESTOR };
		let signs_elsewhere = SignerSets::<T>::get(other).is_some_and(|sets| sets.current.signers.contains(signer))
			|| PendingSigners::<T>::get(other).is_some_and(|pending| pending.set.signers.contains(signer));
		let struck = |role| StruckSigners::<T>::contains_key(role, signer);
		!signs_elsewhere && !struck(role) && !struck(other)
	}

	/// The admin's proposal; it replaces one that waits.
	pub(crate) fn do_propose(origin: OriginFor<T>, proposal: &SignerProposal) -> Result<(), Reason> {
		let Evaluation { mut refused, plan } = Self::evaluate_proposal(proposal);
		note(&mut refused, Self::ensure_admin(origin));
		refused.into_result()?;
		Self::put_pending(proposal.role, plan.ok_or_else(|| shape::malformed(AT_SETUP))?);
		Ok(())
	}

	/// A proposal of the role's current quorum. It replaces none that waits: the admin's answer to a stolen quorum stands.
	pub(crate) fn do_propose_signed(
		proposal: &SignerProposal,
		set: u64,
		signatures: &[Vec<u8>],
	) -> Result<(), Reason> {
		let Evaluation { mut refused, plan } = Self::evaluate_proposal(proposal);
		refused.add_if(PendingSigners::<T>::contains_key(proposal.role), || shape::malformed(AT_SETUP));
		refused.into_result()?;
		let next = plan.ok_or_else(|| shape::malformed(AT_SETUP))?;
		let unknown = || Refusal::SignerSetUnknown.with([set.into(), U256::zero()]);
		let sets = SignerSets::<T>::get(proposal.role).ok_or_else(unknown)?;
		let digest = digests::digest_signer_set(proposal, Self::domain());
		sets.select_current(set)?.check(signatures, |signature| quorum::recover(&digest, signature))?;
		Self::put_pending(proposal.role, next);
		Ok(())
	}

	fn put_pending(role: u8, set: SignerSet) {
		let eta = Self::now().saturating_add(Self::timing().delay);
		let (id, threshold, signers) = (set.id, set.threshold, set.signers.to_vec());
		PendingSigners::<T>::insert(role, PendingSet { set, eta });
		Self::deposit_event(Event::SignersProposed { role, id, threshold, signers, eta });
	}

	/// Puts the waiting set in force; the one before counts until the grace ends.
	///
	/// Fails with QuorumNotMet(got, need) for a set of which so many were struck that it could sign nothing, not even its
	/// successor: once the grace was over, the role would be mute.
	pub(crate) fn do_activate(role: u8) -> Result<(), Reason> {
		let pending = PendingSigners::<T>::get(role).ok_or_else(|| shape::malformed(AT_SETUP))?;
		let now = Self::now();
		let (left, need) = (pending.set.signers.len(), pending.set.threshold);
		let mut refused = RefusalSet::new();
		refused.add_if(left < usize::from(need), || Refusal::QuorumNotMet.with([left.into(), need.into()]));
		refused.add_if(now < pending.eta, || Refusal::NotYet.with([pending.eta.into()]));
		refused.into_result()?;
		PendingSigners::<T>::remove(role);
		let id = pending.set.id;
		let grace_ends = now.saturating_add(Self::timing().grace);
		let previous = SignerSets::<T>::get(role).map(|sets| sets.current);
		SignerSets::<T>::insert(role, RoleSets { current: pending.set, previous, grace_ends });
		Self::deposit_event(Event::SignersActivated { role, id, grace_ends });
		Ok(())
	}

	/// Takes back a proposal that waits.
	pub(crate) fn do_cancel(origin: OriginFor<T>, role: u8) -> Result<(), Reason> {
		let mut refused = RefusalSet::new();
		let pending = PendingSigners::<T>::get(role);
		refused.add_if(pending.is_none(), || shape::malformed(AT_SETUP));
		note(&mut refused, Self::ensure_guardian_or_admin(origin));
		refused.into_result()?;
		if let Some(pending) = pending {
			PendingSigners::<T>::remove(role);
			Self::deposit_event(Event::SignersCancelled { role, id: pending.set.id });
		}
		Ok(())
	}

	/// Ends the set before the current one at once.
	pub(crate) fn do_retire(origin: OriginFor<T>, role: u8) -> Result<(), Reason> {
		let mut refused = RefusalSet::new();
		let sets = SignerSets::<T>::get(role).and_then(|sets| Some((sets.current, sets.previous?)));
		refused.add_if(sets.is_none(), || shape::malformed(AT_SETUP));
		note(&mut refused, Self::ensure_guardian_or_admin(origin));
		refused.into_result()?;
		if let Some((current, previous)) = sets {
			SignerSets::<T>::insert(role, RoleSets { current, previous: None, grace_ends: 0 });
			Self::deposit_event(Event::SignersRetired { role, id: previous.id });
		}
		Ok(())
	}

	/// Takes an address out of every set of the role, for good.
	pub(crate) fn do_strike(origin: OriginFor<T>, role: u8, signer: H160) -> Result<(), Reason> {
		let mut refused = check_role(role);
		let (mut sets, mut pending) = (SignerSets::<T>::get(role), PendingSigners::<T>::get(role));
		let from_sets = sets.as_mut().is_some_and(|sets| sets.strike(&signer));
		let from_pending = pending.as_mut().is_some_and(|pending| pending.set.strike(&signer));
		// A role that doesn't exist has no sets in which to look.
		let role_exists = refused.is_empty();
		refused.add_if(role_exists && !from_sets && !from_pending, || {
			Refusal::SignerUnknown.with([U256::from_big_endian(signer.as_bytes())])
		});
		note(&mut refused, Self::ensure_guardian_or_admin(origin));
		refused.into_result()?;
		if from_sets {
			SignerSets::<T>::set(role, sets);
		}
		if from_pending {
			PendingSigners::<T>::set(role, pending);
		}
		StruckSigners::<T>::insert(role, signer, ());
		Self::deposit_event(Event::SignerStruck { role, signer });
		Ok(())
	}
}

/// Malformed for anything but attestor and oracle.
fn check_role(role: u8) -> RefusalSet {
	let mut refused = RefusalSet::new();
	refused.add_if(role != ROLE_ATTESTOR && role != ROLE_ORACLE, || shape::malformed(AT_SETUP));
	refused
}

/// Adds why the caller may not.
fn note<A>(refused: &mut RefusalSet, allowed: Result<A, Reason>) {
	if let Err(reason) = allowed {
		refused.add(reason);
	}
}
