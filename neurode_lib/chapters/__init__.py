"""What the chapters share: figures, sliders, models, and prose with numbers in it."""
