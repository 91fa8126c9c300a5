from backoffice.kit import rooms


class AlarmsRoom(rooms.Room):
    name = "alarms"
