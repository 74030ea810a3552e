//! The pause of everything.

use lockstep_primitives::{ids, Refusal};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
};

use super::{last_event, refused, signed};
use crate::{mock::*, Event};

#[test]
fn guardian_and_admin_pause_and_only_the_admin_resumes() {
	new_test_ext().execute_with(|| {
		assert_ok!(Eligibility::pause(signed(guardian()), ids::PAUSE_TRANSFER));
		assert_eq!(last_event(), Event::Paused { scope: H256::zero(), bits: 1 }.into());
		assert_ok!(Eligibility::pause(signed(admin()), ids::PAUSE_SETTLE));
		assert_eq!(Eligibility::clock().pause, ids::PAUSE_TRANSFER | ids::PAUSE_SETTLE);
		assert_noop!(Eligibility::resume(signed(guardian()), 1), refused(Refusal::NotAdmin));
		assert_ok!(Eligibility::resume(signed(admin()), ids::PAUSE_TRANSFER));
		assert_eq!(last_event(), Event::Resumed { scope: H256::zero(), bits: 1 }.into());
		assert_eq!(Eligibility::clock().pause, ids::PAUSE_SETTLE);
	});
}

#[test]
fn a_stranger_and_an_unsigned_origin_are_refused() {
	new_test_ext().execute_with(|| {
		assert_noop!(Eligibility::pause(signed(stranger()), 1), refused(Refusal::NotGuardian));
		assert_noop!(Eligibility::pause(RuntimeOrigin::none(), 1), refused(Refusal::NotGuardian));
		assert_noop!(Eligibility::resume(RuntimeOrigin::root(), 1), refused(Refusal::NotAdmin));
	});
}

/// 0xF0 was once taken: it stopped nothing, and stayed behind when an admin resumed everything there is.
#[test]
fn bits_that_stop_nothing_are_malformed() {
	new_test_ext().execute_with(|| {
		for bits in [0, ids::PAUSE_ALL + 1, 0xF0, u8::MAX] {
			assert_noop!(Eligibility::pause(signed(guardian()), bits), refused(Refusal::Malformed));
			assert_noop!(Eligibility::resume(signed(admin()), bits), refused(Refusal::Malformed));
		}
		assert_ok!(Eligibility::pause(signed(guardian()), ids::PAUSE_ALL));
		assert_eq!(Eligibility::clock().pause, ids::PAUSE_ALL);
	});
}
