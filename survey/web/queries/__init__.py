"""SQL of every page: reads only, plain values out. No Flask here."""
