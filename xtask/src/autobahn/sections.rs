//! The suite's sections, and how many cases each has: a run that has fewer was cut short.

use crate::shell::Result;

/// What is played of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) number: u32,
    /// How many cases that are.
    pub(super) cases: usize,
    /// Some of its cases; all, if empty.
    sample: &'static [&'static str],
}

impl Section {
    /// All of it.
    pub(super) fn whole(number: u32, cases: usize) -> Self {
        Self {
            number,
            cases,
            sample: &[],
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.sample.is_empty()
    }

    /// The cases as the suite is told them.
    pub(super) fn patterns(&self) -> Vec<String> {
        match self.is_whole() {
            true => vec![format!("{}.*", self.number)],
            false => self.sample.iter().map(|&case| case.to_owned()).collect(),
        }
    }

    /// What it is about.
    pub(super) fn title(&self) -> &'static str {
        let found = ALL.iter().find(|(number, _, _)| *number == self.number);
        found.map_or("", |(_, _, title)| title)
    }
}

/// The version of the suite, pinned in `xtask/autobahn/suite.txt`.
pub(super) const VERSION: &str = "25.10.1";

/// Its sections, 517 cases in all.
const ALL: [(u32, usize, &str); 11] = [
    (1, 16, "framing"),
    (2, 11, "pings and pongs"),
    (3, 7, "reserved bits"),
    (4, 10, "opcodes"),
    (5, 20, "fragmentation"),
    (6, 145, "UTF-8"),
    (7, 37, "closing"),
    (9, 54, "limits and speed"),
    (10, 1, "automatic fragmentation"),
    (12, 90, "compression of various payloads"),
    (13, 126, "compression with various parameters"),
];

/// Of 12 some payloads, of 13 one of each set of parameters.
const SAMPLES: [(u32, &[&str]); 2] = [
    (
        12,
        &[
            "12.1.1", "12.1.2", "12.1.3", "12.2.1", "12.3.1", "12.4.1", "12.5.1",
        ],
    ),
    (
        13,
        &[
            "13.1.1", "13.1.2", "13.2.1", "13.3.1", "13.4.1", "13.5.1", "13.6.1", "13.7.1",
        ],
    ),
];

/// Every case.
pub(super) fn all() -> Vec<Section> {
    ALL.map(|(number, cases, _)| Section::whole(number, cases))
        .to_vec()
}

/// Every section, but of those that take minutes a sample.
pub(super) fn for_ci() -> Vec<Section> {
    let mut sections = all();
    for section in &mut sections {
        let sample = SAMPLES.iter().find(|(number, _)| *number == section.number);
        if let Some((_, sample)) = sample {
            section.sample = sample;
            section.cases = sample.len();
        }
    }
    sections
}

/// Reads a list such as `1-7,9,10`. In a range, numbers that no section has are passed over; alone, they are refused.
pub(super) fn parse(list: &str) -> Result<Vec<Section>> {
    let number = |word: &str| {
        word.trim()
            .parse::<u32>()
            .map_err(|_| format!("`{word}` is no section"))
    };
    let mut wanted = Vec::new();
    for part in list.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(part)?, number(part)?),
        };
        let range = first..=last;
        let of_part = all().into_iter().filter(|s| range.contains(&s.number));
        let before = wanted.len();
        wanted.extend(of_part);
        if first == last && wanted.len() == before {
            return Err(format!("the suite has no section {first}"));
        }
    }
    if wanted.is_empty() {
        return Err(format!("`{list}` names no section"));
    }
    wanted.sort_unstable_by_key(|section| section.number);
    wanted.dedup();
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sections_together_have_517_cases() {
        assert_eq!(
            all().iter().map(|section| section.cases).sum::<usize>(),
            517
        );
    }

    #[test]
    fn a_sample_is_of_its_section() {
        for section in for_ci().iter().filter(|section| !section.is_whole()) {
            let patterns = section.patterns();
            assert_eq!(patterns.len(), section.cases);
            let of_section = format!("{}.", section.number);
            assert!(patterns.iter().all(|case| case.starts_with(&of_section)));
        }
    }

    #[test]
    fn lists_and_ranges() {
        let numbers = |list: &str| {
            parse(list).map(|sections| {
                sections
                    .iter()
                    .map(|section| section.number)
                    .collect::<Vec<_>>()
            })
        };
        assert_eq!(numbers("1-7,9,10"), Ok(vec![1, 2, 3, 4, 5, 6, 7, 9, 10]));
        assert_eq!(numbers("9, 1-2, 1"), Ok(vec![1, 2, 9]));
        assert_eq!(numbers("5-9"), Ok(vec![5, 6, 7, 9]));
        for bad in ["8", "", "x", "1-x", "20-30"] {
            assert!(numbers(bad).is_err(), "{bad}");
        }
    }
}
