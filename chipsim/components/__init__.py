"""The component kinds, one file each, in folders by their role on a chip; each folder contains the bases of its kinds.

`base.py` defines the interface of all kinds, `facts.py` the types used by the physics lint; `registry.py` finds kinds
by name.
"""
