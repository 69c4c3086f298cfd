//! `benches/RESULTS.md`: one section for each benchmark, each written over by its next run.

use crate::shell::{Result, read, root, write as write_file};

const FILE: &str = "benches/RESULTS.md";
const TITLE: &str = "# Results\n\nWritten by `cargo xtask bench`. A figure is worth something only beside another of the same table.\n";

/// Makes `body` the section `## heading`.
pub(super) fn write(heading: &str, body: &str) -> Result {
    let path = root().join(FILE);
    let before = read(&path).unwrap_or_else(|_| TITLE.to_owned());
    write_file(&path, replaced(&before, heading, body).as_bytes())
}

fn replaced(text: &str, heading: &str, body: &str) -> String {
    let section = format!("## {heading}\n\n{}\n", body.trim_end());
    let mut parts: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("## ") || parts.is_empty() {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    let first = format!("## {heading}\n");
    match parts.iter_mut().find(|part| part.starts_with(&first)) {
        Some(part) => *part = section,
        None => parts.push(section),
    }
    let parts: Vec<&str> = parts.iter().map(|part| part.trim_end()).collect();
    parts.join("\n\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_written_over_and_the_others_stay() {
        let text = replaced("# T\n\nx\n", "A", "one\n");
        assert_eq!(text, "# T\n\nx\n\n## A\n\none\n");
        let text = replaced(&text, "B", "two");
        let text = replaced(&text, "A", "### s\n\nthree\n\n");
        assert_eq!(text, "# T\n\nx\n\n## A\n\n### s\n\nthree\n\n## B\n\ntwo\n");
    }
}
