//! What the pallet promises, on a mock runtime with real oracle batches.

mod arriving;
mod assets;
mod caps;
mod controls;
mod issuing;
mod leaving;
mod migration;
mod oracle_items;
mod recovery;
mod releases;
mod settings;
mod support;
mod transfers;
mod walk;
