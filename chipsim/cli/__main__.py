"""`python -m chipsim.cli`."""

from chipsim.cli.main import main

main()
