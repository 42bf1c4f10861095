"""What the user wrote: YAML with places, quantities with units, models that say what is allowed."""
