//! The cookies of one session with one server (RFC 6265, as far as a session needs it): name, value,
//! path, expiry, `Secure`. There is one host, so `Domain` says nothing new and is not looked at.

use alloc::{string::String, vec::Vec};
use core::time::Duration;

/// How many cookies are kept; with one more the oldest goes.
const MOST: usize = 50;
/// How long a cookie may be, in bytes.
const LONGEST: usize = 4096;

/// One cookie.
#[derive(Debug)]
struct Cookie {
    name: String,
    value: String,
    path: Option<String>,
    /// Counted from 1970.
    expires: Option<Duration>,
    secure: bool,
}

/// The cookies that the server has set.
#[derive(Debug, Default)]
pub(super) struct Cookies(Vec<Cookie>);

impl Cookies {
    /// Reads the value of a `Set-Cookie`; `wall` is the time since 1970. What is no cookie is ignored.
    pub(super) fn set(&mut self, line: &[u8], wall: Duration) {
        let Some(cookie) = parse(line, wall) else {
            return;
        };
        self.0
            .retain(|known| known.name != cookie.name || known.path != cookie.path);
        if cookie.expires.is_none_or(|expires| expires > wall) {
            if self.0.len() >= MOST {
                self.0.remove(0);
            }
            self.0.push(cookie);
        }
    }

    /// Adds what is to be sent to `path` to the value of a `Cookie` header.
    pub(super) fn add_to(&self, header: &mut String, path: &str, secure: bool, wall: Duration) {
        for cookie in &self.0 {
            let lives = cookie.expires.is_none_or(|expires| expires > wall);
            let fits = cookie.path.as_deref().is_none_or(|own| covers(own, path));
            if lives && fits && (secure || !cookie.secure) {
                if !header.is_empty() {
                    header.push_str("; ");
                }
                header.push_str(&cookie.name);
                header.push('=');
                header.push_str(&cookie.value);
            }
        }
    }
}

/// Whether a cookie's path is the request's or leads to it (RFC 6265, 5.1.4).
fn covers(own: &str, path: &str) -> bool {
    path.strip_prefix(own)
        .is_some_and(|rest| rest.is_empty() || own.ends_with('/') || rest.starts_with('/'))
}

fn parse(line: &[u8], wall: Duration) -> Option<Cookie> {
    let line = core::str::from_utf8(line)
        .ok()
        .filter(|line| line.len() <= LONGEST)?;
    let mut parts = line.split(';').map(str::trim);
    let (name, value) = parts.next()?.split_once('=')?;
    let name = name.trim();
    let value = value.trim();
    let unquoted = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    let value = unquoted.unwrap_or(value);
    // Nothing else can stand in a header line.
    let plain = |text: &str| text.bytes().all(|b| (0x20..0x7f).contains(&b));
    if name.is_empty() || !plain(name) || !plain(value) {
        return None;
    }
    let mut cookie = Cookie {
        name: name.into(),
        value: value.into(),
        path: None,
        expires: None,
        secure: false,
    };
    let (mut expires, mut max_age) = (None, None);
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let (key, value) = (key.trim(), value.trim());
        if key.eq_ignore_ascii_case("expires") {
            expires = date(value).or(expires);
        } else if key.eq_ignore_ascii_case("max-age") {
            max_age = seconds(value).or(max_age);
        } else if key.eq_ignore_ascii_case("path") && value.starts_with('/') {
            cookie.path = Some(value.into());
        } else if key.eq_ignore_ascii_case("secure") {
            cookie.secure = true;
        }
    }
    cookie.expires = max_age.map(|age| wall.saturating_add(age)).or(expires);
    Some(cookie)
}

/// `Max-Age`; what is negative has passed.
fn seconds(text: &str) -> Option<Duration> {
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match text.strip_prefix('-') {
        Some(digits) => is_number(digits).then_some(Duration::ZERO),
        // More digits than fit are a very long time.
        None => is_number(text).then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX))),
    }
}

/// A date in any of the forms of RFC 9110, 5.6.7, as the tolerant rules of RFC 6265, 5.1.1 find its parts.
fn date(text: &str) -> Option<Duration> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let (mut day, mut month, mut year, mut time) = (None, None, None, None);
    for token in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == ':')) {
        let number = token.parse::<u64>().ok();
        let name = token.get(..3).map(str::to_ascii_lowercase);
        if token.contains(':') && time.is_none() {
            let mut parts = token.splitn(3, ':').map(str::parse::<u64>);
            let (h, m, s) = (
                parts.next()?.ok()?,
                parts.next()?.ok()?,
                parts.next()?.ok()?,
            );
            time = (h < 24 && m < 60 && s < 61).then_some((h, m, s));
            time?;
        } else if let Some(number) = number {
            match (token.len(), day) {
                (1 | 2, None) => day = Some(number),
                (2, Some(_)) if year.is_none() && number < 70 => year = number.checked_add(2000),
                (2, Some(_)) if year.is_none() => year = number.checked_add(1900),
                (4, _) if year.is_none() => year = Some(number),
                _ => {}
            }
        } else if let Some(at) = name.and_then(|name| MONTHS.iter().position(|m| *m == name)) {
            month = month.or(u64::try_from(at).ok());
        }
    }
    let (h, m, s) = time?;
    let days = days_since_1970(year?, month?, day.filter(|day| (1..=31).contains(day))?)?;
    let hours = days.checked_mul(24)?.checked_add(h)?;
    let minutes = hours.checked_mul(60)?.checked_add(m)?;
    Some(Duration::from_secs(
        minutes.checked_mul(60)?.checked_add(s)?,
    ))
}

