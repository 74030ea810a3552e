"""A whole Lockstep on this machine: both chains, the contracts, three attestors, a relayer, and a cast of investors.

For development and tests only: every key here is published.
"""
