"""The shipped models, and the script that trains them."""
