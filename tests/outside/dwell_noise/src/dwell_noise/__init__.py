"""A noise source for chipsim whose dwell time depends on the field."""
