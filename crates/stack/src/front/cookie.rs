//! The cookie that names a session to what stands before the server, a balancer say. Nothing here reads it.

use super::{
    InvalidOption,
    fields::{is_token, is_value},
};
use alloc::{format, string::String};
use core::time::Duration;
use siox_engineio::Sid;

/// To which requests of other sites a browser adds the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// None.
    Strict,
    /// To navigations.
    Lax,
    /// All; browsers want [`Cookie::secure`] with it.
    None,
}

/// A cookie whose value is the session's id, set by the first answer of a session (RFC 6265bis).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// Its name, a token. Default: `io`.
    pub name: String,
    /// The path it is for. Default: `/`.
    pub path: Option<String>,
    /// The domain it is for. Default: the host alone.
    pub domain: Option<String>,
    /// How long it lives, in whole seconds. Default: as long as the browser.
    pub max_age: Option<Duration>,
    /// Whether it is hidden from scripts. Default: true.
    pub http_only: bool,
    /// Whether it goes over TLS only. Default: false.
    pub secure: bool,
    /// Whether it is kept apart for each embedding site. Default: false.
    pub partitioned: bool,
    /// Which requests of other sites carry it. Default: [`SameSite::Lax`].
    pub same_site: Option<SameSite>,
}

impl Default for Cookie {
    fn default() -> Self {
        Self {
            name: "io".into(),
            path: Some("/".into()),
            domain: None,
            max_age: None,
            http_only: true,
            secure: false,
            partitioned: false,
            same_site: Some(SameSite::Lax),
        }
    }
}

impl Cookie {
    pub(super) fn check(&self) -> Result<(), InvalidOption> {
        let is_attribute = |text: &String| is_value(text) && text.is_ascii() && !text.contains(';');
        if is_token(&self.name) && self.path.iter().chain(&self.domain).all(is_attribute) {
            Ok(())
        } else {
            Err(InvalidOption::Cookie)
        }
    }

    /// The value of `Set-Cookie`.
    pub(super) fn header(&self, sid: &Sid) -> String {
        let mut header = format!("{}={}", self.name, sid.as_str());
        if let Some(age) = self.max_age {
            header.push_str(&format!("; Max-Age={}", age.as_secs()));
        }
        for (name, value) in [("Domain", &self.domain), ("Path", &self.path)] {
            if let Some(value) = value {
                header.push_str(&format!("; {name}={value}"));
            }
        }
        for (name, on) in [
            ("; HttpOnly", self.http_only),
            ("; Secure", self.secure),
            ("; Partitioned", self.partitioned),
            (
                "; SameSite=Strict",
                self.same_site == Some(SameSite::Strict),
            ),
            ("; SameSite=Lax", self.same_site == Some(SameSite::Lax)),
            ("; SameSite=None", self.same_site == Some(SameSite::None)),
        ] {
            if on {
                header.push_str(name);
            }
        }
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let sid = Sid::parse("abc").unwrap();
        let all = Cookie {
            name: "id".into(),
            path: Some("/x".into()),
            domain: Some("a.example".into()),
            max_age: Some(Duration::from_millis(90_900)),
            http_only: false,
            secure: true,
            partitioned: true,
            same_site: Some(SameSite::None),
        };
        let bare = Cookie {
            path: None,
            http_only: false,
            same_site: None,
            ..Cookie::default()
        };
        for (cookie, expected) in [
            (Cookie::default(), "io=abc; Path=/; HttpOnly; SameSite=Lax"),
            (
                all,
                "id=abc; Max-Age=90; Domain=a.example; Path=/x; Secure; Partitioned; SameSite=None",
            ),
            (bare, "io=abc"),
        ] {
            assert_eq!(cookie.check(), Ok(()));
            assert_eq!(cookie.header(&sid), expected);
        }
    }

    #[test]
    fn what_would_end_the_line_or_the_attribute_is_refused() {
        let cookie = Cookie::default;
        for bad in ["", "a b", "a=b", "a\r\n", "a;"] {
            let named = Cookie {
                name: bad.into(),
                ..cookie()
            };
            assert_eq!(named.check(), Err(InvalidOption::Cookie), "{bad:?}");
        }
        for bad in ["/;Secure", "/\r\nX: 1", "/é"] {
            let path = Cookie {
                path: Some(bad.into()),
                ..cookie()
            };
            let domain = Cookie {
                domain: Some(bad.into()),
                ..cookie()
            };
            assert_eq!(path.check(), Err(InvalidOption::Cookie), "{bad:?}");
            assert_eq!(domain.check(), Err(InvalidOption::Cookie), "{bad:?}");
        }
    }
}
