"""How a store file came to the tables of `schema`: one revision a file in `versions`, never changed later."""
