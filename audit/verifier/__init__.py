"""The verifier that is handed out: one file, which stands alone."""
