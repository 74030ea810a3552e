"""The development chains: both of them, started, watched and stopped on this machine."""
