"""SQL of published pages and the API: reads only, plain values out. No Flask here."""
