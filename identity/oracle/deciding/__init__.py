"""What the oracle decides: policies in force, verdicts now, screening, decisions on orders, and the jobs behind them."""
