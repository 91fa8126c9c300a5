from backoffice.kit import rooms


class ReportsRoom(rooms.Room):
    name = "reports"
