"""The array of latched cells as one object: state, counters, schedule, observers, `advance`."""
