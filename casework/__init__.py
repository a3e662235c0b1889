"""What is to be done and how far it has come."""
