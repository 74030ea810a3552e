"""The attestor: reads both chains by itself, decides, and signs. A process of its own with a key of its own."""
