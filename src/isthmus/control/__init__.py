"""What an operator can do, whoever asks: the admin API, the command line, the start of the gateway."""
