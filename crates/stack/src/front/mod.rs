//! What stands before the sessions: every request is judged here first, and every answer leaves through
//! here. No table of sessions, no socket, no clock; both runtimes bind it to their HTTP server.
//!
//! 1. [`Front::judge`] reads a request's head once and says what is to be done ([`Verdict`]), and how the
//!    answer will be dressed ([`Reply`]).
//! 2. For [`Verdict::Open`] the application is asked (its word is an [`Admission`]), and then the session
//!    is made; for [`Verdict::Session`] the session decides.
//! 3. [`Reply::finish`], [`Reply::refuse`] or [`Reply::switch`] makes the answer.

mod about;
mod address;
mod admission;
#[cfg(feature = "compression")]
mod compression;
mod cookie;
mod cors;
mod fields;
mod files;
mod options;
mod reply;

pub use about::{About, Headers, Kept};
pub use admission::{Admission, Refused};
#[cfg(feature = "compression")]
pub use compression::Compression;
pub use cookie::{Cookie, SameSite};
pub use cors::{Cors, Origins};
pub use fields::{Fields, InvalidField};
pub use files::ClientFiles;
pub use options::{InvalidOption, Options, TrailingSlash};
pub use reply::{Answer, Reply};
pub use siox_http1::Limits;

pub use crate::Caps;
use crate::{Agreed, Config};
use alloc::boxed::Box;
use siox_engineio::{Context, ErrorCode, Handshake, Method, Refusal, Request, Route, Sid};
use siox_websocket::handshake::{
    OriginPolicy,
    server::{Accept, Offer},
};

/// Judges the requests of one server at one path.
#[derive(Debug)]
pub struct Front {
    config: Config,
    options: Options,
    path: Box<str>,
    cors: Option<cors::Rules>,
}

/// A judged request.
#[derive(Debug)]
pub struct Judged<'a> {
    /// The request, for [`Machine::handle_request`](crate::Machine::handle_request).
    pub request: Request<'a>,
    /// What is to be done.
    pub verdict: Verdict,
    /// How the answer is made, whatever it is.
    pub reply: Reply,
}

/// What is to be done with a request. A WebSocket handshake has been found proper where it leads on, and
/// comes with what accepts it and what that agrees to.
#[derive(Debug)]
pub enum Verdict {
    /// Send this: a preflight, or a file of the client. It concerns nobody else.
    Answer(Answer),
    /// Tell the application, and send [`Reply::refuse`].
    Refuse(Refused),
    /// It opens a session, if the application admits it.
    Open(Handshake, Option<(Accept<'static>, Agreed)>),
    /// It belongs to the session of this id, if there is one; if not, it is to be refused with
    /// [`ErrorCode::UnknownSid`].
    Session(Sid, Option<(Accept<'static>, Agreed)>),
}

impl Front {
    /// The front of a server.
    ///
    /// # Errors
    /// What is wrong with an option: then nothing could be served.
    pub fn new(config: &Config, options: Options) -> Result<Self, InvalidOption> {
        options.check()?;
        Ok(Self {
            path: options.path.trim_end_matches('/').into(),
            cors: options.cors.as_ref().map(cors::Rules::new).transpose()?,
            options,
            ..Self::plain(config)
        })
    }

    /// The front at `path` with the default options. A path that none of
    /// [`Options`] could have is never asked for.
    #[must_use]
    pub fn at(config: &Config, path: &str) -> Self {
        let mut front = Self::plain(config);
        front.path = path.trim_end_matches('/').into();
        front.options.path = path.into();
        front
    }

    fn plain(config: &Config) -> Self {
        Self {
            config: config.clone(),
            options: Options::default(),
            path: Box::default(),
            cors: None,
        }
    }

    /// The options that it goes by.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Whether a request for `path` (the target without its query) is for this server.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(&*self.path) else {
            return false;
        };
        let files = self.options.client.as_ref();
        self.options.trailing_slash.fits(rest) || files.is_some_and(|files| files.has(rest))
    }

    /// The answer to a request for a file of the client.
    fn file(&self, about: &About<'_>, pairs: &about::Pairs<'_>, fields: &Fields) -> Option<Answer> {
        let files = self.options.client.as_ref()?;
        let rest = files::path(about.target).strip_prefix(&*self.path)?;
        files.answer(rest, about.method, pairs, fields.clone())
    }

    /// Judges a request, which [`matches`](Self::matches) has found to be for this server. Nothing is
    /// changed by it.
    #[must_use]
    pub fn judge<'a>(&self, about: &About<'a>) -> Judged<'a> {
        let mut pairs = about::Pairs::default();
        pairs.gather(about.headers);
        let offer = Offer::from_parts(about.method == Method::Get, about.http11, pairs.iter());
        let request = Request {
            method: about.method,
            query: about.query,
            websocket: offer.is_upgrade(),
            content_type: pairs.first("content-type"),
        };
        let mut reply = Reply::default();
        if let Some(rules) = &self.cors {
            rules.dress(offer.origin(), &mut reply.fields);
            if about.method == Method::Options {
                let verdict = Verdict::Answer(rules.preflight(&pairs, &mut reply.fields));
                return Judged {
                    request,
                    verdict,
                    reply,
                };
            }
        }
        if let Some(answer) = self.file(about, &pairs, &reply.fields) {
            return Judged {
                request,
                verdict: Verdict::Answer(answer),
                reply,
            };
        }
        #[cfg(feature = "compression")]
        if let Some(compression) = &self.options.compression
            && about.method == Method::Get
        {
            reply.coding = compression.choose(pairs.all("accept-encoding"));
        }
        let verdict = match self.route(&request, &offer) {
            Ok(verdict) => verdict,
            Err(refused) => Verdict::Refuse(refused),
        };
        Judged {
            request,
            verdict,
            reply,
        }
    }

    fn route(&self, request: &Request<'_>, offer: &Offer<'_>) -> Result<Verdict, Refused> {
        let route = Route::check(&self.config.engine, request).map_err(|code| match code {
            ErrorCode::BadRequest => Refusal::bad_request(Context::TransportHandshake).into(),
            code => Refused::from(code),
        })?;
        if !self.origin_is_allowed(offer) {
            return Err(Refused::from(Refusal {
                code: ErrorCode::Forbidden,
                context: Context::InvalidOrigin,
            }));
        }
        let accept = request
            .websocket
            .then(|| self.config.accept(offer))
            .transpose();
        let accept = accept.map_err(Refused::handshake)?;
        Ok(match route {
            Route::Open(handshake) => Verdict::Open(handshake, accept),
            Route::Session(sid) => Verdict::Session(sid, accept),
        })
    }

    /// A page of this host may connect always, others where CORS lets them read the answers.
    fn origin_is_allowed(&self, offer: &Offer<'_>) -> bool {
        let by_cors = || {
            let rules = self.cors.as_ref()?;
            Some(rules.allow(offer.origin()?))
        };
        let trust = self.options.trusted_proxies > 0;
        offer.check_origin(OriginPolicy::Same, trust).is_ok() || by_cors().unwrap_or(false)
    }

    /// Puts what belongs to the first answer of a session into `reply`: the cookie, if there is one.
    pub fn introduce(&self, sid: &Sid, reply: &mut Reply) {
        if let Some(cookie) = &self.options.cookie {
            reply.fields.own("Set-Cookie", cookie.header(sid));
        }
    }
}
