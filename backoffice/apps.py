from backoffice.kit import rooms


class FrameRoom(rooms.Room):
    name = "backoffice"
