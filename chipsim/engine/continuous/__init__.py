"""The array of continuous cells, and its device."""
