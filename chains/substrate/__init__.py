"""Adapter for Substrate chains that run the Lockstep pallets."""
