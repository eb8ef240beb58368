"""Claims: what an answer's words say of a customer, looked up in what that customer knows."""
