"""Where headlines come from: one adapter a source, and the protocol that all of them keep."""
