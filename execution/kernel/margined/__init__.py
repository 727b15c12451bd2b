"""What perpetuals have beside spot, in whole ticks and lots: margins, liquidation, funding, and the rules about them."""
