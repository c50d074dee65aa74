"""What every page shares, whatever its subject."""
