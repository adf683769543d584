"""Whole stories over many days."""
