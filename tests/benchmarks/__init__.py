"""The benchmarks themselves: their worlds are the same every time, and they run."""
