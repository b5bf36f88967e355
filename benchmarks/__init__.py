"""Benchmarks: speed and memory, side by side with what they are held against, in one run."""
