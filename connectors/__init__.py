"""How other systems are spoken to."""
