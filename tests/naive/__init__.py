"""A naive judge: evaluates the segment language from its manual alone, keeping every event."""
