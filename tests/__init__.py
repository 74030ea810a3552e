"""Tests of the whole project, level by level: unit, parity, integration."""
