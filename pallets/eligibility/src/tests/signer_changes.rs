//! Who may sign, and how that changes: proposals, delays, grace, retirement, strikes.

use lockstep_primitives::{
	digests::digest_signer_set,
	ids::{ROLE_ATTESTOR, ROLE_ORACLE},
	Refusal, SignerProposal,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::DispatchResult},
	sp_core::{H160, H256},
};

use super::{empty_batch, last_event, refused, signed, submit, submit_signed_by};
use crate::{
	mock::*,
	testing::{attestors, oracle, sign, signers, Signer},
	Event,
};

const ORACLE: u8 = ROLE_ORACLE;

/// The oracle's next signers.
fn next() -> Vec<Signer> {
	signers([31, 32, 33])
}

fn proposal_of(id: u64, of: &[Signer]) -> SignerProposal {
	SignerProposal { role: ORACLE, id, threshold: 2, signers: of.iter().map(|signer| signer.address).collect() }
}

fn proposal() -> SignerProposal {
	proposal_of(2, &next())
}

fn propose(proposal: SignerProposal) -> DispatchResult {
	Eligibility::propose_signers(signed(admin()), proposal)
}

fn propose_signed(proposal: SignerProposal, set: u64, by: &[Signer]) -> DispatchResult {
	let signatures = sign(by, digest_signer_set(&proposal, Eligibility::domain()));
	Eligibility::propose_signers_signed(signed(stranger()), proposal, set, signatures)
}

fn activate() -> DispatchResult {
	Eligibility::activate_signers(signed(stranger()), ORACLE)
}

/// The oracle's set 2 is in force since `START + DELAY`.
fn rotate() {
	assert_ok!(propose(proposal()));
	set_time(START + DELAY);
	assert_ok!(activate());
	assert_eq!(Eligibility::check_invariants(), Ok(()));
}

/// Brings the oracle's next batch under set `set`.
fn heartbeat(set: u64, by: &[Signer]) -> DispatchResult {
	let number = Eligibility::clock().number + 1;
	submit_signed_by(&empty_batch(number, Eligibility::clock().at), set, &by[..2])
}

fn malformed() -> crate::Error<Test> {
	refused(Refusal::Malformed)
}

#[test]
fn the_admin_proposes_and_anyone_activates_after_the_delay_and_not_before() {
	new_test_ext().execute_with(|| {
		assert_ok!(propose(proposal()));
		let eta = START + DELAY;
		let signers = proposal().signers;
		assert_eq!(last_event(), Event::SignersProposed { role: 2, id: 2, threshold: 2, signers, eta }.into());
		assert_noop!(activate(), refused(Refusal::NotYet));
		set_time(eta - 1);
		assert_noop!(activate(), refused(Refusal::NotYet));
		set_time(eta);
		assert_ok!(activate());
		assert_eq!(last_event(), Event::SignersActivated { role: 2, id: 2, grace_ends: eta + GRACE }.into());
		let sets = Eligibility::signer_sets(ORACLE).expect("sets");
		assert_eq!((sets.current.id, sets.previous.map(|set| set.id), sets.grace_ends), (2, Some(1), eta + GRACE));
		assert_eq!(Eligibility::pending_signers(ORACLE), None);
		assert_noop!(activate(), malformed());
	});
}

#[test]
fn only_the_admin_proposes_without_signatures() {
	new_test_ext().execute_with(|| {
		for account in [guardian(), stranger()] {
			assert_noop!(
				Eligibility::propose_signers(signed(account), proposal()),
				refused(Refusal::NotAdmin)
			);
		}
	});
}

#[test]
fn a_proposal_follows_the_current_number() {
	new_test_ext().execute_with(|| {
		for id in [0, 1, 3, u64::MAX] {
			assert_noop!(propose(proposal_of(id, &next())), refused(Refusal::SignerSetUnknown));
			let found = Eligibility::evaluate_proposal(&proposal_of(id, &next())).refused;
			assert_eq!(found.reasons()[0], Refusal::SignerSetUnknown.with([id.into(), 1.into()]));
		}
	});
}

#[test]
fn a_proposed_set_is_a_majority_of_ascending_real_addresses() {
	new_test_ext().execute_with(|| {
		let with = |change: &dyn Fn(&mut SignerProposal)| {
			let mut proposal = proposal();
			change(&mut proposal);
			assert_noop!(propose(proposal), malformed());
		};
		with(&|set| set.signers.reverse());
		with(&|set| set.signers[1] = set.signers[0]);
		with(&|set| set.signers[0] = H160::zero());
		with(&|set| set.signers.clear());
		with(&|set| set.threshold = 0);
		with(&|set| set.threshold = 1);
		with(&|set| set.threshold = 4);
		with(&|set| set.role = 0);
		with(&|set| set.role = 3);
		with(&|set| {
			set.signers = (1..=26).map(H160::from_low_u64_be).collect();
			set.threshold = 14;
		});
		let largest = SignerProposal {
			signers: (1..=25).map(H160::from_low_u64_be).collect(),
			threshold: 13,
			..proposal()
		};
		assert_ok!(propose(largest));
	});
}

