"""The adapters to the providers: one file for each API, one contract suite for all."""
