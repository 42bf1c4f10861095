"""The component kinds, one file each, in folders by where they stand on a chip; each folder has the bases of its kinds.

`base.py` says what every kind has to say about itself, `facts.py` what it tells the physics lint; `registry.py` finds
kinds by name.
"""
