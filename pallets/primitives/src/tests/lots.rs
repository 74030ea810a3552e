use crate::{
	lots::{check_form, credit, fold, next_unlock, sum, take, Holding},
	shape::{malformed, AT_LOTS},
	Lot, Refusal,
};

const NOW: u64 = 1_000;

fn lot(amount: u128, acquired_at: u64, unlocks_at: u64) -> Lot {
	Lot { amount, acquired_at, unlocks_at }
}

fn free(amount: u128) -> Lot {
	lot(amount, 0, 0)
}

#[test]
fn a_lot_folds_from_its_unlock_second_on_and_not_before() {
	let lots = [lot(5, 1, NOW), lot(7, 1, NOW + 1)];
	let (holding, folded) = fold(3, &lots, NOW);
	assert_eq!(holding, Holding { free: 8, lots: vec![lot(7, 1, NOW + 1)] });
	assert_eq!(folded, 5);
	assert_eq!(fold(3, &lots, NOW - 1), (Holding { free: 3, lots: lots.to_vec() }, 0));
}

#[test]
fn taking_serves_unlocked_names_from_the_free_part() {
	let held = [lot(5, 1, NOW - 1), lot(7, 1, NOW + 9)];
	let taken = take(0, &held, &[free(1), lot(2, 1, NOW - 1), lot(7, 1, NOW + 9)], NOW).unwrap();
	assert_eq!(taken.taken, vec![free(3), lot(7, 1, NOW + 9)]);
	assert_eq!(taken.rest, Holding { free: 2, lots: vec![] });
}

#[test]
fn taking_part_of_a_lot_leaves_the_rest_with_its_times() {
	let taken = take(0, &[lot(7, 1, NOW + 9)], &[lot(3, 1, NOW + 9)], NOW).unwrap();
	assert_eq!(taken.taken, vec![lot(3, 1, NOW + 9)]);
	assert_eq!(taken.rest.lots, vec![lot(4, 1, NOW + 9)]);
}

#[test]
fn free_demand_above_the_free_part_is_locked() {
	let held = [lot(7, 1, NOW + 9), lot(7, 2, NOW + 5)];
	let refused = take(4, &held, &[free(5)], NOW).unwrap_err();
	assert_eq!(refused, Refusal::LotsLocked.with([4.into(), (NOW + 5).into(), 5.into()]));
}

#[test]
fn a_lot_that_is_missing_or_smaller_is_unknown() {
	let held = [lot(7, 1, NOW + 9)];
	let missing = take(0, &held, &[lot(1, 2, NOW + 9)], NOW).unwrap_err();
	assert_eq!(missing, Refusal::LotUnknown.with([2.into(), (NOW + 9).into(), 0.into()]));
	let smaller = take(0, &held, &[lot(8, 1, NOW + 9)], NOW).unwrap_err();
	assert_eq!(smaller, Refusal::LotUnknown.with([1.into(), (NOW + 9).into(), 7.into()]));
}

#[test]
fn the_form_wants_amounts_the_free_part_first_and_an_ascending_rest() {
	let zero = Err(Refusal::AmountZero.bare());
	let form = Err(malformed(AT_LOTS));
	assert_eq!(check_form(&[]), zero);
	assert_eq!(check_form(&[free(1), lot(0, 1, 5)]), zero);
	assert_eq!(check_form(&[lot(1, 1, 5), free(1)]), form);
	assert_eq!(check_form(&[free(1), free(1)]), form);
	assert_eq!(check_form(&[lot(1, 1, 5), lot(1, 1, 5)]), form);
	assert_eq!(check_form(&[lot(1, 2, 5), lot(1, 1, 5)]), form);
	assert_eq!(check_form(&[lot(1, 7, 0)]), form);
	assert_eq!(check_form(&[free(1), lot(1, 2, 5), lot(1, 1, 6)]), Ok(()));
}

#[test]
fn crediting_merges_equal_times_and_frees_what_is_due() {
	let holding =
		credit(1, &[lot(7, 1, NOW + 9)], &[free(2), lot(3, 1, NOW), lot(4, 1, NOW + 9), lot(5, 0, NOW + 1)], NOW);
	assert_eq!(holding, Holding { free: 6, lots: vec![lot(5, 0, NOW + 1), lot(11, 1, NOW + 9)] });
}

#[test]
fn crediting_leaves_the_holders_own_due_lots_alone() {
	let holding = credit(0, &[lot(7, 1, NOW - 1)], &[free(1)], NOW);
	assert_eq!(holding, Holding { free: 1, lots: vec![lot(7, 1, NOW - 1)] });
}

#[test]
fn sums_of_amounts_beyond_128_bits_do_not_wrap() {
	let lots = [lot(u128::MAX, 1, 2), lot(u128::MAX, 2, 3)];
	assert!(sum(&lots) > u128::MAX.into());
	assert_eq!(next_unlock(&lots), 2);
	assert_eq!(next_unlock(&[]), 0);
}

/// A small generator with a fixed seed (splitmix64): the same cases on every run.
struct Cases(u64);

impl Cases {
	fn next(&mut self, below: u64) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		(z ^ (z >> 31)) % below
	}

	fn lots(&mut self) -> Vec<Lot> {
		let lots = (0..self.next(5))
			.map(|_| lot(1 + u128::from(self.next(9)), self.next(3), NOW - 2 + self.next(5)))
			.collect::<Vec<_>>();
		credit(0, &[], &lots, 0).lots
	}
}

/// Locked at `at` in a holding with `free`: everything that unlocks later.
fn locked_after(lots: &[Lot], at: u64) -> u128 {
	lots.iter().filter(|lot| lot.unlocks_at > at).map(|lot| lot.amount).sum()
}

#[test]
fn taking_and_crediting_back_conserves_the_sum_and_never_loosens_a_lock() {
	let mut cases = Cases(7);
	for _ in 0..20_000 {
		let (free_part, held) = (u128::from(cases.next(9)), cases.lots());
		let mut wanted = cases.lots();
		if cases.next(2) == 1 {
			wanted.insert(0, free(1 + u128::from(cases.next(4))));
		}
		let before = sum(&held) + free_part;
		let Ok(taken) = take(free_part, &held, &wanted, NOW) else { continue };
		assert_eq!(sum(&taken.taken), sum(&wanted));
		assert_eq!(sum(&taken.rest.lots) + taken.rest.free + sum(&taken.taken), before);
		let back = credit(taken.rest.free, &taken.rest.lots, &taken.taken, NOW);
		assert_eq!(sum(&back.lots) + back.free, before);
		for at in NOW..NOW + 4 {
			assert_eq!(locked_after(&back.lots, at), locked_after(&held, at));
		}
	}
}
