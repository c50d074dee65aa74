"""How an answer comes in, by whichever way, and how long it stays."""
