from backoffice.kit import rooms


class FinanceRoom(rooms.Room):
    name = "finance"
