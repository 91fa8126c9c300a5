"""Piles that are not there: they speak OCPP 1.6-J over real sockets and charge cars that nobody owns.

``machine`` and what it is made of are pure: time, frames and chance come in, frames come out. ``pile``
is the socket, ``cast`` reads which piles and cards there are, ``habits`` is what people do with them.
"""
