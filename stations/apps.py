from backoffice.kit import rooms


class StationsRoom(rooms.Room):
    name = "stations"
