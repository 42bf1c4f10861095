"""An error-correcting codec for chipsim, known by its counts and prices only."""
