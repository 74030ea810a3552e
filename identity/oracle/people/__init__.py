"""Who the oracle knows: persons by their evidence, their pseudonyms for each asset, and the accounts they control."""
