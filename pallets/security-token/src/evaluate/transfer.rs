//! Rules of a transfer between two accounts of this chain.

use alloc::{vec, vec::Vec};

use lockstep_primitives::{ids, Evaluation, Refusal, RefusalSet};
use polkadot_sdk::sp_core::{H256, U256};

use super::{
	check_may_send, check_pair, check_receiver_frozen, check_receiving, check_sender_frozen, credit,
	debit, open_scene, Changes, Scene,
};
use crate::{
	pallet::{Config, Pallet},
	position::Position,
	types::Account,
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

/// One end of a transfer.
struct End {
	address: H256,
	account: Account,
	position: Position,
}

impl End {
	fn open<T: Config>(asset: H256, address: H256) -> Self {
		let account = Pallet::<T>::account(asset, address);
		Self { address, account, position: Position::open::<T>(asset, account.investor) }
	}
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
		match Self::plan_transfer(&mut refused, asset, from, to, amount, now) {
			Some(changes) if refused.is_empty() => {
				let amount = amount.low_u128();
				Evaluation::allowed(Transfer { asset, from, to, amount, changes })
			},
			_ => Evaluation::refused(refused),
		}
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
		let debited = if amount > ids::MAX_AMOUNT.into() {
			None
		} else {
			debit(refused, &sender.account, amount)
		};
		if !(sender.account.is_bound() && receiver.account.is_bound()) {
			return None;
		}
		let mut changes =
			Changes { asset, accounts: Vec::new(), positions: Vec::new(), supply: None };
		if sender.account.investor != receiver.account.investor {
			take_free::<T>(refused, &scene, &mut sender.position, amount, debited.is_some());
			receiver.position =
				enter::<T>(refused, &scene, &sender.position, receiver.position, amount);
			changes.positions = vec![sender.position, receiver.position];
		}
		// To itself nothing changes: two records of one account would overwrite each other.
		if from != to {
			let credited = credit(&receiver.account, amount.low_u128());
			changes.accounts = vec![(from, debited?), (to, credited)];
		}
		Some(changes)
	}
}

/// AmountZero and AmountTooLarge.
fn check_amount(refused: &mut RefusalSet, amount: U256) {
	refused.add_if(amount.is_zero(), || Refusal::AmountZero.bare());
	refused.add_if(amount > ids::MAX_AMOUNT.into(), || {
		Refusal::AmountTooLarge.with([amount, ids::MAX_AMOUNT.into()])
	});
}

/// The rules about each end by itself.
fn check_ends(refused: &mut RefusalSet, sender: &End, receiver: &End) {
	if sender.account.is_bound() {
		check_may_send(refused, &sender.position);
		check_sender_frozen(refused, &sender.account, &sender.position);
	} else {
		refused.add(Refusal::SenderUnbound.with([ids::to_word(sender.address)]));
	}
	if receiver.account.is_bound() {
		check_receiver_frozen(refused, &receiver.account, &receiver.position);
	} else {
		refused.add(Refusal::ReceiverUnbound.with([ids::to_word(receiver.address)]));
	}
}

/// LotsLocked when the free tokens, due lots included, don't suffice; asked only when the account holds the amount.
fn take_free<T: Config>(
	refused: &mut RefusalSet,
	scene: &Scene<T::AccountId>,
	sender: &mut Position,
	amount: U256,
	held: bool,
) {
	sender.fold::<T>(scene.now);
	let holder = &mut sender.holder;
	match U256::from(holder.free).checked_sub(amount) {
		Some(left) => holder.free = left.low_u128(),
		None => refused.add_if(held, || {
			Refusal::LotsLocked.with([holder.free.into(), holder.next_unlock.into(), amount])
		}),
	}
}

/// The rules of receiving from another investor; the receiver's position afterwards.
fn enter<T: Config>(
	refused: &mut RefusalSet,
	scene: &Scene<T::AccountId>,
	sender: &Position,
	receiver: Position,
	amount: U256,
) -> Position {
	check_receiving(refused, scene, &receiver, false);
	let class = sender.eligibility().class;
	let amount = amount.min(ids::MAX_AMOUNT.into()).low_u128();
	check_pair::<T>(refused, scene, Some(class), receiver, amount)
}
