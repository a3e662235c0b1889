"""The simulated municipality: one process that is the other side of every connector, for development and tests.

What must stay true: production code never imports it, it listens on loopback only, every person in it is marked as a
test person, and it shares no serialising code with the adapters, so that the two prove each other.
"""
