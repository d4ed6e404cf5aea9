"""A real recording: what chapter 20 asks of it, and what was measured."""
