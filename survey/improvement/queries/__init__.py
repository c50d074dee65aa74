"""SQL of improvement: reads only, plain values out. No Flask here."""
