"""The array of cells that latch, as one object: state, counters, schedule, observers, `advance`."""
