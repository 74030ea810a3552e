"""Where the expected answers of the parity vectors come from.

Nothing here imports the code under test: digests are hashed by hand and checked against eth_account, ABI bytes come
from eth_abi with literal type strings, words and lots are written out, signatures are made by eth_keys.
"""
