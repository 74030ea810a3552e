//! What may happen in a step.

use lockstep_primitives::{ids, lots, EligibilityItem, Lot, PairRule, Refusal, TransferOrder};
use polkadot_sdk::{frame_support::dispatch::DispatchResult, sp_io};

use super::{
	book::{sum, Step, Walk},
	model,
};
use crate::{mock::*, tests::support::*, Event};

impl Walk {
	pub fn act(&mut self) -> Step {
		match self.dice.roll(40) {
			0..=2 => self.issue(),
			3..=12 => self.transfer(),
			13..=16 => self.leave(),
			17..=19 => return self.settle(),
			20..=22 => self.arrive(),
			23..=24 => return self.force(),
			25 => self.recover(),
			26 => return self.replace(),
			27..=28 => return self.move_lots(),
			29 => return self.redeem(),
			30 => self.freeze(),
			31 => self.merge(),
			32 => return self.release(),
			33..=34 => self.limit(),
			35..=36 => self.quota(),
			37 => self.class(),
			38 => self.settings(),
			_ => self.bind(),
		}
		Step::default()
	}

	fn account(&mut self) -> u8 {
		// Mostly one that somebody owns; nobody's accounts must be refused, but not all the time.
		let nobodys = self.dice.roll(12) == 0;
		let accounts: Vec<u8> =
			self.accounts.iter().copied().filter(|of| nobodys || self.owner(*of).is_some()).collect();
		self.dice.pick(&accounts)
	}

	fn investor(&mut self) -> u8 {
		let investors = self.investors.clone();
		self.dice.pick(&investors)
	}

	/// Some lots of an investor by name, in the form of an order; maybe more than its account holds.
	fn some_lots(&mut self, n: u8) -> Vec<Lot> {
		let (free_amount, held) = holding(self.asset, n);
		let mut wanted = vec![];
		if free_amount > 0 && self.dice.roll(3) > 0 {
			let all = self.dice.roll(3) == 0;
			wanted.push(free(if all { free_amount } else { self.dice.amount(free_amount.min(60)) }));
		}
		for lot in held {
			if self.dice.roll(3) == 0 {
				let whole = self.dice.roll(2) == 0;
				let amount = if whole { lot.amount } else { self.dice.amount(lot.amount) };
				wanted.push(Lot { amount, ..lot });
			}
		}
		wanted
	}

	/// Notes a call that happened; of one that didn't, that it changed nothing.
	fn call(&mut self, what: &'static str, call: impl FnOnce() -> DispatchResult) -> bool {
		let root = sp_io::storage::root(Default::default());
		let happened = call();
		match happened {
			Ok(()) => self.note(what),
			Err(_) => assert_eq!(root, sp_io::storage::root(Default::default()), "a refusal changed something"),
		}
		happened.is_ok()
	}

	fn issue(&mut self) {
		let to = self.account();
		let mut issued = vec![free(self.dice.amount(200))];
		for n in 0..self.dice.roll(3) {
			let unlocks_at = self.now + 1 + n * 1_000 + self.dice.roll(500);
			issued.push(lot(self.dice.amount(50), self.now, unlocks_at));
		}
		let asset = self.asset;
		self.call("issue", || issue(asset, to, issued));
	}

	fn transfer(&mut self) {
		let (from, to) = (self.account(), self.account());
		let amount = if self.dice.roll(2) == 0 { self.edge(from, to) } else { self.dice.amount(150) };
		let asset = self.asset;
		let told = explain(asset, from, to, amount);
		assert_eq!(told, model::expected(asset, from, to, amount), "{from} to {to}: {amount}");
		if told.iter().any(|code| (16..=17).contains(code)) {
			self.note("refused by a cap");
		}
		let mut refusal = Ok(());
		self.call("transfer", || {
			refusal = transfer(asset, from, to, amount);
			refusal
		});
		let first = told.first().and_then(|code| Refusal::from_number(*code));
		assert_eq!(refusal, first.map_or(Ok(()), |first| Err(refused(first).into())), "explained and enforced");
	}

