"""A run for people and for programs: terminal, HTML page, CSV, JSON."""
