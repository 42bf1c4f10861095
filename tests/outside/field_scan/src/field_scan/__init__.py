"""A workload for chipsim: magnetisation of an array against a field."""
