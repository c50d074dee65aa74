"""SQL of exports: reads only, plain values out. No Flask here."""
