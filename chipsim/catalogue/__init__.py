"""What there is to write in specs and to read in results: kinds, keys and metrics, as lists, pages and JSON Schemas."""
