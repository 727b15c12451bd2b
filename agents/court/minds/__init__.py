"""The minds of the court: rules, models and neutral seats; and the outlooks that are asked ahead."""
