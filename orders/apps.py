from backoffice.kit import rooms


class OrdersRoom(rooms.Room):
    name = "orders"
