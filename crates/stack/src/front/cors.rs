//! Cross-origin resource sharing (the Fetch standard, §3.2), as the `cors` package of Node answers it:
//! which pages may read an answer, and what a preflight is told.

use super::{
    Answer, Fields, InvalidOption,
    about::Pairs,
    fields::{is_token, is_value},
};
use alloc::{
    borrow::Cow,
    collections::VecDeque,
    format,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::{fmt, time::Duration};

/// Which pages of other origins may connect. An origin is written as browsers do, such as
/// `https://app.example` or `http://localhost:3000`, and compared byte for byte.
#[derive(Clone)]
pub enum Origins {
    /// Every page, told with `*`; browsers then send no credentials.
    Any,
    /// Every page, told with its own origin.
    Mirror,
    /// This one.
    One(String),
    /// These.
    List(Vec<String>),
    /// Those for which the function says so.
    When(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("Any"),
            Self::Mirror => f.write_str("Mirror"),
            Self::One(origin) => f.debug_tuple("One").field(origin).finish(),
            Self::List(origins) => f.debug_tuple("List").field(origins).finish(),
            Self::When(_) => f.write_str("When"),
        }
    }
}

/// What pages of other origins may do. It opens both transports to them.
#[derive(Debug, Clone)]
pub struct Cors {
    /// Which pages. Default: [`Origins::Any`].
    pub origins: Origins,
    /// The methods that a preflight allows. Default: GET, HEAD, PUT, PATCH, POST, DELETE.
    pub methods: Vec<String>,
    /// The headers that a preflight allows. Default: those it asks for.
    pub allowed_headers: Option<Vec<String>>,
    /// The headers of an answer that a page may read beside the simple ones. Default: none.
    pub exposed_headers: Vec<String>,
    /// Whether cookies may come along. Default: false.
    pub credentials: bool,
    /// How long a browser may remember a preflight, in whole seconds. Default: as it likes.
    pub max_age: Option<Duration>,
    /// The status of the answer to a preflight, 200 to 299. Default: 204.
    pub preflight_status: u16,
}

impl Default for Cors {
    fn default() -> Self {
        let methods = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"];
        Self {
            origins: Origins::Any,
            methods: methods.map(String::from).into(),
            allowed_headers: None,
            exposed_headers: Vec::new(),
            credentials: false,
            max_age: None,
            preflight_status: 204,
        }
    }
}

impl Cors {
    /// For these pages, and else the defaults.
    #[must_use]
    pub fn of(origins: Origins) -> Self {
        Self {
            origins,
            ..Self::default()
        }
    }
}

/// [`Cors`], checked and put together once.
#[derive(Debug)]
pub(super) struct Rules {
    origins: Origins,
    methods: String,
    allowed_headers: Option<String>,
    exposed_headers: String,
    credentials: bool,
    max_age: Option<String>,
    status: u16,
}

impl Rules {
    pub(super) fn new(cors: &Cors) -> Result<Self, InvalidOption> {
        let named: &[String] = match &cors.origins {
            Origins::One(origin) => core::slice::from_ref(origin),
            Origins::List(list) => list,
            Origins::Any | Origins::Mirror | Origins::When(_) => &[],
        };
        let headers = cors.allowed_headers.as_deref().unwrap_or_default();
        let tokens = || {
            let all = cors.methods.iter().chain(headers);
            all.chain(&cors.exposed_headers)
        };
        let is_origin = |origin: &String| !origin.is_empty() && is_value(origin);
        if !named.iter().all(is_origin)
            || !tokens().all(|t| is_token(t))
            || !(200..=299).contains(&cors.preflight_status)
        {
            return Err(InvalidOption::Cors);
        }
        Ok(Self {
            origins: cors.origins.clone(),
            methods: cors.methods.join(","),
            allowed_headers: cors.allowed_headers.as_ref().map(|h| h.join(",")),
            exposed_headers: cors.exposed_headers.join(","),
            credentials: cors.credentials,
            max_age: cors.max_age.map(|age| age.as_secs().to_string()),
            status: cors.preflight_status,
        })
    }

    /// Whether a page of `origin` may connect.
    pub(super) fn allow(&self, origin: &[u8]) -> bool {
        match &self.origins {
            Origins::Any | Origins::Mirror => true,
            Origins::One(one) => one.as_bytes() == origin,
            Origins::List(list) => list.iter().any(|one| one.as_bytes() == origin),
            Origins::When(judge) => core::str::from_utf8(origin).is_ok_and(|text| judge(text)),
        }
    }

    /// What every answer says.
    pub(super) fn dress(&self, origin: Option<&[u8]>, fields: &mut Fields) {
        match &self.origins {
            Origins::Any => fields.own("Access-Control-Allow-Origin", "*"),
            Origins::One(one) => {
                fields.own("Access-Control-Allow-Origin", one.clone());
                fields.own("Vary", "Origin");
            }
            Origins::Mirror | Origins::List(_) | Origins::When(_) => {
                let allowed = origin.filter(|origin| self.allow(origin));
                if let Some(text) = allowed.and_then(plain) {
                    fields.own("Access-Control-Allow-Origin", text);
                }
                fields.own("Vary", "Origin");
            }
        }
        if self.credentials {
            fields.own("Access-Control-Allow-Credentials", "true");
        }
        if !self.exposed_headers.is_empty() {
            let exposed = self.exposed_headers.clone();
            fields.own("Access-Control-Expose-Headers", exposed);
        }
    }

    /// The answer to a preflight, which is dressed already.
    pub(super) fn preflight(&self, asked: &Pairs<'_>, fields: &mut Fields) -> Answer {
        let mut fields = core::mem::take(fields);
        fields.own("Access-Control-Allow-Methods", self.methods.clone());
        match &self.allowed_headers {
            Some(headers) if headers.is_empty() => {}
            Some(headers) => fields.own("Access-Control-Allow-Headers", headers.clone()),
            None => {
                let wanted = asked.first("access-control-request-headers");
                if let Some(wanted) = wanted.and_then(plain).filter(|w| !w.is_empty()) {
                    fields.own("Access-Control-Allow-Headers", wanted);
                }
                vary(&mut fields, "Access-Control-Request-Headers");
            }
        }
        if let Some(age) = &self.max_age {
            fields.own("Access-Control-Max-Age", age.clone());
        }
        Answer {
            status: self.status,
            headers: fields.into_lines(),
            body: VecDeque::new(),
        }
    }
}

/// Names a header in `Vary`, beside those that stand there.
pub(super) fn vary(fields: &mut Fields, name: &'static str) {
    let there = fields.iter().find(|(n, _)| *n == "Vary");
    let all = match there {
        Some((_, names)) => Cow::Owned(format!("{names}, {name}")),
        None => Cow::Borrowed(name),
    };
    fields.remove("Vary");
    fields.own("Vary", all);
}

/// A value of the request that may stand in the answer.
fn plain(value: &[u8]) -> Option<String> {
    let text = core::str::from_utf8(value).ok()?;
    is_value(text).then(|| text.into())
}
