"""The component kinds, one file each. `registry.py` finds them; `base.py` says what a kind has to say about itself."""
