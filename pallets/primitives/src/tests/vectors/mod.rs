//! The parity vectors: one set of files read by Python, Solidity and Rust proves that all three agree byte for byte.

mod arithmetic;
mod digests;
mod gates;
mod names;

use polkadot_sdk::sp_core::{bytes::from_hex, H160, H256, U256};
use serde_json::Value;

use crate::{lots::Holding, Lot};

/// One case of a vector file. Reading a field that is missing or of another kind fails the test.
struct Case(Value);

impl Case {
	fn field(&self, name: &str) -> &Value {
		self.0.get(name).unwrap_or_else(|| panic!("{} has no {name}", self.name()))
	}

	fn name(&self) -> &str {
		self.0.get("name").and_then(Value::as_str).unwrap_or("a case")
	}

	fn text(&self, name: &str) -> &str {
		self.field(name).as_str().unwrap_or_else(|| panic!("{name} is no text"))
	}

	fn flag(&self, name: &str) -> bool {
		self.field(name).as_bool().unwrap_or_else(|| panic!("{name} is no flag"))
	}

	fn number<N: TryFrom<i128>>(&self, name: &str) -> N {
		number(self.field(name))
	}

	fn amount(&self, name: &str) -> u128 {
		amount(self.field(name))
	}

	fn wide(&self, name: &str) -> U256 {
		match self.field(name) {
			Value::String(text) => U256::from_dec_str(text).expect("a decimal"),
			other => number::<u128>(other).into(),
		}
	}

	fn bytes(&self, name: &str) -> Vec<u8> {
		bytes(self.field(name))
	}

	fn hash(&self, name: &str) -> H256 {
		H256::from_slice(&self.bytes(name))
	}

	fn list<T>(&self, name: &str, read: impl Fn(&Value) -> T) -> Vec<T> {
		let items = self.field(name).as_array().unwrap_or_else(|| panic!("{name} is no list"));
		items.iter().map(read).collect()
	}

	/// Lots kept as three lists of one length: `<prefix>Amounts`, `<prefix>AcquiredAt`, `<prefix>UnlocksAt`.
	fn lots(&self, prefix: &str) -> Vec<Lot> {
		let amounts = self.list(&format!("{prefix}Amounts"), amount);
		let acquired = self.list(&format!("{prefix}AcquiredAt"), number);
		let unlocks = self.list(&format!("{prefix}UnlocksAt"), number);
		assert_eq!((amounts.len(), amounts.len()), (acquired.len(), unlocks.len()));
		amounts
			.into_iter()
			.zip(acquired)
			.zip(unlocks)
			.map(|((amount, acquired_at), unlocks_at)| Lot { amount, acquired_at, unlocks_at })
			.collect()
	}

	/// The holding after: `newFree` and `newLot...`.
	fn new_holding(&self) -> Holding {
		Holding { free: self.amount("newFree"), lots: self.lots("newLot") }
	}
}

fn number<N: TryFrom<i128>>(value: &Value) -> N {
	let wide: i128 = match value {
		Value::String(text) => text.parse().expect("a decimal"),
		other => other.as_i64().expect("a number").into(),
	};
	N::try_from(wide).unwrap_or_else(|_| panic!("{wide} is out of range"))
}

fn amount(value: &Value) -> u128 {
	value.as_str().expect("amounts are decimal strings").parse().expect("a decimal")
}

fn bytes(value: &Value) -> Vec<u8> {
	from_hex(value.as_str().expect("bytes are hex strings")).expect("hex")
}

fn hash(value: &Value) -> H256 {
	H256::from_slice(&bytes(value))
}

fn address(value: &Value) -> H160 {
	H160::from_slice(&bytes(value))
}

/// The cases of one kind in a file; their number must be the one the file promises.
fn cases(file: &str, kind: &str) -> Vec<Case> {
	let path = format!("{}/../../tests/parity/vectors/{file}.json", env!("CARGO_MANIFEST_DIR"));
	let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
	let whole: Value = serde_json::from_str(&text).expect("vector files are JSON");
	let cases = whole[kind].as_array().unwrap_or_else(|| panic!("{file} has no {kind}"));
	assert_eq!(whole["counts"][kind].as_u64(), Some(cases.len() as u64), "{file} {kind}");
	assert!(!cases.is_empty());
	cases.iter().cloned().map(Case).collect()
}
