"""Personas: who the customers are, in groups that one would find again, told by their own numbers."""
