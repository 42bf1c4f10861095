"""The command line. It parses arguments and prints; everything else is imported inside the commands, when needed."""
