"""SQL of posters and their pages: reads only, plain values out. No Flask here."""
