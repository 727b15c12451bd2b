"""The exchange behind the wire: orders, balances and the market that is played, without a socket."""
