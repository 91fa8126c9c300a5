from backoffice.kit import rooms


class DriversRoom(rooms.Room):
    name = "drivers"
