"""Experiments: how many customers they take, who gets what, what came of it, and what is learned from that."""
