"""Questions about money, and their answers as plain data: what the commands print and the service sends.

From a file or a store to a trace, a gang's profit, an alert's money and a freeze plan.
"""
