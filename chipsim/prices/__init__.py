"""Price tables and their sources."""
