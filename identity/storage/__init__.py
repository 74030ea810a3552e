"""How the identity services keep things: one database, one writer that groups commits, one audit chain."""
