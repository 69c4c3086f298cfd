//! What an application attaches to a socket: one typed value, that can travel to other nodes.

use serde::{Serialize, de::DeserializeOwned};
use siox_socketio::Value;
use std::{any::Any, fmt, sync::Arc};

/// What can be attached to a socket ([`Socket::set_data`](crate::Socket::set_data)). Implemented for
/// everything that serde can write and read.
pub trait SocketData: Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> SocketData for T {}

pub(crate) trait AnyData: Any + Send + Sync {
    fn to_value(&self) -> Value;
}

impl<T: SocketData> AnyData for T {
    fn to_value(&self) -> Value {
        Value::from_serialize(self).unwrap_or_else(|_| Value::null())
    }
}

/// The value of a socket, as it was set or as it came from elsewhere.
#[derive(Clone)]
pub(crate) enum Stored {
    Typed(Arc<dyn AnyData>),
    Value(Arc<Value>),
}

impl Stored {
    pub(crate) fn new<T: SocketData>(data: T) -> Self {
        Self::Typed(Arc::new(data))
    }

    pub(crate) fn get<T: SocketData>(&self) -> Option<Arc<T>> {
        match self {
            Self::Typed(data) => {
                let data: Arc<dyn Any + Send + Sync> = data.clone();
                data.downcast().ok()
            }
            Self::Value(value) => value.decode().ok().map(Arc::new),
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Typed(data) => data.to_value(),
            Self::Value(value) => (**value).clone(),
        }
    }
}

impl From<Value> for Stored {
    fn from(value: Value) -> Self {
        Self::Value(Arc::new(value))
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stored")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_and_from_elsewhere() {
        let typed = Stored::new(vec![1, 2]);
        assert_eq!(typed.get::<Vec<i32>>().as_deref(), Some(&vec![1, 2]));
        assert!(typed.get::<String>().is_none());
        let value = typed.to_value();
        assert_eq!(value.to_string(), "[1,2]");
        let remote = Stored::from(value);
        assert_eq!(remote.get::<Vec<i32>>().as_deref(), Some(&vec![1, 2]));
        assert!(remote.get::<String>().is_none());
    }
}
