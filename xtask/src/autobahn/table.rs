//! What came of a full run, as Markdown.

use std::fmt::Write;

use super::sections::{Section, VERSION};
use super::verdict::{Count, Verdicts};

/// One line a section, one column a run.
pub(super) fn markdown(runs: &[(&str, Verdicts)], sections: &[Section]) -> String {
    let mut text = format!(
        "# Autobahn|Testsuite {VERSION}\n\n\
         Written by `cargo xtask autobahn`, which plays every case against the echo servers and echo clients of `siox-sut`,\n\
         with `permessage-deflate`, on both runtimes. It fails, and writes nothing, if a case is not OK in its behaviour and\n\
         in its closing; the suite itself calls three cases informational (7.1.6, 7.13.1 and 7.13.2), for which it knows no\n\
         right answer.\n\n| section | cases |"
    );
    for (name, _) in runs {
        let _ = write!(text, " {} |", name.replace('-', " on "));
    }
    text.push_str("\n|---|--:|");
    text.push_str(&"---|".repeat(runs.len()));
    for section in sections {
        let _ = write!(
            text,
            "\n| {} {} | {} |",
            section.number,
            section.title(),
            section.cases
        );
        for (_, verdicts) in runs {
            let _ = write!(text, " {} |", cell(verdicts.count(Some(section.number))));
        }
    }
    let all: usize = sections.iter().map(|section| section.cases).sum();
    let _ = write!(text, "\n| **all** | **{all}** |");
    for (_, verdicts) in runs {
        let _ = write!(text, " **{}** |", cell(verdicts.count(None)));
    }
    text.push('\n');
    text
}

fn cell(count: Count) -> String {
    let mut cell = format!("{} OK", count.ok);
    for (number, name) in [
        (count.informational, "informational"),
        (count.other, "other"),
    ] {
        if number > 0 {
            let _ = write!(cell, ", {number} {name}");
        }
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_a_section_and_a_column_a_run() {
        let index = json!({"a": {
            "7.1.1": {"behavior": "OK", "behaviorClose": "OK"},
            "7.1.6": {"behavior": "INFORMATIONAL", "behaviorClose": "INFORMATIONAL"},
        }});
        let runs = [("server-tokio", Verdicts::from_index(&index).unwrap())];
        let text = markdown(&runs, &[Section::whole(7, 2)]);
        for line in [
            "| section | cases | server on tokio |\n|---|--:|---|\n",
            "\n| 7 closing | 2 | 1 OK, 1 informational |\n",
            "\n| **all** | **2** | **1 OK, 1 informational** |\n",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }
}
