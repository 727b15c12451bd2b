"""How sessions are run and judged, for the commands that begin or resume one."""
