"""A case is argued, attacked and ruled: values and the state machine."""
