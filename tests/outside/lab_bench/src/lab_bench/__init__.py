"""What stands around a chip on a laboratory bench: kinds in roles that chipsim asks for, under names of their own."""
