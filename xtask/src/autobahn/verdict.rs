//! The suite's `index.json`, read and judged. `wstest` itself exits with success whatever happened.

use std::collections::BTreeMap;

use serde_json::Value;

use super::sections::Section;
use crate::shell::Result;

/// The suite's own number of cases without a right answer, in any one run.
const MOST_INFORMATIONAL: usize = 3;

/// What the suite says of each case: of the behaviour, and of the closing.
#[derive(Default)]
pub(super) struct Verdicts {
    cases: BTreeMap<Vec<u32>, Case>,
}

/// How many cases had which verdict.
#[derive(Default, Clone, Copy)]
pub(super) struct Count {
    pub(super) ok: usize,
    pub(super) informational: usize,
    pub(super) other: usize,
}

struct Case {
    behaviour: String,
    closing: String,
    milliseconds: u64,
}

impl Verdicts {
    /// Reads the one agent's cases.
    pub(super) fn from_index(index: &Value) -> Result<Self> {
        let agents = index.as_object().ok_or("index.json: not an object")?;
        let [cases] = agents.values().collect::<Vec<_>>()[..] else {
            return Err(format!("index.json: {} agents, not one", agents.len()));
        };
        let mut found = BTreeMap::new();
        for (id, case) in cases
            .as_object()
            .ok_or("index.json: an agent is not an object")?
        {
            let number = id
                .split('.')
                .map(str::parse)
                .collect::<std::result::Result<Vec<u32>, _>>();
            let number = number.map_err(|_| format!("index.json: `{id}` is no case"))?;
            let text = |key: &str| {
                case[key]
                    .as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| format!("index.json: {id} has no `{key}`"))
            };
            let milliseconds = case["duration"].as_u64().unwrap_or_default();
            found.insert(
                number,
                Case {
                    behaviour: text("behavior")?,
                    closing: text("behaviorClose")?,
                    milliseconds,
                },
            );
        }
        Ok(Self { cases: found })
    }

    /// Takes the cases of another part of the same run.
    pub(super) fn add(&mut self, more: Self) {
        self.cases.extend(more.cases);
    }

    /// The verdicts of one section, or of all.
    pub(super) fn count(&self, section: Option<u32>) -> Count {
        let mut count = Count::default();
        for (id, case) in &self.cases {
            if section.is_none() || id.first().copied() == section {
                count.ok += usize::from(case.is_ok());
                count.informational += usize::from(case.is_informational());
                count.other += usize::from(!case.is_ok() && !case.is_informational());
            }
        }
        count
    }

    /// One line a section: how many cases had which verdict.
    pub(super) fn table(&self) -> String {
        let mut text = String::from("section  cases     OK  informational  other  seconds\n");
        let mut sections: Vec<u32> = self
            .cases
            .keys()
            .filter_map(|id| id.first().copied())
            .collect();
        sections.dedup();
        for number in &sections {
            let of_section = self
                .cases
                .iter()
                .filter(|(id, _)| id.first() == Some(number));
            text.push_str(&line(&number.to_string(), of_section.map(|(_, case)| case)));
        }
        text.push_str(&line("all", self.cases.values()));
        text
    }

    /// Every case of `sections` ran, and each is OK in both respects, a few informational ones aside.
    pub(super) fn judge(&self, sections: &[Section]) -> Result {
        let mut wrong: Vec<String> = Vec::new();
        for section in sections {
            let ran = self
                .cases
                .keys()
                .filter(|id| id.first() == Some(&section.number))
                .count();
            if ran != section.cases {
                wrong.push(format!(
                    "section {}: {ran} cases ran, not {}",
                    section.number, section.cases
                ));
            }
        }
        for (id, case) in self
            .cases
            .iter()
            .filter(|(_, case)| !case.is_ok() && !case.is_informational())
        {
            let id: Vec<String> = id.iter().map(u32::to_string).collect();
            wrong.push(format!(
                "case {}: {}, closing {}",
                id.join("."),
                case.behaviour,
                case.closing
            ));
        }
        let informational = self
            .cases
            .values()
            .filter(|case| case.is_informational())
            .count();
        if informational > MOST_INFORMATIONAL {
            wrong.push(format!(
                "{informational} informational cases, more than {MOST_INFORMATIONAL}"
            ));
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(format!("the suite found fault\n  {}", wrong.join("\n  ")))
        }
    }
}

impl Case {
    fn is_ok(&self) -> bool {
        self.behaviour == "OK" && self.closing == "OK"
    }

    fn is_informational(&self) -> bool {
        let fine = |verdict: &str| matches!(verdict, "OK" | "INFORMATIONAL");
        !self.is_ok() && fine(&self.behaviour) && fine(&self.closing)
    }
}

fn line<'a>(name: &str, cases: impl Iterator<Item = &'a Case>) -> String {
    let (mut all, mut ok, mut informational, mut milliseconds) = (0, 0, 0, 0);
    for case in cases {
        all += 1;
        ok += usize::from(case.is_ok());
        informational += usize::from(case.is_informational());
        milliseconds += case.milliseconds;
    }
    let other = all - ok - informational;
    format!(
        "{name:<7} {all:>6} {ok:>6} {informational:>14} {other:>6} {:>8.1}\n",
        f64::from(u32::try_from(milliseconds).unwrap_or(u32::MAX)) / 1000.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn section() -> [Section; 1] {
        [Section::whole(1, 4)]
    }

    fn verdicts(pairs: &[(&str, &str)]) -> Verdicts {
        let cases = pairs
            .iter()
            .enumerate()
            .map(|(index, (behaviour, closing))| {
                (
                    format!("1.1.{index}"),
                    json!({"behavior": behaviour, "behaviorClose": closing, "duration": 1500}),
                )
            });
        Verdicts::from_index(&json!({"siox": cases.collect::<serde_json::Map<_, _>>()})).unwrap()
    }

    #[test]
    fn only_ok_and_a_few_informational_cases_pass() {
        let good = verdicts(&[
            ("OK", "OK"),
            ("OK", "OK"),
            ("INFORMATIONAL", "OK"),
            ("OK", "INFORMATIONAL"),
        ]);
        assert_eq!(good.judge(&section()), Ok(()));
        assert!(
            good.table()
                .contains("1            4      2              2      0      6.0\n"),
            "{}",
            good.table()
        );
        for bad in [
            ("FAILED", "OK"),
            ("NON-STRICT", "OK"),
            ("UNIMPLEMENTED", "OK"),
            ("OK", "WRONG CODE"),
            ("OK", "UNCLEAN"),
            ("OK", "FAILED BY CLIENT"),
        ] {
            let why = verdicts(&[("OK", "OK"), ("OK", "OK"), ("OK", "OK"), bad])
                .judge(&section())
                .unwrap_err();
            assert!(why.contains("case 1.1.3"), "{why}");
        }
        let many = verdicts(&[("INFORMATIONAL", "OK"); 4]);
        assert!(many.judge(&section()).is_err());
    }

    #[test]
    fn a_run_cut_short_fails() {
        let why = verdicts(&[("OK", "OK")]).judge(&section()).unwrap_err();
        assert!(why.contains("1 cases ran, not 4"), "{why}");
        assert!(Verdicts::from_index(&json!({})).is_err());
        assert!(
            Verdicts::from_index(&json!({"siox": {}}))
                .unwrap()
                .judge(&section())
                .is_err()
        );
        assert!(Verdicts::from_index(&json!({"siox": {"1.1.1": {"behavior": "OK"}}})).is_err());
    }
}
