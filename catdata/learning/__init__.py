"""The wing that reads builds: the network, its training, statistics and experiments."""
