"""The contract of the messages as documents: schemas, what may change in them, AsyncAPI."""
