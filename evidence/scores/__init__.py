"""How good the scores of headlines and posts are, on texts that others have labelled."""
