use polkadot_sdk::sp_core::{H256, U256};

use crate::{ids::signed_to_word, word::MAX_ROOM, EligibilityItem, EligibilityWord, Refusal};

fn word() -> EligibilityWord {
	EligibilityWord {
		valid_until: 0x0102_0304_0506_0708,
		class: 0x090a,
		permissions: 0x0b,
		sequence: 0x0c_0d0e_0f10,
		limit: 0x1112_1314_1516_1718_191a_1b1c_1d1e_1f20,
	}
}

fn item(limit_delta: i128) -> EligibilityItem {
	EligibilityItem {
		asset: H256::zero(),
		investor: H256::zero(),
		valid_until: 9,
		class: 8,
		permissions: 7,
		limit_delta,
	}
}

#[test]
fn fields_lie_high_to_low_in_the_word() {
	let expected: [u8; 32] = core::array::from_fn(|i| i as u8 + 1);
	assert_eq!(word().pack(), U256::from_big_endian(&expected));
	assert_eq!(EligibilityWord::unpack(word().pack()), word());
}

#[test]
fn a_negative_limit_does_not_spill_into_the_other_fields() {
	for limit in [-1, i128::MIN, i128::MAX, 0, 1] {
		let negative = EligibilityWord { limit, ..word() };
		assert_eq!(EligibilityWord::unpack(negative.pack()), negative);
	}
	assert_eq!(EligibilityWord { limit: -1, ..Default::default() }.pack(), U256::from(u128::MAX));
}

#[test]
fn all_zero_is_no_record() {
	assert!(EligibilityWord::unpack(U256::zero()).is_absent());
	assert!(!word().is_absent());
}

#[test]
fn an_item_replaces_all_but_the_limit_which_moves_by_its_delta() {
	let before = EligibilityWord { limit: 1_000, ..word() };
	let applied = before.applied(&item(-5), 3, 0).unwrap();
	assert_eq!(applied, EligibilityWord { valid_until: 9, class: 8, permissions: 7, sequence: 3, limit: 995 });
}

#[test]
fn a_batch_may_move_the_room_to_its_bounds_and_not_beyond() {
	let used = 5;
	for (limit, delta, allowed) in [
		(MAX_ROOM, 5, true),
		(MAX_ROOM, 6, false),
		(-MAX_ROOM, 5, true),
		(-MAX_ROOM, 4, false),
		(i128::MAX, 1, false),
		(i128::MIN, -1, false),
		(0, i128::MAX, false),
	] {
		let word = EligibilityWord { limit, ..word() };
		let applied = word.applied(&item(delta), 3, used).map_err(Refusal::from);
		assert_eq!(applied.is_ok(), allowed, "{limit} {delta}");
		assert!(allowed || applied == Err(Refusal::AmountTooLarge));
	}
}

#[test]
fn a_limit_without_a_record_is_no_record() {
	let granted = EligibilityWord { limit: -7, ..Default::default() };
	assert!(granted.is_absent());
	assert_eq!((granted.record(), granted.room(3)), (U256::zero(), -10));
	assert_eq!(word().record() & U256::from(u128::MAX), U256::zero());
	assert_eq!(EligibilityWord { limit: i128::MIN, ..word() }.room(u128::MAX), i128::MIN);
}

#[test]
fn eligible_ends_with_the_second_of_valid_until() {
	let word = EligibilityWord { valid_until: 100, ..Default::default() };
	assert!(!word.is_expired(99));
	assert!(word.is_expired(100));
}

#[test]
fn signed_values_show_as_twos_complement() {
	assert_eq!(signed_to_word(-1), U256::MAX);
	assert_eq!(signed_to_word(5), 5.into());
	assert_eq!(signed_to_word(i128::MIN), U256::MAX - U256::from(i128::MAX as u128));
}
