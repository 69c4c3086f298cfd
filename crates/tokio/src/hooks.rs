//! What an operator may have said about requests: the hooks of a server, for its [`App`](crate::App) to
//! call.

use crate::{About, Admit};
use siox_stack::front::{Admission, Fields, Refused};
use std::{fmt, future::Future};

type Allow = dyn Fn(&About<'_>) -> Admit + Send + Sync;
type Dress = dyn Fn(&About<'_>, &mut Fields) + Send + Sync;
type Hear = dyn Fn(&About<'_>, &Refused) + Send + Sync;

/// The hooks of a server. One that is not set says nothing: everybody is admitted.
#[derive(Default)]
pub struct Hooks {
    allow: Option<Box<Allow>>,
    initial_headers: Option<Box<Dress>>,
    headers: Option<Box<Dress>>,
    connection_error: Option<Box<Hear>>,
}

impl Hooks {
    /// Who may open a session, and under which id.
    pub fn set_allow_request(
        &mut self,
        hook: impl Fn(&About<'_>) -> Admission + Send + Sync + 'static,
    ) {
        self.allow = Some(Box::new(move |about| Admit::Now(hook(about))));
    }

    /// As [`set_allow_request`](Self::set_allow_request), for a hook that needs time.
    pub fn set_allow_request_later<F>(
        &mut self,
        hook: impl Fn(&About<'_>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Admission> + Send + 'static,
    {
        self.allow = Some(Box::new(move |about| Admit::later(hook(about))));
    }

    /// Which headers the first answer of a session has.
    pub fn set_initial_headers(
        &mut self,
        hook: impl Fn(&About<'_>, &mut Fields) + Send + Sync + 'static,
    ) {
        self.initial_headers = Some(Box::new(hook));
    }

    /// Which headers every answer of a session has.
    pub fn set_headers(&mut self, hook: impl Fn(&About<'_>, &mut Fields) + Send + Sync + 'static) {
        self.headers = Some(Box::new(hook));
    }

    /// Hears of requests that are refused.
    pub fn set_connection_error(
        &mut self,
        hook: impl Fn(&About<'_>, &Refused) + Send + Sync + 'static,
    ) {
        self.connection_error = Some(Box::new(hook));
    }

    /// For [`App::admit`](crate::App::admit).
    #[must_use]
    pub fn admit(&self, about: &About<'_>) -> Admit {
        let everybody = Admit::Now(Admission::Granted);
        self.allow.as_ref().map_or(everybody, |allow| allow(about))
    }

    /// For [`App::initial_headers`](crate::App::initial_headers).
    pub fn initial_headers(&self, about: &About<'_>, fields: &mut Fields) {
        if let Some(hook) = &self.initial_headers {
            hook(about, fields);
        }
    }

    /// For [`App::headers`](crate::App::headers).
    pub fn headers(&self, about: &About<'_>, fields: &mut Fields) {
        if let Some(hook) = &self.headers {
            hook(about, fields);
        }
    }

    /// For [`App::connection_error`](crate::App::connection_error).
    pub fn connection_error(&self, about: &About<'_>, refused: &Refused) {
        if let Some(hook) = &self.connection_error {
            hook(about, refused);
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("allow", &self.allow.is_some())
            .field("initial_headers", &self.initial_headers.is_some())
            .field("headers", &self.headers.is_some())
            .field("connection_error", &self.connection_error.is_some())
            .finish()
    }
}
