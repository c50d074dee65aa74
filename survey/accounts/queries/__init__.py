"""SQL of the accounts' pages: reads only, plain values out. No Flask here."""
