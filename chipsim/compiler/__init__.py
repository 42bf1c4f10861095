"""spec -> netlist -> program."""