	/// An amount at which some rule changes its mind, or one beside it.
	fn edge(&mut self, from: u8, to: u8) -> u128 {
		let (giver, getter) = (self.owner(from), self.owner(to));
		let held = giver.map_or(0, |n| holding(self.asset, n).0);
		let (_, used, _) = giver.map_or((0, 0, 0), |n| limit(self.asset, n));
		let frozen = giver.map_or(0, |n| SecurityToken::frozen(self.asset, investor(n)));
		let room = getter.map_or(0, |n| limit(self.asset, n).2.clamp(0, 1_000) as u128);
		let all = balance(self.asset, from);
		let edge = self.dice.pick(&[all, all, held, used.saturating_sub(frozen), room, MIN_LOT]);
		(edge + u128::from(self.dice.roll(3))).saturating_sub(1)
	}

	fn leave(&mut self) {
		let from = self.account();
		let Some(owner) = self.owner(from) else { return };
		let mut wanted = self.some_lots(owner);
		if self.dice.roll(3) == 0 {
			// Everything, so that the seat goes along.
			for other in self.accounts.clone() {
				if other != from && self.owner(other) == Some(owner) {
					let _ = transfer(self.asset, other, from, balance(self.asset, other));
				}
			}
			let (free_amount, held) = holding(self.asset, owner);
			wanted = if free_amount > 0 { vec![free(free_amount)] } else { vec![] };
			wanted.extend(held);
		}
		let to = if self.dice.roll(3) > 0 { owner } else { self.investor() };
		if evaluate_leaving(self.asset, from, investor(to), wanted.clone()).plan.is_none() {
			return;
		}
		let order = depart(self.asset, from, investor(to), wanted);
		if order.seat != 0 {
			self.note("leave with a seat");
		}
		self.in_flight.push(order);
		self.note("leave");
	}

	fn settle(&mut self) -> Step {
		if self.in_flight.is_empty() {
			return Step::default();
		}
		let place = self.dice.roll(self.in_flight.len() as u64) as usize;
		let order = self.in_flight.swap_remove(place);
		if self.dice.roll(2) == 0 {
			SecurityToken::refund(&order);
			self.note("refund");
			return Step::default();
		}
		SecurityToken::settle_delivered(&order);
		self.gone += sum(&order);
		self.note("settle");
		if order.from_investor == order.to_investor {
			*self.limits.get_mut(&self.number(order.from_investor)).expect("known") -= sum(&order) as i128;
		}
		if order.seat != 0 {
			*self.quotas.entry(order.seat).or_default() -= 1;
		}
		Step { loosened: order.lots, moved: false }
	}

	fn arrive(&mut self) {
		let to = self.account();
		let Some(owner) = self.owner(to) else { return };
		let own = self.dice.roll(2) == 0;
		let from = if own { owner } else { self.investor() };
		let mut lots = vec![free(self.dice.amount(40))];
		if own {
			lots.push(lot(7, self.now - 5, self.now + self.dice.roll(900)));
		}
		let terms = SecurityToken::asset(self.asset).expect("registered").params.terms.terms;
		let seat = if from == owner && self.dice.roll(4) == 0 { u16::from(owner) } else { 0 };
		let order = incoming(self.asset, investor(from), to, owner, lots);
		let order = TransferOrder { terms, seat, ..order };
		if deliver(&order).is_err() {
			return;
		}
		self.come += sum(&order);
		if from == owner {
			*self.limits.get_mut(&owner).expect("known") += sum(&order) as i128;
		}
		if seat != 0 {
			*self.quotas.entry(seat).or_default() += 1;
		}
		self.note("arrive");
	}

