use crate::bucket::{Bucket, Overflow, NEVER};

fn bucket(spent: u128) -> Bucket {
	Bucket { spent, at: 100, capacity: 1_000, rate: 10, divisor: 1 }
}

#[test]
fn what_fits_exactly_passes_and_one_more_does_not() {
	assert_eq!(bucket(400).check(600, 100), Ok(1_000));
	assert_eq!(bucket(400).check(601, 100), Err(Overflow { wait: 1, available: 600 }));
	assert_eq!(bucket(400).check(1_000, 100), Err(Overflow { wait: 40, available: 600 }));
	assert_eq!(bucket(0).check(1_001, 100), Err(Overflow { wait: NEVER, available: 1_000 }));
}

#[test]
fn the_wait_is_the_first_second_that_suffices() {
	for amount in [601, 605, 610, 611, 1_000] {
		let wait = bucket(400).check(amount, 100).unwrap_err().wait;
		assert!(bucket(400).check(amount, 100 + wait).is_ok(), "{amount}");
		assert!(bucket(400).check(amount, 99 + wait).is_err(), "{amount}");
	}
}

#[test]
fn it_drains_with_time_and_never_below_empty() {
	assert_eq!(bucket(400).spent_now(101), 390);
	assert_eq!(bucket(400).spent_now(99), 400);
	assert_eq!(bucket(400).spent_now(u64::MAX), 0);
	assert_eq!(bucket(400).give_back(500, 100), 0);
}

#[test]
fn a_share_has_its_part_of_capacity_and_rate() {
	let share = Bucket { divisor: 4, ..bucket(0) };
	assert_eq!(share.check(250, 100), Ok(250));
	assert_eq!(share.check(251, 100), Err(Overflow { wait: NEVER, available: 250 }));
	assert_eq!(Bucket { spent: 250, ..share }.spent_now(102), 245);
}

#[test]
fn extreme_numbers_neither_panic_nor_let_anything_pass() {
	let full = Bucket { spent: u128::MAX, at: 0, capacity: u128::MAX, rate: u128::MAX, divisor: 1 };
	assert_eq!(full.spent_now(u64::MAX), 0);
	let still = Bucket { rate: 0, ..full };
	assert_eq!(still.check(1, u64::MAX), Err(Overflow { wait: NEVER, available: 0 }));
	let odd = Bucket { divisor: 0, ..bucket(0) };
	assert_eq!(odd.available(100), 1_000, "no divisor is one");
}
