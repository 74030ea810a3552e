"""The command line of Lockstep, and the composition of a whole local system."""
