"""What a selection holds and how ready it is to travel: pure, from an inventory and specs, without any target."""
