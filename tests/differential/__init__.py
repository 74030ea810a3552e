"""Three implementations of one book of rules, held against each other operation by operation.

The book is `bridge.ledger`, a pure model; the others are the pallets on a running chain and the contracts on anvil. An
operation is done on both chains in the same second, with the parts of the two exchanged: what happens to the asset that
is at home on Substrate happens to the one that is at home on EVM. After each operation refusals, events and views of a
chain must be those of its model.
"""
