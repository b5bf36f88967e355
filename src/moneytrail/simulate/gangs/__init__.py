"""Gangs as agents with an economy: boats and fees, what the bank sees of them, and where the money goes.

``economy`` fills boats and calls the acts: ``collecting`` and ``brokering`` take fees, ``operating`` buys and pays what
a crossing needs, ``placing`` brings cash into the bank, ``laundering`` moves money about, ``integrating`` takes it out.
"""
