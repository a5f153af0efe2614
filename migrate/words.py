"""The two words that every station uses."""

from typing import Literal

Kind = Literal["workbook", "data-model"]
"""The two kinds of documents. What differs between them is a row in a table, never a subclass."""

Generation = Literal["flat", "document", "contents"]
"""The three shapes of the workbook format in a year, oldest first; data models are always ``flat``."""
