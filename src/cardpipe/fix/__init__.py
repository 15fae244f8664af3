"""Rewrites card files: takes the rules' proposals, and brings a file into its canonical form."""
