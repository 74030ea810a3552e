use lockstep_primitives::{
	ids::{PAUSE_DELIVER, PAUSE_INITIATE},
	Refusal,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
};

use crate::{mock::*, Flows, Lanes};

#[test]
fn only_the_admin_opens_lanes_and_assets() {
	on_chain(|| {
		let asset = home_asset();
		let not_admin = refused(Refusal::NotAdmin);
		assert_noop!(Bridge::open_lane(origin(GUARDIAN), LANE, 1, 1, 2), not_admin);
		assert_noop!(Bridge::open_asset(origin(GUARDIAN), LANE, asset), not_admin);
		assert_noop!(Bridge::resume_lane(origin(GUARDIAN), LANE, 2), not_admin);
		assert_noop!(Bridge::open_lane(RuntimeOrigin::none(), LANE, 1, 1, 2), not_admin);
	});
}

#[test]
fn guardian_and_admin_pause_a_lane_and_only_the_admin_resumes() {
	on_chain(|| {
		assert_noop!(Bridge::pause_lane(origin(ANYONE), LANE, 2), refused(Refusal::NotGuardian));
		assert_noop!(Bridge::pause_lane(origin(GUARDIAN), LANE, 0xF0), refused(Refusal::Malformed));
		assert_noop!(Bridge::resume_lane(origin(ADMIN), LANE, 0), refused(Refusal::Malformed));
		assert_ok!(Bridge::pause_lane(origin(GUARDIAN), LANE, PAUSE_INITIATE));
		assert_ok!(Bridge::pause_lane(origin(ADMIN), LANE, PAUSE_DELIVER));
		assert_eq!(Lanes::<Test>::get(LANE).map(|lane| lane.pause), Some(6));
		assert_ok!(Bridge::resume_lane(origin(ADMIN), LANE, PAUSE_INITIATE));
		assert_eq!(Lanes::<Test>::get(LANE).map(|lane| lane.pause), Some(4));
		System::assert_last_event(crate::Event::Resumed { scope: LANE, bits: 2 }.into());
	});
}

#[test]
fn unknown_lanes_and_assets_are_named() {
	on_chain(|| {
		let other = H256::repeat_byte(3);
		let lane_unknown = refused(Refusal::LaneUnknown);
		assert_noop!(Bridge::pause_lane(origin(ADMIN), other, 2), lane_unknown);
		assert_noop!(Bridge::resume_lane(origin(ADMIN), other, 2), lane_unknown);
		assert_noop!(Bridge::open_asset(origin(ADMIN), other, other), lane_unknown);
		assert_noop!(Bridge::open_asset(origin(ADMIN), LANE, other), refused(Refusal::AssetUnknown));
	});
}

#[test]
fn a_lane_must_lead_elsewhere_to_known_accounts_within_possible_flights() {
	on_chain(|| {
		let other = H256::repeat_byte(3);
		let malformed = refused(Refusal::Malformed);
		assert_noop!(Bridge::open_lane(origin(ADMIN), Eligibility::domain(), 1, 1, 2), malformed);
		assert_noop!(Bridge::open_lane(origin(ADMIN), H256::zero(), 1, 1, 2), malformed);
		assert_noop!(Bridge::open_lane(origin(ADMIN), other, 3, 1, 2), malformed);
		assert_noop!(Bridge::open_lane(origin(ADMIN), other, 2, 3, 2), malformed);
		assert_ok!(Bridge::open_lane(origin(ADMIN), other, 2, 2, 2));
	});
}

#[test]
fn opening_again_changes_settings_but_neither_numbers_nor_counters_nor_pause() {
	on_chain(|| {
		let asset = home_with_holder();
		initiate(request(asset, vec![free(1)]));
		assert_ok!(Bridge::pause_lane(origin(GUARDIAN), LANE, PAUSE_INITIATE));
		assert_ok!(Bridge::open_lane(origin(ADMIN), LANE, 1, 20, 30));
		assert_ok!(Bridge::open_asset(origin(ADMIN), LANE, asset));
		let lane = Lanes::<Test>::get(LANE).expect("open");
		assert_eq!((lane.next_nonce, lane.pause, lane.min_flight, lane.max_flight), (2, 2, 20, 30));
		assert_eq!(Flows::<Test>::get(asset, LANE).map(|flow| flow.sent), Some(1));
	});
}