/// Days from 1970 to a day of the Gregorian calendar; what is before counts as the beginning. `month` is
/// counted from 0.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1601..=9999).contains(&year) {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (year, month) = match month {
        0 | 1 => (year.checked_sub(1)?, month.checked_add(10)?),
        _ => (year, month.checked_sub(2)?),
    };
    let leaps = (year / 4)
        .checked_sub(year / 100)?
        .checked_add(year / 400)?;
    let in_year = month.checked_mul(153)?.checked_add(2)? / 5;
    let days = year.checked_mul(365)?.checked_add(leaps)?;
    let days = days
        .checked_add(in_year)?
        .checked_add(day.checked_sub(1)?)?;
    // From 1 March of year 0 to 1 January 1970.
    Some(days.saturating_sub(719_468))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    const NOW: Duration = Duration::from_secs(1_700_000_000);

    fn sent(lines: &[&str], path: &str, secure: bool, wall: Duration) -> String {
        let mut cookies = Cookies::default();
        for line in lines {
            cookies.set(line.as_bytes(), NOW);
        }
        let mut header = String::new();
        cookies.add_to(&mut header, path, secure, wall);
        header
    }

    #[test]
    fn what_was_set_is_sent() {
        for (lines, expected) in [
            (&["io=1; Path=/; HttpOnly; SameSite=Lax"][..], "io=1"),
            (&["a=1", "b=\"x y\"; Max-Age=5"], "a=1; b=x y"),
            (&["a=1", "a=2"], "a=2"),
            (&["a=1", "a=; Max-Age=0"], ""),
            (&["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], ""),
            (&["a=1; Expires=Tue, 14 Nov 2023 22:13:19 GMT"], ""),
            (&["a=1; Expires=Tue, 14 Nov 2023 22:13:21 GMT"], "a=1"),
            (&["a=1; Expires=Sunday, 06-Nov-94 08:49:37 GMT"], ""),
            (&["a=1; Expires=Sun Nov  6 08:49:37 2044"], "a=1"),
            (&["a=1; Max-Age=-3; Expires=Sun Nov  6 08:49:37 2044"], ""),
            (&["a=1; Max-Age=99999999999999999999999"], "a=1"),
            (&["a=1; Expires=yesterday; Max-Age=x"], "a=1"),
            (&["a=1; Path=/engine.io"], "a=1"),
            (&["a=1; Path=/engine.io/"], "a=1"),
            (&["a=1; Path=/engine"], ""),
            (&["a=1; Secure"], ""),
            (&["=1", "nothing", "", "a\rb=1", "a=x\ny", "é=1"], ""),
        ] {
            assert_eq!(
                sent(lines, "/engine.io/", false, NOW),
                expected,
                "{lines:?}"
            );
        }
        assert_eq!(sent(&["a=1; Secure"], "/", true, NOW), "a=1");
        let later = NOW.saturating_add(Duration::from_secs(5));
        assert_eq!(sent(&["a=1; Max-Age=5", "b=2"], "/", false, later), "b=2");
    }

    #[test]
    fn they_are_bounded() {
        let mut cookies = Cookies::default();
        for n in 0..60 {
            cookies.set(format!("c{n}=1").as_bytes(), NOW);
        }
        cookies.set(format!("long={}", "x".repeat(LONGEST)).as_bytes(), NOW);
        assert_eq!(cookies.0.len(), MOST);
        assert_eq!(cookies.0[0].name, "c10");
    }

    #[test]
    fn days() {
        for (y, m, d, days) in [
            (1970, 0, 1, 0),
            (1970, 11, 31, 364),
            (2000, 1, 29, 11_016),
            (2000, 2, 1, 11_017),
            (2023, 10, 14, 19_675),
            (1969, 0, 1, 0),
        ] {
            assert_eq!(days_since_1970(y, m, d), Some(days), "{y}");
        }
        assert_eq!(days_since_1970(0, 0, 1), None);
    }

    proptest! {
        #[test]
        fn no_line_breaks_it(line in r"([a-z]{1,3}=?|;|Expires=|Max-Age=|Path=|[0-9:]{1,9}|.){0,20}") {
            let mut cookies = Cookies::default();
            cookies.set(line.as_bytes(), NOW);
            let mut header = String::new();
            cookies.add_to(&mut header, "/", true, NOW);
            prop_assert!(header.bytes().all(|b| (0x20..0x7f).contains(&b)));
        }
    }
}
