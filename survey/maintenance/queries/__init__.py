"""SQL of backup, doctor and health: reads only, plain values out. No Flask here."""
