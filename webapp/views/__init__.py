"""Drawing and records that several families of pages share."""
