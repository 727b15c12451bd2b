"""A court beside the court: it hears the same cases, its rulings are journaled and compared, and nothing follows from them."""
