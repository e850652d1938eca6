"""What measured levels tell about one patient."""
