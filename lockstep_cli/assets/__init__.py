"""An asset's life by file: what is registered, who is admitted, what is issued, who holds it."""
