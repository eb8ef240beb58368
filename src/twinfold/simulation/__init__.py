"""What if: customers who act, period by period, under what is tried on them."""
