"""The sources of headlines: one adapter for each kind, and the protocol that all of them implement."""
