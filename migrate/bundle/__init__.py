"""Station 4: specs as read, and the folder of files that holds them."""
