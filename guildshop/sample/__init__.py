"""The sample store that the demo imports: CSV files, and the program that writes them."""
