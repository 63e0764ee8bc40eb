"""Pictures of recordings and of who speaks when in them, drawn with matplotlib.

The web process imports :mod:`pictures.order` and :mod:`pictures.studio` alone, which bring in none of that.
"""
