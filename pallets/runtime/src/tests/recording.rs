//! Externalities that write down which keys are read and written.

use std::{
	any::{Any, TypeId},
	collections::BTreeSet,
};

use polkadot_sdk::{
	sp_core::storage::{ChildInfo, StateVersion, TrackedStorageKey},
	sp_externalities::{
		set_and_run_with_externalities, Error, Extension, ExtensionStore, Externalities, MultiRemovalResults,
	},
	sp_io,
};

/// Keys that something touched.
#[derive(Clone, Debug, Default)]
pub struct Touched {
	/// Read, written or not.
	pub reads: BTreeSet<Vec<u8>>,
	/// Written, read or not.
	pub writes: BTreeSet<Vec<u8>>,
}

impl Touched {
	/// How many keys are touched beyond what `base` touches: (reads, writes).
	pub fn beyond(&self, base: &Touched) -> (u64, u64) {
		let count = |mine: &BTreeSet<Vec<u8>>, theirs: &BTreeSet<Vec<u8>>| mine.difference(theirs).count() as u64;
		(count(&self.reads, &base.reads), count(&self.writes, &base.writes))
	}
}

/// Runs `work` and tells what it touched beside what it returned.
pub fn record<R>(chain: &mut sp_io::TestExternalities, work: impl FnOnce() -> R) -> (R, Touched) {
	let mut inner = chain.ext();
	let mut recording = Recording { inner: &mut inner, touched: Touched::default() };
	let result = set_and_run_with_externalities(&mut recording, work);
	(result, recording.touched)
}

struct Recording<'a> {
	inner: &'a mut dyn Externalities,
	touched: Touched,
}

impl Recording<'_> {
	fn read(&mut self, key: &[u8]) {
		self.touched.reads.insert(key.to_vec());
	}

	fn wrote(&mut self, key: &[u8]) {
		self.touched.writes.insert(key.to_vec());
	}
}

impl Externalities for Recording<'_> {
	fn storage(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		self.read(key);
		self.inner.storage(key)
	}

	fn storage_hash(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		self.read(key);
		self.inner.storage_hash(key)
	}

	fn exists_storage(&mut self, key: &[u8]) -> bool {
		self.read(key);
		self.inner.exists_storage(key)
	}

	fn next_storage_key(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		let next = self.inner.next_storage_key(key);
		if let Some(next) = &next {
			self.read(next);
		}
		next
	}

	fn place_storage(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
		self.wrote(&key);
		self.inner.place_storage(key, value);
	}

	fn storage_append(&mut self, key: Vec<u8>, value: Vec<u8>) {
		self.wrote(&key);
		self.inner.storage_append(key, value);
	}

	fn clear_prefix(&mut self, prefix: &[u8], limit: Option<u32>, cursor: Option<&[u8]>) -> MultiRemovalResults {
		self.wrote(prefix);
		self.inner.clear_prefix(prefix, limit, cursor)
	}

	fn set_offchain_storage(&mut self, key: &[u8], value: Option<&[u8]>) {
		self.inner.set_offchain_storage(key, value);
	}

	fn child_storage_hash(&mut self, child: &ChildInfo, key: &[u8]) -> Option<Vec<u8>> {
		self.inner.child_storage_hash(child, key)
	}

	fn child_storage(&mut self, child: &ChildInfo, key: &[u8]) -> Option<Vec<u8>> {
		self.inner.child_storage(child, key)
	}

	fn next_child_storage_key(&mut self, child: &ChildInfo, key: &[u8]) -> Option<Vec<u8>> {
		self.inner.next_child_storage_key(child, key)
	}

	fn kill_child_storage(
		&mut self,
		child: &ChildInfo,
		limit: Option<u32>,
		cursor: Option<&[u8]>,
	) -> MultiRemovalResults {
		self.inner.kill_child_storage(child, limit, cursor)
	}

	fn clear_child_prefix(
		&mut self,
		child: &ChildInfo,
		prefix: &[u8],
		limit: Option<u32>,
		cursor: Option<&[u8]>,
	) -> MultiRemovalResults {
		self.inner.clear_child_prefix(child, prefix, limit, cursor)
	}

	fn place_child_storage(&mut self, child: &ChildInfo, key: Vec<u8>, value: Option<Vec<u8>>) {
		self.inner.place_child_storage(child, key, value);
	}

	fn storage_root(&mut self, version: StateVersion) -> Vec<u8> {
		self.inner.storage_root(version)
	}

	fn child_storage_root(&mut self, child: &ChildInfo, version: StateVersion) -> Vec<u8> {
		self.inner.child_storage_root(child, version)
	}

	fn storage_start_transaction(&mut self) {
		self.inner.storage_start_transaction();
	}

	fn storage_rollback_transaction(&mut self) -> Result<(), ()> {
		self.inner.storage_rollback_transaction()
	}

	fn storage_commit_transaction(&mut self) -> Result<(), ()> {
		self.inner.storage_commit_transaction()
	}

	fn wipe(&mut self) {
		self.inner.wipe();
	}

	fn commit(&mut self) {
		self.inner.commit();
	}

	fn read_write_count(&self) -> (u32, u32, u32, u32) {
		self.inner.read_write_count()
	}

	fn reset_read_write_count(&mut self) {
		self.inner.reset_read_write_count();
	}

	fn get_whitelist(&self) -> Vec<TrackedStorageKey> {
		self.inner.get_whitelist()
	}

	fn set_whitelist(&mut self, keys: Vec<TrackedStorageKey>) {
		self.inner.set_whitelist(keys);
	}

	fn get_read_and_written_keys(&self) -> Vec<(Vec<u8>, u32, u32, bool)> {
		self.inner.get_read_and_written_keys()
	}
}

impl ExtensionStore for Recording<'_> {
	fn extension_by_type_id(&mut self, type_id: TypeId) -> Option<&mut dyn Any> {
		self.inner.extension_by_type_id(type_id)
	}

	fn register_extension_with_type_id(
		&mut self,
		type_id: TypeId,
		extension: Box<dyn Extension>,
	) -> Result<(), Error> {
		self.inner.register_extension_with_type_id(type_id, extension)
	}

	fn deregister_extension_by_type_id(&mut self, type_id: TypeId) -> Result<(), Error> {
		self.inner.deregister_extension_by_type_id(type_id)
	}
}
