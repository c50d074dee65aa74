"""SQL of results: reads only, plain values out. No Flask here."""
