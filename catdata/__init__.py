"""Enlarge the cat dataset with your own photos, retrain, and see what it did to overfitting."""
