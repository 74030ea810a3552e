//! Where tokens of an account that was recovered, or of an investor that was replaced, are to be found.
//!
//! Orders name accounts and investors of the time when they were made; whatever became of these since, what arrives and
//! what comes back must land. Forwarding is one hop: when A leads to B, all that led to A leads to B.

use polkadot_sdk::{frame_system, sp_core::H256};

use crate::{
	pallet::{Accounts, Config, MovedFrom, MovedTo, Pallet, Predecessors, Successors},
	position::Position,
	types::{Account, Forwards, MAX_FORWARDS},
};

/// An account with its investor's position: one end of a movement.
#[derive(Clone, Debug)]
pub(crate) struct End {
	/// Where tokens are.
	pub address: H256,
	/// Its record; the investor is the one that stands for it today.
	pub account: Account,
	/// The investor's position; nobody's (empty) for an unbound account.
	pub position: Position,
	/// The investor by the account's record, before a successor is looked for.
	pub recorded: H256,
}

impl End {
	/// The end at `address`.
	pub fn open<T: Config>(asset: H256, address: H256) -> Self {
		let record = Accounts::<T>::get(asset, address).unwrap_or_default();
		let position = Position::follow::<T>(asset, record.investor);
		let account = Account { investor: position.investor, ..record };
		Self { address, account, position, recorded: record.investor }
	}

	/// The end at `address`, or where it was moved to if nobody owns it any more.
	pub fn follow<T: Config>(asset: H256, address: H256) -> Self {
		let end = Self::open::<T>(asset, address);
		if end.account.is_bound() {
			return end;
		}
		match MovedTo::<T>::get(asset, address) {
			Some(moved) => Self::open::<T>(asset, moved),
			None => end,
		}
	}
}

impl Position {
	/// The position of an investor, or of its successor if it was replaced.
	pub fn follow<T: Config>(asset: H256, investor: H256) -> Self {
		let position = Self::open::<T>(asset, investor);
		if !position.holder.is_retired() {
			return position;
		}
		match Successors::<T>::get(asset, investor) {
			Some(successor) => Self::open::<T>(asset, successor),
			None => position,
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Takes a system account of its own for an account of which nothing is known yet, whatever its native balance: one
	/// reaped below the deposit would start again with nonce 0, and old extrinsics could be replayed. For the same reason
	/// the reference is never given back.
	pub(crate) fn know_account(asset: H256, account: H256) {
		if !Accounts::<T>::contains_key(asset, account) {
			frame_system::Pallet::<T>::inc_sufficients(&T::AccountId::from(account.0));
		}
	}

	/// The investor who owns the account that `account` was moved to; None for an account that wasn't moved.
	pub(crate) fn moved_owner(asset: H256, account: H256) -> Option<H256> {
		let moved = MovedTo::<T>::get(asset, account)?;
		Some(End::open::<T>(asset, moved).account.investor)
	}

	/// True when `to` can take over all that leads to the account `from`, and `from` itself.
	pub(crate) fn can_forward_account(asset: H256, from: H256, to: H256) -> bool {
		let follow = MovedFrom::<T>::get(asset, from).into_iter().filter(|earlier| *earlier != to).count();
		fits(MovedFrom::<T>::get(asset, to).len(), follow)
	}

	/// True when `successor` can take over all that leads to the investor `retired`, and `retired` itself.
	pub(crate) fn can_forward_investor(asset: H256, retired: H256, successor: H256) -> bool {
		let follow = Predecessors::<T>::get(asset, retired).len();
		fits(Predecessors::<T>::get(asset, successor).len(), follow)
	}

	/// Records that what is meant for the account `from` goes to the account `to`, which leads nowhere else from now on.
	pub(crate) fn forward_account(asset: H256, from: H256, to: H256) {
		if let Some(old) = MovedTo::<T>::take(asset, to) {
			MovedFrom::<T>::mutate(asset, old, |incoming| incoming.retain(|earlier| *earlier != to));
		}
		let follow = MovedFrom::<T>::take(asset, from);
		for earlier in follow.iter().chain([&from]) {
			MovedTo::<T>::insert(asset, earlier, to);
		}
		MovedFrom::<T>::mutate(asset, to, |incoming| extend(incoming, follow, from));
	}

	/// Records that `successor` stands for the investor `retired`.
	pub(crate) fn forward_investor(asset: H256, retired: H256, successor: H256) {
		let follow = Predecessors::<T>::take(asset, retired);
		for earlier in follow.iter().chain([&retired]) {
			Successors::<T>::insert(asset, earlier, successor);
		}
		Predecessors::<T>::mutate(asset, successor, |incoming| extend(incoming, follow, retired));
	}
}

/// True when a list of `known` names can take `follow` more and the one that they followed.
fn fits(known: usize, follow: usize) -> bool {
	known.saturating_add(follow) < MAX_FORWARDS as usize
}

/// Adds names to a list that was found to have room: nothing is ever dropped, since a refund may need it.
fn extend(incoming: &mut Forwards, follow: Forwards, last: H256) {
	for name in follow.into_iter().chain([last]) {
		let added = incoming.try_push(name);
		debug_assert!(added.is_ok(), "the evaluation counted the names");
	}
}
