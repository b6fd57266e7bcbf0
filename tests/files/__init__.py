"""Files as browsers and other clients get them, and large ones as clients send them."""
