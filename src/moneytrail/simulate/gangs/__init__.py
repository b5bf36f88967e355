"""Gangs as agents with an economy: boats and fees, what the bank sees of them, and where the money goes.

``economy`` fills boats and calls the acts: ``collecting``, ``bondage`` and ``brokering`` take fees, ``operating`` buys
what a crossing needs, ``placing`` brings cash into the bank, ``layering`` moves it about, ``integrating`` takes it out.
"""
