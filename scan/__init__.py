"""The driver's web pages, from QR code to receipt."""
