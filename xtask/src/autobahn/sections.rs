//! The suite's sections, and how many cases each has: a run that has fewer was cut short.

use crate::shell::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) number: u32,
    pub(super) cases: usize,
}

/// Version 25.10.1 of the suite, 517 cases in all.
const ALL: [(u32, usize); 11] = [
    (1, 16),
    (2, 11),
    (3, 7),
    (4, 10),
    (5, 20),
    (6, 145),
    (7, 37),
    (9, 54),
    (10, 1),
    (12, 90),
    (13, 126),
];

/// Reads a list such as `1-7,9,10`. In a range, numbers that no section has are passed over; alone, they are refused.
pub(super) fn parse(list: &str) -> Result<Vec<Section>> {
    let number = |word: &str| {
        word.trim()
            .parse::<u32>()
            .map_err(|_| format!("`{word}` is no section"))
    };
    let mut wanted = Vec::new();
    for part in list.split(',') {
        match part.split_once('-') {
            Some((first, last)) => {
                let range = number(first)?..=number(last)?;
                wanted.extend(ALL.iter().filter(|(number, _)| range.contains(number)));
            }
            None => {
                let number = number(part)?;
                wanted.push(
                    ALL.iter()
                        .find(|(known, _)| *known == number)
                        .ok_or_else(|| format!("the suite has no section {number}"))?,
                );
            }
        }
    }
    if wanted.is_empty() {
        return Err(format!("`{list}` names no section"));
    }
    wanted.sort_unstable();
    wanted.dedup();
    Ok(wanted
        .into_iter()
        .map(|(number, cases)| Section {
            number: *number,
            cases: *cases,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sections_together_have_517_cases() {
        assert_eq!(ALL.iter().map(|(_, cases)| cases).sum::<usize>(), 517);
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
