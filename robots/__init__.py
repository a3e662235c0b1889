"""What a robot does with one piece of work."""
