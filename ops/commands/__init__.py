"""One file a command: what it does. Its options are in the file of the same name that is typed."""
