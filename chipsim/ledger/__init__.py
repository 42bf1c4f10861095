"""trace x prices -> ledger."""
