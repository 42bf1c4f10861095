"""A run: plan, simulate, train, identity and summary."""
