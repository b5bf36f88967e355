"""How good a detection model is, measured on data with labels, and models side by side.

:mod:`~moneytrail.evaluation.case` is the data with its truth, :mod:`~moneytrail.evaluation.splits` parts it in time,
:mod:`~moneytrail.evaluation.contenders` names the models, :mod:`~moneytrail.evaluation.bench` runs them and
:mod:`~moneytrail.evaluation.report` writes the page. Nothing here is needed to score.
"""