	fn force(&mut self) -> Step {
		let (from, to) = (self.account(), self.account());
		let held = balance(self.asset, from);
		let amount = if held > 0 && self.dice.roll(3) == 0 { held } else { self.dice.amount(held) };
		let asset = self.asset;
		System::reset_events();
		self.call("force", || force(asset, from, to, amount));
		if take_events().iter().any(|event| matches!(event, Event::ForcedTransfer { unfroze: 1.., .. })) {
			self.note("force out of a frozen part");
		}
		Step { moved: true, ..Step::default() }
	}

	fn recover(&mut self) {
		let from = self.account();
		let fresh = self.dice.roll(3) > 0 && self.next < 190;
		let to = if fresh { self.next } else { self.account() };
		let asset = self.asset;
		if self.call("recover", || recover(asset, from, to)) && fresh {
			self.accounts.push(to);
			self.next += 1;
		}
	}

	fn replace(&mut self) -> Step {
		let retired = self.investor();
		let fresh = self.dice.roll(2) == 0;
		let successor = if fresh { self.next } else { self.investor() };
		// With fewer than three nothing could change hands.
		if self.dice.roll(3) > 0 || (!fresh && self.investors.len() < 4) || self.next > 190 {
			return Step::default();
		}
		if fresh {
			self.next += 1;
			let class = u16::from(successor % 4);
			let item = EligibilityItem { class, ..first_word(self.asset, successor) };
			batch(|batch| batch.eligibilities.push(item));
			self.limits.insert(successor, LIMIT);
			self.investors.push(successor);
		}
		let asset = self.asset;
		if self.call("replace", || replace(asset, retired, successor)) {
			let granted = self.limits.remove(&retired).expect("known");
			*self.limits.get_mut(&successor).expect("known") += granted;
			self.investors.retain(|n| *n != retired);
		}
		Step { moved: true, ..Step::default() }
	}

	fn move_lots(&mut self) -> Step {
		let (from, to) = (self.account(), self.account());
		let Some(owner) = self.owner(from) else { return Step::default() };
		let lots = self.some_lots(owner);
		let asset = self.asset;
		self.call("move lots", || {
			let (from, to) = (account(from), account(to));
			SecurityToken::move_lots(signed(controller()), asset, from, to, lots, action())
		});
		Step { moved: true, ..Step::default() }
	}

	fn redeem(&mut self) -> Step {
		let from = self.account();
		let Some(owner) = self.owner(from) else { return Step::default() };
		let lots = self.some_lots(owner);
		let (asset, named) = (self.asset, lots.clone());
		let call = || SecurityToken::redeem(signed(controller()), asset, account(from), named, action());
		if !self.call("redeem", call) {
			return Step::default();
		}
		self.redeemed += lots::sum(&lots).low_u128();
		Step { loosened: lots, moved: false }
	}

	fn freeze(&mut self) {
		let n = self.investor();
		let asset = self.asset;
		match self.dice.roll(4) {
			0 => {
				let frozen = self.dice.roll(4) == 0;
				self.call("freeze", || {
					SecurityToken::freeze_investor(signed(controller()), asset, investor(n), frozen, action())
				});
			},
			_ => {
				let used = limit(asset, n).1;
				let amount = if self.dice.roll(2) == 0 { self.dice.amount(used + 20) } else { 0 };
				self.call("freeze an amount", || freeze_amount_of(asset, n, amount));
			},
		}
	}

	fn merge(&mut self) {
		let by = self.account();
		let Some(owner) = self.owner(by) else { return };
		let (_, held) = holding(self.asset, owner);
		let named: Vec<Lot> =
			held.into_iter().filter(|lot| lot.unlocks_at > self.now && self.dice.roll(2) == 0).collect();
		let asset = self.asset;
		self.call("merge lots", || SecurityToken::merge_lots(signed(account(by)), asset, named));
	}

