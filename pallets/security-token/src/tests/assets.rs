//! Registering and pausing assets.

use lockstep_primitives::{ids, AssetParams, Refusal};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
};

use crate::{mock::*, Event};

#[test]
fn the_admin_registers_an_asset() {
	new_test_ext().execute_with(|| {
		let asset = register(ids::RULE_KEEP);
		let stored = SecurityToken::asset(asset).expect("registered");
		assert_eq!(stored.params, params(ids::RULE_KEEP));
		assert_eq!((stored.controller, stored.pause), (controller(), 0));
		assert_eq!(take_events(), vec![Event::AssetRegistered { asset, token: H256::zero() }]);
	});
}

#[test]
fn nobody_else_registers() {
	new_test_ext().execute_with(|| {
		for origin in [signed(controller()), signed(guardian()), RuntimeOrigin::none()] {
			let asked = params(ids::RULE_KEEP);
			assert_noop!(SecurityToken::register_asset(origin, asked, controller()), refused(Refusal::NotAdmin));
		}
	});
}

fn assert_refused(refusal: Refusal, change: impl FnOnce(&mut AssetParams)) {
	new_test_ext().execute_with(|| {
		let mut asked = params(ids::RULE_RESTART);
		change(&mut asked);
		assert_noop!(SecurityToken::register_asset(signed(admin()), asked, controller()), refused(refusal));
	});
}

#[test]
fn parameters_out_of_range_are_malformed() {
	let malformed = Refusal::Malformed;
	assert_refused(malformed, |asked| asked.terms.terms = 0);
	assert_refused(malformed, |asked| asked.terms.decimals = 9);
	assert_refused(malformed, |asked| asked.terms.default_rule = 3);
	assert_refused(malformed, |asked| asked.terms.holding_period = 0);
	assert_refused(malformed, |asked| asked.terms.holding_period = u64::MAX);
	assert_refused(malformed, |asked| asked.terms.min_lot = u128::MAX);
	assert_refused(malformed, |asked| asked.terms.authorised_issue = 0);
	assert_refused(malformed, |asked| asked.home_domain = H256::zero());
	assert_refused(malformed, |asked| asked.issuer = H256::zero());
	assert_refused(malformed, |asked| asked.name = vec![]);
	assert_refused(malformed, |asked| asked.name = vec![b'a'; 65]);
	assert_refused(malformed, |asked| asked.symbol = vec![0xff]);
	assert_refused(Refusal::AmountTooLarge, |asked| {
		asked.terms.authorised_issue = ids::MAX_AMOUNT + 1;
	});
}

#[test]
fn an_asset_is_registered_once() {
	new_test_ext().execute_with(|| {
		register(ids::RULE_KEEP);
		let again = params(ids::RULE_KEEP);
		assert_noop!(SecurityToken::register_asset(signed(admin()), again, account(1)), refused(Refusal::Malformed));
	});
}

#[test]
fn guardian_and_admin_pause_an_asset_and_only_the_admin_resumes_it() {
	new_test_ext().execute_with(|| {
		let asset = register(ids::RULE_KEEP);
		take_events();
		assert_noop!(SecurityToken::pause_asset(signed(guardian()), asset, 0xF0), refused(Refusal::Malformed));
		assert_noop!(SecurityToken::resume_asset(signed(admin()), asset, 0), refused(Refusal::Malformed));
		assert_ok!(SecurityToken::pause_asset(signed(guardian()), asset, 1));
		assert_ok!(SecurityToken::pause_asset(signed(admin()), asset, 6));
		assert_eq!(SecurityToken::asset_pause(asset), 7);
		assert_noop!(SecurityToken::pause_asset(signed(controller()), asset, 1), refused(Refusal::NotGuardian));
		assert_noop!(SecurityToken::resume_asset(signed(guardian()), asset, 1), refused(Refusal::NotAdmin));
		assert_ok!(SecurityToken::resume_asset(signed(admin()), asset, 5));
		assert_eq!(SecurityToken::asset_pause(asset), 2);
		assert_eq!(
			take_events(),
			vec![
				Event::Paused { scope: asset, bits: 1 },
				Event::Paused { scope: asset, bits: 6 },
				Event::Resumed { scope: asset, bits: 5 },
			]
		);
	});
}

#[test]
fn an_unknown_asset_can_not_be_paused() {
	new_test_ext().execute_with(|| {
		let unknown = H256([7; 32]);
		assert_noop!(SecurityToken::pause_asset(signed(admin()), unknown, 1), refused(Refusal::AssetUnknown));
		assert_noop!(SecurityToken::resume_asset(signed(admin()), unknown, 1), refused(Refusal::AssetUnknown));
	});
}
