"""What a developer's machine needs: set-up, private servers, and the commands of the Makefile.

Nothing in here runs in production, and nothing outside of it imports it.
"""
