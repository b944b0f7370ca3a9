"""The lessons, as package data."""
