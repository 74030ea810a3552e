"""Tests of one process, without chains or network."""
