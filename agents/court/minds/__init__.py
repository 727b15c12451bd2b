"""Who sits in the court: rules, models, neutral seats; and what is asked ahead."""
