//! The way from the version before, and what is true of all pallets after a life.
