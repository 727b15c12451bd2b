"""Makes what models are shown of a case, out of the account, the gate, the order book and closed cases."""