#[test]
fn an_unknown_role_is_malformed_whatever_its_number_and_whoever_asks() {
	new_test_ext().execute_with(|| {
		let odd = SignerProposal { role: 3, id: 9, ..proposal() };
		assert_noop!(propose(odd.clone()), malformed());
		assert_noop!(propose_signed(odd, 1, &oracle()), malformed());
		assert_noop!(Eligibility::activate_signers(signed(stranger()), 3), malformed());
		assert_noop!(Eligibility::cancel_signers(signed(admin()), 3), malformed());
		assert_noop!(Eligibility::retire_signers(signed(admin()), 3), malformed());
		assert_noop!(Eligibility::strike_signer(signed(admin()), 3, oracle()[0].address), malformed());
	});
}

#[test]
fn no_address_signs_in_both_roles_now_or_soon() {
	new_test_ext().execute_with(|| {
		assert_noop!(propose(proposal_of(2, &signers([11, 32, 33]))), malformed());
		let attestor = SignerProposal { role: ROLE_ATTESTOR, ..proposal_of(2, &signers([41, 42, 43])) };
		assert_ok!(propose(attestor));
		assert_noop!(propose(proposal_of(2, &signers([41, 32, 33]))), malformed());
		assert_ok!(propose(proposal()));
		let twin = SignerProposal { role: ROLE_ATTESTOR, ..proposal() };
		assert_noop!(propose(twin), malformed());
		assert_eq!(Eligibility::check_invariants(), Ok(()));
	});
}

#[test]
fn the_admin_replaces_a_waiting_proposal_and_its_delay_starts_again() {
	new_test_ext().execute_with(|| {
		assert_ok!(propose(proposal()));
		set_time(START + DELAY - 1);
		assert_ok!(propose(proposal_of(2, &signers([51, 52, 53]))));
		set_time(START + DELAY);
		assert_noop!(activate(), refused(Refusal::NotYet));
		set_time(START + 2 * DELAY - 1);
		assert_ok!(activate());
		let current = Eligibility::signer_sets(ORACLE).expect("sets").current;
		assert!(current.signers.contains(&signers([51])[0].address));
	});
}

#[test]
fn the_current_quorum_proposes_its_own_successor_by_whoever_brings_it() {
	new_test_ext().execute_with(|| {
		assert_ok!(propose_signed(proposal(), 1, &oracle()[..2]));
		assert_eq!(Eligibility::pending_signers(ORACLE).map(|pending| pending.eta), Some(START + DELAY));
	});
}

#[test]
fn a_signed_proposal_needs_the_roles_own_current_quorum_under_this_domain() {
	new_test_ext().execute_with(|| {
		assert_noop!(propose_signed(proposal(), 1, &oracle()[..1]), refused(Refusal::QuorumNotMet));
		assert_noop!(propose_signed(proposal(), 1, &attestors()[..2]), refused(Refusal::SignerUnknown));
		assert_noop!(propose_signed(proposal(), 2, &oracle()[..2]), refused(Refusal::SignerSetUnknown));
		let foreign = sign(&oracle()[..2], digest_signer_set(&proposal(), H256([1; 32])));
		assert_noop!(
			Eligibility::propose_signers_signed(signed(stranger()), proposal(), 1, foreign),
			refused(Refusal::SignerUnknown)
		);
	});
}

#[test]
fn the_set_in_its_grace_names_no_successor() {
	new_test_ext().execute_with(|| {
		rotate();
		let third = proposal_of(3, &signers([61, 62, 63]));
		assert_noop!(propose_signed(third.clone(), 1, &oracle()[..2]), refused(Refusal::SignerSetUnknown));
		assert_ok!(propose_signed(third, 2, &next()[..2]));
	});
}

#[test]
fn a_signed_proposal_replaces_none_that_waits() {
	new_test_ext().execute_with(|| {
		assert_ok!(propose(proposal()));
		let stolen = proposal_of(2, &signers([71, 72, 73]));
		assert_noop!(propose_signed(stolen.clone(), 1, &oracle()[..2]), malformed());
		assert_ok!(Eligibility::cancel_signers(signed(admin()), ORACLE));
		assert_ok!(propose_signed(stolen.clone(), 1, &oracle()[..2]));
		assert_noop!(propose_signed(stolen, 1, &oracle()[..2]), malformed());
		assert_ok!(propose(proposal()));
	});
}

