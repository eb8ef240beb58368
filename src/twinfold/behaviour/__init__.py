"""Decision models: what customers do when an offer changes, with the evidence behind every number."""
