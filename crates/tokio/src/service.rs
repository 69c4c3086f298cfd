//! The tower side: a layer that answers a host's path and passes every other request on.

use crate::{App, Host, hosted};
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{Either, Full};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::time::timeout;

/// A `tower::Layer` that puts a host before another service. An upgrade that the other service does not
/// answer within [`destroy_upgrade`](siox_stack::front::Options::destroy_upgrade) is answered 404, and its
/// connection closed.
pub struct Layer<A: App> {
    host: Arc<Host<A>>,
}

impl<A: App> Layer<A> {
    /// A layer for `host`.
    #[must_use]
    pub fn new(host: Arc<Host<A>>) -> Self {
        Self { host }
    }
}

impl<A: App> Clone for Layer<A> {
    fn clone(&self) -> Self {
        Self {
            host: self.host.clone(),
        }
    }
}

impl<A: App> fmt::Debug for Layer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Layer").field(&self.host).finish()
    }
}

impl<A: App, S> tower_layer::Layer<S> for Layer<A> {
    type Service = Service<A, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Service {
            host: self.host.clone(),
            inner,
        }
    }
}

/// A host before another service.
pub struct Service<A: App, S> {
    host: Arc<Host<A>>,
    inner: S,
}

impl<A: App, S: Clone> Clone for Service<A, S> {
    fn clone(&self) -> Self {
        Self {
            host: self.host.clone(),
            inner: self.inner.clone(),
        }
    }
}

impl<A: App, S: fmt::Debug> fmt::Debug for Service<A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl<A, S, ReqBody, ResBody> tower_service::Service<Request<ReqBody>> for Service<A, S>
where
    A: App,
    S: tower_service::Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Future: Send + 'static,
    ReqBody: http_body::Body + Send + Unpin + 'static,
    ReqBody::Data: Send,
    ReqBody::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Either<Full<Bytes>, ResBody>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        if self.host.matches(request.uri().path()) {
            let host = self.host.clone();
            Box::pin(async move { Ok(hosted::answer(host, request).await.map(Either::Left)) })
        } else {
            let upgrade = request.headers().contains_key(header::UPGRADE);
            let patience = self.host.front().options().destroy_upgrade;
            let answer = self.inner.call(request);
            match patience.filter(|_| upgrade) {
                None => Box::pin(async move { Ok(answer.await?.map(Either::Right)) }),
                Some(patience) => Box::pin(async move {
                    match timeout(patience, answer).await {
                        Ok(answer) => Ok(answer?.map(Either::Right)),
                        Err(_) => Ok(hosted::cut().map(Either::Left)),
                    }
                }),
            }
        }
    }
}
