"""From index to improvement: actions, the board that follows them up, and whether they helped."""
