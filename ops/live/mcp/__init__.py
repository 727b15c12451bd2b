"""What other agents may ask of a session over the Model Context Protocol: it only looks."""
