"""From a problem to the cells of a fabric."""
