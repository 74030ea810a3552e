//! Rules of a transfer between two accounts of this chain.

use lockstep_primitives::{ids, Evaluation, Refusal, RefusalSet};
use polkadot_sdk::sp_core::{H256, U256};

use super::{
	check_amount, check_caps, check_frozen_amount, check_may_send, check_pair, check_receiver_bound,
	check_receiver_frozen, check_receiving, check_sender_bound, check_sender_frozen, check_velocity, conclude, credit,
	debit, open_scene, Changes, Scene,
};
use crate::{
	follow::End,
	pallet::{Config, Pallet},
	position::Position,
};

/// A transfer that every rule allows.
#[derive(Clone, Debug)]
pub struct Transfer {
	pub(crate) asset: H256,
	pub(crate) from: H256,
	pub(crate) to: H256,
	pub(crate) amount: u128,
	pub(crate) changes: Changes,
}

impl<T: Config> Pallet<T> {
	/// All rules of a transfer of `amount` base units at `now` (UTC seconds), and its plan.
	///
	/// Between two accounts of one investor locked tokens move too and the receiving rules don't apply: the
	/// investor's position doesn't change.
	pub fn evaluate_transfer(
		asset: H256,
		from: [u8; 32],
		to: [u8; 32],
		amount: U256,
		now: u64,
	) -> Evaluation<Transfer> {
		let mut refused = RefusalSet::new();
		let (from, to) = (H256(from), H256(to));
		let changes = Self::plan_transfer(&mut refused, asset, from, to, amount, now);
		let amount = amount.low_u128();
		conclude(refused, changes.map(|changes| Transfer { asset, from, to, amount, changes }))
	}

	fn plan_transfer(
		refused: &mut RefusalSet,
		asset: H256,
		from: H256,
		to: H256,
		amount: U256,
		now: u64,
	) -> Option<Changes> {
		check_amount(refused, amount);
		let scene = open_scene::<T>(refused, asset, ids::PAUSE_TRANSFER, now)?;
		let mut sender = End::open::<T>(asset, from);
		let mut receiver = End::open::<T>(asset, to);
		check_ends(refused, &sender, &receiver);
		let debited = if amount > ids::MAX_AMOUNT.into() { None } else { debit(refused, &sender.account, amount) };
		if !(sender.account.is_bound() && receiver.account.is_bound()) {
			return None;
		}
		let mut changes = Changes::none(asset);
		if sender.account.investor != receiver.account.investor {
			let leaver = part::<T>(refused, &scene, &mut sender.position, amount, debited.is_some());
			receiver.position = enter::<T>(refused, &scene, &sender.position, receiver.position, amount, leaver);
			changes.positions = alloc::vec![sender.position, receiver.position];
		}
		// To itself nothing changes: two records of one account would overwrite each other.
		if from != to {
			let credited = credit(&receiver.account, amount.low_u128());
			changes.accounts = alloc::vec![(from, debited?), (to, credited)];
		}
		Some(changes)
	}
}

/// The rules about each end by itself.
fn check_ends(refused: &mut RefusalSet, sender: &End, receiver: &End) {
	if check_sender_bound(refused, &sender.account, sender.address) {
		check_may_send(refused, &sender.position);
		check_sender_frozen(refused, &sender.account, &sender.position);
	}
	if check_receiver_bound(refused, &receiver.account, receiver.address) {
		check_receiver_frozen(refused, &receiver.account, &receiver.position);
	}
}

/// The rules of giving to another investor: VelocityExceeded, and of an amount that the account holds (`held`) LotsLocked
/// when free tokens, due lots included, don't suffice, and FrozenAmount. Returns the class that the sender leaves by it.
fn part<T: Config>(
	refused: &mut RefusalSet,
	scene: &Scene<T::AccountId>,
	sender: &mut Position,
	amount: U256,
	held: bool,
) -> Option<u16> {
	check_velocity(refused, scene, sender, amount);
	sender.fold::<T>(scene.now);
	if !held {
		return None;
	}
	let movable = check_frozen_amount(refused, sender, amount);
	let holder = &mut sender.holder;
	let Some(left) = U256::from(holder.free).checked_sub(amount) else {
		refused.add(Refusal::LotsLocked.with([holder.free.into(), holder.next_unlock.into(), amount]));
		return None;
	};
	holder.free = left.low_u128();
	if movable && holder.used() == 0 {
		sender.counted_in()
	} else {
		None
	}
}

/// The rules of receiving from another investor; the receiver's position afterwards.
fn enter<T: Config>(
	refused: &mut RefusalSet,
	scene: &Scene<T::AccountId>,
	sender: &Position,
	receiver: Position,
	amount: U256,
	leaver: Option<u16>,
) -> Position {
	check_receiving(refused, scene, &receiver, false);
	check_caps::<T>(refused, &receiver, amount, leaver);
	let class = sender.eligibility().class;
	let amount = amount.min(ids::MAX_AMOUNT.into()).low_u128();
	check_pair::<T>(refused, scene, Some(class), receiver, amount)
}
