//! Early release, the one way that a lock loosens, and merging of own lots.

use lockstep_primitives::{ids, Action, Lot, Refusal};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, dispatch::DispatchResult},
	sp_core::H256,
};

use super::support::*;
use crate::{mock::*, Event, Releases};

fn propose(asset: H256, lots: &[Lot]) -> DispatchResult {
	SecurityToken::propose_release(signed(admin()), asset, investor(1), lots.to_vec(), action())
}

fn release(asset: H256, lots: &[Lot]) -> DispatchResult {
	SecurityToken::release_lots(signed(admin()), asset, investor(1), lots.to_vec(), action())
}

fn delay() -> u64 {
	Eligibility::timing().delay
}

/// With 100 free, 50 locked for two years and 60 locked for three in account 1.
fn funded(test: impl FnOnce(H256, Lot, Lot)) {
	keep(|asset| {
		let (near, far) = (lot(50, START, START + 70_000_000), lot(60, START, START + 100_000_000));
		assert_ok!(issue(asset, 1, vec![free(100), near, far]));
		System::reset_events();
		test(asset, near, far);
	});
}

#[test]
fn announced_lots_become_free_once_the_delay_is_over_and_not_before() {
	funded(|asset, near, far| {
		let part = [near, Lot { amount: 20, ..far }];
		assert_ok!(propose(asset, &part));
		let (id, eta) = (action().release_id(asset, investor(1), &part), START + delay());
		assert_eq!(take_events(), vec![Event::ReleaseProposed { asset, investor: investor(1), id, eta }]);
		assert_eq!(SecurityToken::release(asset, id), eta);
		if delay() > 0 {
			set_time(eta - 1);
			assert_noop!(release(asset, &part), refused(Refusal::NotYet));
		}
		set_time(eta);
		assert_ok!(release(asset, &part));
		let (reason, document) = (action().reason, action().document);
		let told = Event::LotsReleased { asset, investor: investor(1), lots: part.to_vec(), reason, document };
		assert_eq!(take_events(), vec![told]);
		assert_eq!(holding(asset, 1), (170, vec![Lot { amount: 40, ..far }]));
		assert_noop!(release(asset, &part), refused(Refusal::Malformed));
	});
}

#[test]
fn lots_that_came_due_meanwhile_are_skipped_and_missing_ones_are_not() {
	funded(|asset, near, far| {
		assert_ok!(propose(asset, &[near, far]));
		set_time(near.unlocks_at + delay());
		assert_ok!(release(asset, &[near, far]));
		assert_eq!(holding(asset, 1), (210, vec![]));
		assert_ok!(issue_later(asset));
		let gone = lot(1, START, START + 900_000_000);
		assert_ok!(propose(asset, &[gone]));
		set_time(near.unlocks_at + 2 * delay());
		assert_noop!(release(asset, &[gone]), refused(Refusal::LotUnknown));
	});
}

/// The asset still works after long times of oracle silence: nothing is asked of it here.
fn issue_later(asset: H256) -> DispatchResult {
	freeze_amount_of(asset, 1, 0)
}

#[test]
fn only_the_admin_proposes_and_releases_and_the_guardian_may_call_it_off() {
	funded(|asset, near, _| {
		let by =
			|who: u8| SecurityToken::propose_release(signed(account(who)), asset, investor(1), vec![near], action());
		for who in [202, 203, 1] {
			assert_noop!(by(who), refused(Refusal::NotAdmin));
		}
		assert_ok!(by(201));
		assert_noop!(by(201), refused(Refusal::Malformed));
		let id = action().release_id(asset, investor(1), &[near]);
		let cancel = |who: u8| SecurityToken::cancel_release(signed(account(who)), asset, id);
		assert_noop!(cancel(203), refused(Refusal::NotGuardian));
		System::reset_events();
		assert_ok!(cancel(202));
		assert_eq!(take_events(), vec![Event::ReleaseCancelled { asset, id }]);
		assert_noop!(cancel(202), refused(Refusal::Malformed));
		set_time(START + delay());
		assert_noop!(release(asset, &[near]), refused(Refusal::Malformed));
		assert_eq!(Releases::<Test>::iter().count(), 0);
		let by_controller = SecurityToken::release_lots(signed(controller()), asset, investor(1), vec![near], action());
		assert_noop!(by_controller, refused(Refusal::NotAdmin));
	});
}

#[test]
fn a_proposal_names_locked_lots_an_investor_and_a_document() {
	funded(|asset, near, far| {
		assert_noop!(propose(asset, &[]), refused(Refusal::AmountZero));
		assert_noop!(propose(asset, &[Lot { amount: 0, ..near }]), refused(Refusal::AmountZero));
		assert_noop!(propose(asset, &[free(1)]), refused(Refusal::Malformed));
		assert_noop!(propose(asset, &[far, near]), refused(Refusal::Malformed));
		assert_noop!(propose(asset, &[Lot { amount: ids::MAX_AMOUNT + 1, ..near }]), refused(Refusal::AmountTooLarge));
		assert_noop!(propose(H256([7; 32]), &[near]), refused(Refusal::AssetUnknown));
		let odd =
			|investor, action| SecurityToken::propose_release(signed(admin()), asset, investor, vec![near], action);
		assert_noop!(odd(H256([1; 32]), action()), refused(Refusal::Malformed));
		assert_noop!(odd(investor(1), Action::default()), refused(Refusal::Malformed));
	});
}

#[test]
fn another_reason_document_or_amount_is_another_release() {
	funded(|asset, near, _| {
		let id = |action: Action, lot| action.release_id(asset, investor(1), &[lot]);
		let known = id(action(), near);
		assert_ne!(known, id(Action { reason: 8, ..action() }, near));
		assert_ne!(known, id(Action { document: H256([1; 32]), ..action() }, near));
		assert_ne!(known, id(action(), Lot { amount: 49, ..near }));
	});
}

fn merge(asset: H256, by: u8, lots: &[Lot]) -> DispatchResult {
	SecurityToken::merge_lots(signed(account(by)), asset, lots.to_vec())
}

#[test]
fn a_holder_merges_own_lots_to_the_latest_times() {
	funded(|asset, near, far| {
		assert_ok!(merge(asset, 11, &[near, far]));
		let into = lot(110, START, far.unlocks_at);
		assert_eq!(holding(asset, 1), (100, vec![into]));
		let lots = vec![near, far];
		assert_eq!(take_events(), vec![Event::LotsMerged { asset, investor: investor(1), lots, into }]);
	});
}

#[test]
fn a_merge_names_two_whole_lots_or_more_of_ones_own() {
	funded(|asset, near, far| {
		assert_noop!(merge(asset, 1, &[near]), refused(Refusal::Malformed));
		assert_noop!(merge(asset, 1, &[near, near]), refused(Refusal::Malformed));
		assert_noop!(merge(asset, 1, &[free(1), near]), refused(Refusal::Malformed));
		assert_noop!(merge(asset, 1, &[near, Lot { amount: 59, ..far }]), refused(Refusal::LotUnknown));
		assert_noop!(merge(asset, 2, &[near, far]), refused(Refusal::LotUnknown));
		assert_noop!(merge(asset, 99, &[near, far]), refused(Refusal::SenderUnbound));
		assert_ok!(SecurityToken::pause_asset(signed(admin()), asset, ids::PAUSE_TRANSFER));
		assert_noop!(merge(asset, 1, &[near, far]), refused(Refusal::Paused));
	});
}
