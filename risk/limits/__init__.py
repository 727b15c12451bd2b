"""What can never happen: every limit of the gate, each rule a pure function."""
