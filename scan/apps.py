from backoffice.kit import rooms


class ScanRoom(rooms.Room):
    name = "scan"
