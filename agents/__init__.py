"""The court: strategies, minds, the LangGraph machine, the cycle and the entry points."""
