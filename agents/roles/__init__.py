"""What each role is told and what it may answer: prompts, the rendering of a case, wire schemas."""
