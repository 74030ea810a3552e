//! What the pallet promises, on a mock runtime with real oracle batches.

mod arriving;
mod assets;
mod issuing;
mod leaving;
mod oracle_items;
mod transfers;
mod walk;
