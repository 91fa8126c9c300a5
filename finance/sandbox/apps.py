from backoffice.kit import rooms


class SandboxRoom(rooms.Room):
    name = "finance.sandbox"
    label = "sandbox"
