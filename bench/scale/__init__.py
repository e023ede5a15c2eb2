"""What sweeps of many trials cost: programs that the sections run in processes of their own."""
