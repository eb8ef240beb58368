"""Twinfold: synthetic customers for banks."""
