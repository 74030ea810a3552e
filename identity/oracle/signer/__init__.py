"""An oracle signer: reads the chains and the evidence by itself, checks, and signs. A process of its own with a key of its own."""
