//! The client's composition: requests on connections, their answers however they are cut, the upgrade.

mod answers;
#[cfg(feature = "compression")]
mod compressed;
mod desk;
mod idle;
mod lines;
mod socket;
mod split;
