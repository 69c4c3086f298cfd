//! The README's server, the example of it and the one in the crate's documentation are the same.

/// The lines between `begin` and `end`, without their common indentation.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    let (_, rest) = text.split_once(begin).expect("it begins somewhere");
    let (block, _) = rest.split_once(end).expect("it ends somewhere");
    let lines: Vec<_> = block.lines().filter(|l| !l.trim().is_empty()).collect();
    let indent = lines.iter().map(|l| l.len() - l.trim_start().len()).min();
    lines.iter().map(|l| &l[indent.unwrap_or(0)..]).collect()
}

#[test]
fn the_readme_and_the_example_agree_line_for_line() {
    let readme = include_str!("../../../README.md");
    let example = include_str!("../examples/readme.rs");
    let (uses, body): (Vec<_>, Vec<_>) = between(readme, "```rust\n", "```")
        .into_iter()
        .partition(|l| l.starts_with("use "));
    assert_eq!(body.len(), 8, "ten lines with the `use` and the blank one");
    let main = "async fn main() -> std::io::Result<()> {\n";
    let (code, _) = example.split_once("\n}\n").expect("main ends");
    let code = format!("{code}\nEND");
    let mut written = between(&code, main, "END");
    // What `main` returns is the example's own.
    assert_eq!(written.pop(), Some("Ok(())"));
    assert_eq!(written, body);
    let used: Vec<_> = example.lines().filter(|l| l.starts_with("use ")).collect();
    assert_eq!(used, uses);
}
