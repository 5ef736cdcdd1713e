"""Where answers come from: one folder for each kind of upstream."""
