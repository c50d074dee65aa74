"""From responses to figures, and what is said of them."""
