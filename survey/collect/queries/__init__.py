"""SQL of the form, entry, imports and progress: reads only, plain values out. No Flask here."""
