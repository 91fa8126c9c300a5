"""What is typed about stations, piles, prices and commands. Rules are the services' business."""
