"""Results: stored, priced again, explained, compared, exported."""
