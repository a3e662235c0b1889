"""When and where robots run."""
