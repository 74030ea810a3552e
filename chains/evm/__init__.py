"""Adapter for EVM chains that carry the Lockstep contracts."""