#[test]
fn guardian_and_admin_cancel_a_waiting_proposal() {
	for account in [guardian(), admin()] {
		new_test_ext().execute_with(|| {
			assert_noop!(Eligibility::cancel_signers(signed(account.clone()), ORACLE), malformed());
			assert_ok!(propose(proposal()));
			assert_noop!(
				Eligibility::cancel_signers(signed(stranger()), ORACLE),
				refused(Refusal::NotGuardian)
			);
			assert_ok!(Eligibility::cancel_signers(signed(account.clone()), ORACLE));
			assert_eq!(last_event(), Event::SignersCancelled { role: 2, id: 2 }.into());
			set_time(START + DELAY);
			assert_noop!(activate(), malformed());
			assert_ok!(propose(proposal()));
		});
	}
}

#[test]
fn signatures_of_the_set_before_count_until_the_second_before_its_grace_ends() {
	for (offset, counts) in [(-1i64, true), (0, false), (1, false)] {
		new_test_ext().execute_with(|| {
			assert_noop!(heartbeat(2, &next()), refused(Refusal::SignerSetUnknown));
			assert_ok!(heartbeat(1, &oracle()));
			rotate();
			set_time((START + DELAY + GRACE).checked_add_signed(offset).expect("a time"));
			if counts {
				assert_ok!(heartbeat(1, &oracle()));
			} else {
				assert_noop!(heartbeat(1, &oracle()), refused(Refusal::SignerSetUnknown));
			}
			assert_ok!(heartbeat(2, &next()));
		});
	}
}

#[test]
fn the_set_before_the_one_before_is_gone_even_within_its_grace() {
	new_test_ext().execute_with(|| {
		rotate();
		assert_ok!(propose(proposal_of(3, &signers([61, 62, 63]))));
		// The delay here is longer than the grace: make the first set's grace last.
		set_time(START + 2 * DELAY);
		crate::SignerSets::<Test>::mutate(ORACLE, |sets| {
			sets.as_mut().expect("sets").grace_ends = u64::MAX;
		});
		assert_ok!(heartbeat(1, &oracle()));
		assert_ok!(activate());
		assert_noop!(heartbeat(1, &oracle()), refused(Refusal::SignerSetUnknown));
		assert_ok!(heartbeat(2, &next()));
	});
}

#[test]
fn a_retired_set_counts_no_more_at_once() {
	for account in [guardian(), admin()] {
		new_test_ext().execute_with(|| {
			assert_noop!(Eligibility::retire_signers(signed(account.clone()), ORACLE), malformed());
			rotate();
			assert_ok!(heartbeat(1, &oracle()));
			assert_noop!(
				Eligibility::retire_signers(signed(stranger()), ORACLE),
				refused(Refusal::NotGuardian)
			);
			assert_ok!(Eligibility::retire_signers(signed(account.clone()), ORACLE));
			assert_eq!(last_event(), Event::SignersRetired { role: 2, id: 1 }.into());
			assert_noop!(heartbeat(1, &oracle()), refused(Refusal::SignerSetUnknown));
			assert_ok!(heartbeat(2, &next()));
			assert_noop!(Eligibility::retire_signers(signed(account.clone()), ORACLE), malformed());
			assert_eq!(Eligibility::check_invariants(), Ok(()));
		});
	}
}

#[test]
fn a_struck_signer_is_unknown_in_every_set_and_the_threshold_stays() {
	new_test_ext().execute_with(|| {
		let struck = oracle()[0].address;
		assert_noop!(
			Eligibility::strike_signer(signed(stranger()), ORACLE, struck),
			refused(Refusal::NotGuardian)
		);
		assert_ok!(Eligibility::strike_signer(signed(guardian()), ORACLE, struck));
		assert_eq!(last_event(), Event::SignerStruck { role: 2, signer: struck }.into());
		assert_noop!(submit(&empty_batch(1, START)), refused(Refusal::SignerUnknown));
		assert_noop!(
			submit_signed_by(&empty_batch(1, START), 1, &oracle()[1..2]),
			refused(Refusal::QuorumNotMet)
		);
		assert_ok!(submit_signed_by(&empty_batch(1, START), 1, &oracle()[1..]));
		let current = Eligibility::signer_sets(ORACLE).expect("sets").current;
		assert_eq!((current.threshold, current.signers.len()), (2, 2));
		assert_eq!(Eligibility::check_invariants(), Ok(()));
	});
}

