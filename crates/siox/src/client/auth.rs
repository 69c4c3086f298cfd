//! What a client says of itself to the server.

use crate::{BoxError, Value};
use std::{future::Future, pin::Pin, sync::Arc};

type Answering = Pin<Box<dyn Future<Output = Result<Value, BoxError>> + Send>>;

/// Asked anew for each attempt.
#[derive(Clone)]
pub(super) struct AskAuth(Arc<dyn Fn() -> Answering + Send + Sync>);

impl AskAuth {
    #[cfg(feature = "tokio")]
    pub(super) fn new<F, T, E>(ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: serde::Serialize,
        E: Into<BoxError>,
    {
        Self(Arc::new(move || {
            let asked = ask();
            Box::pin(async move {
                let auth = asked.await.map_err(Into::into)?;
                Ok(Value::from_serialize(&auth)?)
            })
        }))
    }

    /// Asked where the future is polled.
    #[cfg(feature = "blocking")]
    pub(super) fn plain<T, E>(ask: impl Fn() -> Result<T, E> + Send + Sync + 'static) -> Self
    where
        T: serde::Serialize,
        E: Into<BoxError>,
    {
        let ask = Arc::new(ask);
        Self(Arc::new(move || {
            let ask = ask.clone();
            Box::pin(async move {
                let auth = ask().map_err(Into::into)?;
                Ok(Value::from_serialize(&auth)?)
            })
        }))
    }

    pub(super) fn ask(&self) -> Answering {
        (self.0)()
    }
}
