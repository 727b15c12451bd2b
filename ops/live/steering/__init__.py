"""What an operator asks of a session, whichever surface he uses: the same verbs, the same confirmations, the same mailbox."""
