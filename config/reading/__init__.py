"""From YAML to settings, with the line of every fault."""
