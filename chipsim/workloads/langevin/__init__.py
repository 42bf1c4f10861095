"""Images from heat: coupled cells in quartic potentials whose relaxation undoes a noising process."""
