"""Speed, memory and accuracy beside other systems, on the same recordings in one run: see ``docs/benchmarks.md``."""
