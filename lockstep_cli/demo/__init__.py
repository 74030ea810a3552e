"""The demonstration: one position crosses two real chains and comes back, and every promise made on the way is checked.

`scenario` acts, `promises` judges the document that it made (and knows nothing of how), `story` tells it to people.
"""
