"""What stands round a document and is no part of its contents: who may see it, and whose it is."""
