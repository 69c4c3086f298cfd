//! Every class of hostile input to Engine.IO, over real HTTP.
