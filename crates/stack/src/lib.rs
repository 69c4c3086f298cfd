//! Where the siox layers meet: Engine.IO and Socket.IO connections as one sans-IO machine each.
