"""Follow the money: where tainted money went, by the legal rules, forwards from seeds and backwards from a balance."""
