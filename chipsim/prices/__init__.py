"""Price tables and where prices come from."""
