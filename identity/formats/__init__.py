"""Credential formats: one module per format behind one interface (`base`), and the strict reading they all share.

Pure: no clock, no network, no store. `build_` and `parse_` compute, `verify_` raises a typed error or returns.
"""
