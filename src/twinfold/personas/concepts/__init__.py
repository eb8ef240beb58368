"""Concept tests: which of several products customers would take, by a learned choice, and what speaks for each."""
