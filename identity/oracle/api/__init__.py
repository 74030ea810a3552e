"""The oracle's web interface."""
