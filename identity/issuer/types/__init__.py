"""The credential types: what each says, how it is published, and how long each legal basis is good for."""