#[test]
fn a_strike_reaches_the_previous_and_the_waiting_set() {
	new_test_ext().execute_with(|| {
		rotate();
		let third = signers([61, 62, 63]);
		assert_ok!(propose(proposal_of(3, &third)));
		assert_ok!(Eligibility::strike_signer(signed(admin()), ORACLE, oracle()[0].address));
		assert_noop!(heartbeat(1, &oracle()), refused(Refusal::SignerUnknown));
		assert_ok!(heartbeat(1, &oracle()[1..]));
		assert_ok!(Eligibility::strike_signer(signed(admin()), ORACLE, third[2].address));
		let pending = Eligibility::pending_signers(ORACLE).expect("waits").set;
		assert_eq!((pending.threshold, pending.signers.len()), (2, 2));
		set_time(START + 2 * DELAY);
		assert_ok!(activate());
		assert_noop!(heartbeat(3, &third[1..]), refused(Refusal::SignerUnknown));
		assert_ok!(heartbeat(3, &third));
		assert_eq!(Eligibility::check_invariants(), Ok(()));
	});
}

#[test]
fn a_struck_address_comes_back_in_neither_role() {
	new_test_ext().execute_with(|| {
		let struck = oracle()[0].address;
		assert_ok!(Eligibility::strike_signer(signed(guardian()), ORACLE, struck));
		assert_noop!(propose(proposal_of(2, &oracle())), malformed());
		let elsewhere = SignerProposal { role: ROLE_ATTESTOR, ..proposal_of(2, &oracle()[..1]) };
		assert_noop!(propose(SignerProposal { threshold: 1, ..elsewhere }), malformed());
		assert_ok!(propose(proposal_of(2, &oracle()[1..])));
	});
}

#[test]
fn a_strike_must_hit_someone() {
	new_test_ext().execute_with(|| {
		let strike = |account, signer| Eligibility::strike_signer(signed(account), ORACLE, signer);
		let stranger_to_all = signers([99])[0].address;
		assert_noop!(strike(admin(), stranger_to_all), refused(Refusal::SignerUnknown));
		assert_noop!(strike(admin(), attestors()[0].address), refused(Refusal::SignerUnknown));
		// The lowest number of both is told.
		assert_noop!(strike(stranger(), stranger_to_all), refused(Refusal::SignerUnknown));
		assert_ok!(strike(admin(), oracle()[0].address));
		assert_noop!(strike(admin(), oracle()[0].address), refused(Refusal::SignerUnknown));
	});
}

#[test]
fn a_set_struck_below_its_threshold_is_of_no_use_until_the_admin_names_another() {
	new_test_ext().execute_with(|| {
		for signer in &oracle()[..2] {
			assert_ok!(Eligibility::strike_signer(signed(guardian()), ORACLE, signer.address));
		}
		assert_noop!(
			submit_signed_by(&empty_batch(1, START), 1, &oracle()[2..]),
			refused(Refusal::QuorumNotMet)
		);
		rotate();
		assert_ok!(heartbeat(2, &next()));
	});
}

fn strike(signer: &Signer) {
	assert_ok!(Eligibility::strike_signer(signed(guardian()), ORACLE, signer.address));
}

#[test]
fn a_set_struck_below_its_threshold_while_it_waits_never_comes_into_force() {
	new_test_ext().execute_with(|| {
		assert_ok!(propose(proposal()));
		strike(&next()[0]);
		strike(&next()[2]);
		// Whether its delay is over or not: the lowest number is told.
		assert_noop!(activate(), refused(Refusal::QuorumNotMet));
		set_time(START + DELAY);
		assert_noop!(activate(), refused(Refusal::QuorumNotMet));
		assert_eq!(Eligibility::do_activate(ORACLE), Err(Refusal::QuorumNotMet.with([1.into(), 2.into()])));
		strike(&next()[1]);
		assert_eq!(Eligibility::do_activate(ORACLE), Err(Refusal::QuorumNotMet.with([0.into(), 2.into()])));
		assert_ok!(heartbeat(1, &oracle()));
		// The admin's next proposal takes its place.
		assert_ok!(propose(proposal_of(2, &signers([51, 52, 53]))));
		set_time(START + 2 * DELAY);
		assert_ok!(activate());
		assert_eq!(Eligibility::check_invariants(), Ok(()));
	});
}

#[test]
fn a_set_struck_down_to_its_threshold_while_it_waits_comes_into_force_and_signs() {
	new_test_ext().execute_with(|| {
		assert_ok!(propose(proposal()));
		strike(&next()[2]);
		set_time(START + DELAY);
		assert_ok!(activate());
		assert_ok!(heartbeat(2, &next()));
	});
}

#[test]
fn a_chain_without_signers_gets_its_first_set_from_the_admin() {
	new_test_ext().execute_with(|| {
		crate::SignerSets::<Test>::remove(ORACLE);
		assert_noop!(propose_signed(proposal_of(1, &next()), 1, &next()[..2]), refused(Refusal::SignerSetUnknown));
		assert_ok!(propose(proposal_of(1, &next())));
		set_time(START + DELAY);
		assert_ok!(activate());
		let sets = Eligibility::signer_sets(ORACLE).expect("sets");
		assert_eq!((sets.current.id, sets.previous), (1, None));
	});
}
