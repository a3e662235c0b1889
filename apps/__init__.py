"""Where people meet Sagsgang."""
