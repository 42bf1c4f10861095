"""A run: plan, simulate, train, what it is called, and its summary."""
