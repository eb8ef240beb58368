"""What do customers decide? Models of their decisions, each with its evidence."""
