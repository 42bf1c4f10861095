"""Periphery of the array: clock, memory, input latches, links, digital units, thermostat."""
