"""The catalog: what is for sale, to whom, and how much of it is left."""
