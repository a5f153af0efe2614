"""The stations joined: connecting, preparing a change set, executing it, and the folder of a run."""
