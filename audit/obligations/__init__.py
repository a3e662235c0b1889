"""What verification must show, one module for each kind of evidence."""
