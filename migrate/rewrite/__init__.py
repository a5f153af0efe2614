"""Station 5: a spec of the source becomes a draft for a target. Pure: values in, values out."""
