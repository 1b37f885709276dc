"""The objects this X3 publishes, each as a standard entry transaction shows it."""
