//! The result of asking all rules: which failed, with which values.

use alloc::vec::Vec;

use alloy_sol_types::SolValue;
use polkadot_sdk::sp_core::U256;

use crate::{abi, refusal::Refusal};

/// A failed rule with the values that made it fail (up to three; the rest zero).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
	/// The rule.
	pub refusal: Refusal,
	/// Its values, in the order that [`Refusal`] documents.
	pub values: [U256; 3],
}

impl From<Reason> for Refusal {
	fn from(reason: Reason) -> Self {
		reason.refusal
	}
}

/// All rules that failed: at most one reason per rule, ascending by number.
///
/// A rule that is found failing twice keeps its first values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusalSet(Vec<Reason>);

impl RefusalSet {
	/// Nothing refused.
	pub fn new() -> Self {
		Self::default()
	}

	/// True when every rule passed.
	pub fn is_empty(&self) -> bool {
		self.0.is_empty()
	}

	/// The failed rules, ascending by number.
	pub fn reasons(&self) -> &[Reason] {
		&self.0
	}

	/// True when `refusal` is among the failed rules.
	pub fn contains(&self, refusal: Refusal) -> bool {
		self.0.iter().any(|reason| reason.refusal == refusal)
	}

	/// Adds a failed rule.
	pub fn add(&mut self, reason: Reason) {
		if let Err(place) = self.0.binary_search_by_key(&reason.refusal, |known| known.refusal) {
			self.0.insert(place, reason);
		}
	}

	/// Adds what `reason` makes when `failed`.
	pub fn add_if(&mut self, failed: bool, reason: impl FnOnce() -> Reason) {
		if failed {
			self.add(reason());
		}
	}

	/// Adds all of another set.
	pub fn merge(&mut self, other: RefusalSet) {
		for reason in other.0 {
			self.add(reason);
		}
	}

	/// The failed rule of the lowest number: the one that enforcement raises.
	pub fn first(&self) -> Option<Reason> {
		self.0.first().copied()
	}

	/// Number of the first failed rule, 0 when none failed.
	pub fn code(&self) -> u16 {
		self.first().map_or(0, |reason| reason.refusal.number())
	}

	/// Err with the first failed rule, Ok when none failed.
	pub fn into_result(self) -> Result<(), Reason> {
		self.first().map_or(Ok(()), Err)
	}

	/// The set as bits: bit n stands for the rule of number n.
	pub fn bits(&self) -> U256 {
		self.0.iter().fold(U256::zero(), |bits, reason| bits | (U256::one() << usize::from(reason.refusal.number())))
	}

	/// ABI of `(uint256 set, (uint16 code, uint256 a, uint256 b, uint256 c)[] reasons)`.
	pub fn abi_encode(&self) -> Vec<u8> {
		let reasons: Vec<abi::Reason> = self.0.iter().map(abi::Reason::from).collect();
		(abi::uint(self.bits()), reasons).abi_encode_params()
	}
}

impl From<Reason> for RefusalSet {
	fn from(reason: Reason) -> Self {
		Self(alloc::vec![reason])
	}
}

impl From<&Reason> for abi::Reason {
	fn from(reason: &Reason) -> Self {
		let [a, b, c] = reason.values.map(abi::uint);
		Self { code: reason.refusal.number(), a, b, c }
	}
}

/// What evaluating an operation gives: the failed rules, and the plan to carry it out.
///
/// `explain` shows the first, enforcement applies the second: one evaluation serves both, so they can't differ.
#[derive(Clone, Debug)]
pub struct Evaluation<P> {
	/// The failed rules.
	pub refused: RefusalSet,
	/// What to apply; Some exactly when nothing failed.
	pub plan: Option<P>,
}

impl<P> Evaluation<P> {
	/// The evaluation of an operation that may go on as planned.
	pub fn allowed(plan: P) -> Self {
		Self { refused: RefusalSet::new(), plan: Some(plan) }
	}

	/// The evaluation of a refused operation. `refused` must not be empty.
	pub fn refused(refused: RefusalSet) -> Self {
		debug_assert!(!refused.is_empty(), "a refusal names its rule");
		Self { refused, plan: None }
	}

	/// The plan, or the failed rule of the lowest number.
	///
	/// An evaluation with neither (a mistake of the maker) is refused as malformed: fail closed.
	pub fn into_result(self) -> Result<P, Reason> {
		self.refused.into_result()?;
		self.plan.ok_or_else(|| Refusal::Malformed.bare())
	}
}