	fn release(&mut self) -> Step {
		let n = self.investor();
		let lots: Vec<Lot> = self.some_lots(n).into_iter().filter(|lot| !lots::is_free(lot)).collect();
		let (asset, id) = (self.asset, action().release_id(self.asset, investor(n), &lots));
		let by_admin = || signed(admin());
		let named = lots.clone();
		let propose = || SecurityToken::propose_release(by_admin(), asset, investor(n), named, action());
		if !self.call("propose", propose) {
			return Step::default();
		}
		if self.dice.roll(4) == 0 {
			self.call("cancel", || SecurityToken::cancel_release(by_admin(), asset, id));
			return Step::default();
		}
		// The delay is long, and the lots of this walk are short: as if it had been announced in time.
		crate::Releases::<Test>::insert(asset, id, self.now);
		let named = lots.clone();
		let carry_out = || SecurityToken::release_lots(by_admin(), asset, investor(n), named, action());
		let released = self.call("release", carry_out);
		Step { loosened: if released { lots } else { vec![] }, moved: false }
	}

	fn limit(&mut self) {
		let n = self.investor();
		let (granted, used, room) = limit(self.asset, n);
		// Near what is used, so that caps are met from both sides.
		let wanted = self.dice.roll(160) as i128 - 40;
		let delta = if self.dice.roll(3) > 0 { LIMIT - granted } else { wanted - room };
		let item = self.same_class(n, delta);
		System::reset_events();
		batch(|batch| batch.eligibilities.push(item));
		let released = take_events().into_iter().find_map(|event| match event {
			Event::LimitSet { released, .. } => Some(released),
			_ => None,
		});
		let free_before = (granted - used as i128).max(0);
		let expected = (delta != 0).then(|| (-delta).min(free_before).max(0) as u128);
		assert_eq!(released, expected, "released");
		*self.limits.get_mut(&n).expect("known") += delta;
		self.note("limit");
	}

	fn same_class(&mut self, n: u8, limit_delta: i128) -> EligibilityItem {
		let holder = crate::Holders::<Test>::get(self.asset, investor(n));
		EligibilityItem { class: holder.eligibility().class, limit_delta, ..word(self.asset, n, ALL) }
	}

	fn quota(&mut self) {
		let of = self.dice.roll(4) as u16;
		let (quota_now, counted) = class(self.asset, of);
		let wanted = counted as i64 + self.dice.roll(3) as i64 - 1;
		let delta = if self.dice.roll(3) > 0 { QUOTA - quota_now } else { wanted - quota_now };
		let item = quota(self.asset, of, delta);
		batch(|batch| batch.quotas.push(item));
		*self.quotas.entry(of).or_default() += delta;
		self.note("quota");
	}

	fn class(&mut self) {
		let n = self.investor();
		let class = self.dice.roll(4) as u16;
		let item = EligibilityItem { class, ..word(self.asset, n, ALL) };
		batch(|batch| batch.eligibilities.push(item));
		self.note("class");
	}

	fn settings(&mut self) {
		let asset = self.asset;
		if self.dice.roll(2) == 0 {
			let capacity = if self.dice.roll(3) == 0 { 300 } else { 0 };
			let rate = if capacity > 0 { 5 } else { 0 };
			self.call("velocity", || SecurityToken::set_velocity(signed(admin()), asset, capacity, rate));
			return;
		}
		let mut terms = SecurityToken::asset(asset).expect("registered").params.terms;
		terms.terms += 1;
		let pairs: Vec<PairRule> = (0..4u16)
			.filter(|_| self.dice.roll(3) > 0)
			.map(|from_class| PairRule { from_class, to_class: 3, rule: (from_class % 3) as u8 })
			.collect();
		assert!(pairs.iter().all(|pair| pair.rule <= ids::RULE_RESTART));
		self.call("terms", || SecurityToken::set_terms(signed(admin()), asset, terms, pairs));
	}

	fn bind(&mut self) {
		let (of, n) = (self.account(), self.investor());
		bind(self.asset, of, n);
	}
}
