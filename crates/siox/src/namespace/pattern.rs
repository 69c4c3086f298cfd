//! Patterns of namespaces' names: `{anything}` stands for one or more characters but `/`. The cost of a
//! match grows with the lengths of pattern and name, and with no product of them, whoever names.

/// A pattern, taken apart.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// What stands between slashes: of each the literals, between which the wild cards are. `None` where a
    /// brace is not closed, which fits nothing.
    segments: Option<Box<[Segment]>>,
}

type Segment = Box<[Box<str>]>;

impl Pattern {
    pub(crate) fn new(pattern: &str) -> Self {
        Self {
            segments: segments(pattern),
        }
    }

    /// Whether `name` fits.
    pub(crate) fn fits(&self, name: &str) -> bool {
        self.fits_by(name, &mut |text, literal| text.find(literal))
    }

    /// `find` is [`str::find`], which looks at each byte a bounded number of times.
    fn fits_by(&self, name: &str, find: &mut Find<'_>) -> bool {
        let Some(segments) = &self.segments else {
            return false;
        };
        // No wild card takes a slash, so each segment has a counterpart of its own.
        let mut parts = name.split('/');
        let all = segments
            .iter()
            .all(|literals| parts.next().is_some_and(|part| fits(literals, part, find)));
        all && parts.next().is_none()
    }
}

type Find<'a> = dyn FnMut(&str, &str) -> Option<usize> + 'a;

fn segments(pattern: &str) -> Option<Box<[Segment]>> {
    let mut segments = Vec::new();
    let mut literals: Vec<Box<str>> = Vec::new();
    let mut rest = pattern;
    loop {
        let (literal, behind) = rest.split_once('{').unwrap_or((rest, ""));
        let mut pieces = literal.split('/');
        let mut last = pieces.next().unwrap_or_default();
        for piece in pieces {
            literals.push(last.into());
            segments.push(std::mem::take(&mut literals).into());
            last = piece;
        }
        literals.push(last.into());
        if literal.len() == rest.len() {
            segments.push(literals.into());
            return Some(segments.into());
        }
        (_, rest) = behind.split_once('}')?;
    }
}

/// Whether one segment fits: each literal is taken where it comes first behind at least one character,
/// which leaves the most to those behind it.
fn fits(literals: &[Box<str>], part: &str, find: &mut Find<'_>) -> bool {
    let [first, middle @ .., last] = literals else {
        return literals.first().is_some_and(|only| **only == *part);
    };
    let Some(mut rest) = part.strip_prefix(&**first) else {
        return false;
    };
    for literal in middle {
        let Some(behind) = behind_one(rest) else {
            return false;
        };
        let Some(at) = find(behind, literal) else {
            return false;
        };
        rest = &behind[at + literal.len()..];
    }
    behind_one(rest).is_some_and(|behind| behind.ends_with(&**last))
}

fn behind_one(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    chars.next()?;
    Some(chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns() {
        for (pattern, name, fits) in [
            ("/a", "/a", true),
            ("/a", "/ab", false),
            ("/a", "/a/", false),
            ("/a", "a", false),
            ("/org-{id}", "/org-7", true),
            ("/org-{id}", "/org-", false),
            ("/org-{id}", "/org-7/x", false),
            ("/org-{id}/{room}", "/org-7/x", true),
            ("/org-{id}/{room}", "/org-7/", false),
            ("/{a}-{b}", "/x-y-z", true),
            ("/{a}-{b}", "/-y", false),
            ("/{a}-{b}", "/x-", false),
            ("/{a}-end", "/x-end-end", true),
            ("/{a}-end", "/-end", false),
            ("/{a}aa{b}aa", "/xaayaa", true),
            ("/{a}aa{b}aa", "/aaaaaaa", true),
            ("/{a}aa{b}aa", "/aaaaaa", true),
            ("/{a}aa{b}aa", "/aaaaa", false),
            ("/{a}{b}{c}", "/xy", false),
            ("/{a}{b}{c}", "/xyz", true),
            ("/{a/b}", "/x", true),
            ("/ü{x}", "/üé", true),
            ("/{x}é", "/éé", true),
            ("/{x}é", "/é", false),
            ("/{never closed", "/x", false),
            ("/{a}/{never closed", "/x/{never closed", false),
        ] {
            assert_eq!(Pattern::new(pattern).fits(name), fits, "{pattern} {name}");
        }
    }

    /// The meaning, spelled out: every way to share the name among the wild cards is tried.
    fn by_trying(pattern: &str, name: &str) -> bool {
        let Some((literal, rest)) = pattern.split_once('{') else {
            return pattern == name;
        };
        let (Some(tail), Some((_, after))) = (name.strip_prefix(literal), rest.split_once('}'))
        else {
            return false;
        };
        let end = tail.find('/').unwrap_or(tail.len());
        (1..=end).any(|taken| by_trying(after, &tail[taken..]))
    }

    #[test]
    fn agrees_with_trying_everything() {
        let patterns = [
            "/{x}",
            "/{x}a{y}",
            "/a{x}ab{y}a",
            "/{x}aa{y}b/{z}",
            "/{x}{y}b",
            "/{x}ab{y}ab{z}ab",
        ];
        // All names of up to 8 characters of three.
        for len in 0..=8u32 {
            for n in 0..3usize.pow(len) {
                let letter = |i: u32| ['a', 'b', '/'][n / 3usize.pow(i) % 3];
                let name: String = std::iter::once('/').chain((0..len).map(letter)).collect();
                for pattern in patterns {
                    let fits = Pattern::new(pattern).fits(&name);
                    assert_eq!(fits, by_trying(pattern, &name), "{pattern} {name}");
                }
            }
        }
    }

    #[test]
    fn the_cost_is_that_of_reading_once() {
        for wild in [1, 10, 100, 1000] {
            for len in [10, 100, 10_000] {
                let pattern = format!("/{}z", "{x}ab".repeat(wild));
                for name in [
                    format!("/{}", "ab".repeat(len)),
                    format!("/{}", "aab".repeat(len)),
                    format!("/{}", "a".repeat(len)),
                ] {
                    let mut looked_at = 0;
                    let mut find = |text: &str, literal: &str| {
                        let at = text.find(literal);
                        looked_at += at.map_or(text.len(), |at| at + literal.len());
                        at
                    };
                    assert!(!Pattern::new(&pattern).fits_by(&name, &mut find));
                    assert!(looked_at <= name.len(), "{looked_at} of {}", name.len());
                }
            }
        }
    }
}
