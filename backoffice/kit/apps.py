from backoffice.kit import rooms


class KitRoom(rooms.Room):
    name = "backoffice.kit"
    label = "kit"
