"""What can sit in the court. A mind argues; it never sizes and never fires an order."""
