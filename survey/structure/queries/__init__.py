"""SQL of the administration's pages: reads only, plain values out. No Flask here."""
