"""Linked tables judged as a whole: how they hang together, customers with all they have, histories step by step."""
