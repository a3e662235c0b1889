"""The demonstration: one night in the simulated municipality, told as a story and proved at the end."""
