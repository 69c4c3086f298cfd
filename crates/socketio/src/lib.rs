//! Socket.IO, sans-IO: packets, namespaces, acknowledgements, binary attachments, rooms.
