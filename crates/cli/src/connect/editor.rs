//! Where the user's lines come from: a terminal with history and completion, or a pipe.

use rustyline::{
    Context, Editor, ExternalPrinter, Helper, Highlighter, Hinter, Validator,
    completion::Completer, error::ReadlineError, history::DefaultHistory,
};
use std::{
    collections::BTreeSet,
    io::{self, BufRead, IsTerminal, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};
use tokio::sync::mpsc;

/// What came of the input.
#[derive(Debug)]
pub(crate) enum Line {
    Text(String),
    End,
    Interrupted,
}

/// The names of events seen, for completion.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Arc<Mutex<BTreeSet<String>>>);

impl Names {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, name: &str) {
        /// The most that are kept.
        const MOST: usize = 1_000;
        let mut names = self.lock();
        if names.len() < MOST && !names.contains(name) {
            names.insert(name.to_owned());
        }
    }

    /// The names, and commands, that begin like this.
    fn beginning(&self, start: &str) -> Vec<String> {
        let commands = super::command::NAMES.iter().map(|name| (*name).to_owned());
        let names: Vec<String> = self.lock().iter().cloned().collect();
        let all = names.into_iter().chain(commands);
        all.filter(|name| name.starts_with(start)).collect()
    }
}

/// The lines, and the names that they are completed by.
pub(crate) struct Lines {
    receiver: mpsc::UnboundedReceiver<Line>,
    pub(crate) names: Names,
}

impl Lines {
    pub(crate) async fn recv(&mut self) -> Option<Line> {
        self.receiver.recv().await
    }
}

/// Prints a line without breaking the one that is edited.
pub(crate) type Printer = Box<dyn FnMut(String) + Send>;

/// Begins to read. Who reads from a terminal gets a prompt, unless the output is for a program.
pub(crate) fn start(prompt: bool) -> (Lines, Printer) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let names = Names::default();
    let lines = Lines {
        receiver,
        names: names.clone(),
    };
    if prompt && io::stdin().is_terminal() && io::stdout().is_terminal() {
        match terminal(sender.clone(), names) {
            Ok(printer) => return (lines, printer),
            // A terminal that cannot be edited on is read as a pipe is.
            Err(error) => eprintln!("siox connect: no editing here: {error}"),
        }
    }
    thread::spawn(move || pipe(&sender));
    let plain = |line: String| {
        let mut out = io::stdout().lock();
        // Whoever reads this may have heard enough.
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    };
    (lines, Box::new(plain))
}

fn pipe(sender: &mpsc::UnboundedSender<Line>) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        if sender.send(Line::Text(line)).is_err() {
            return;
        }
    }
    let _ = sender.send(Line::End);
}

#[derive(Helper, Highlighter, Hinter, Validator)]
struct Completing(Names);

impl Completer for Completing {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let typed = line.get(..at).unwrap_or_default();
        let start = typed.len() - typed.trim_start_matches(['?', ' ']).len();
        let word = typed.get(start..).unwrap_or_default();
        if word.contains(char::is_whitespace) {
            return Ok((at, Vec::new()));
        }
        Ok((start, self.0.beginning(word)))
    }
}

fn terminal(sender: mpsc::UnboundedSender<Line>, names: Names) -> rustyline::Result<Printer> {
    let mut editor: Editor<Completing, DefaultHistory> = Editor::new()?;
    editor.set_helper(Some(Completing(names)));
    let mut printer = editor.create_external_printer()?;
    thread::spawn(move || {
        loop {
            let line = match editor.readline("> ") {
                Ok(line) => {
                    let _ = editor.add_history_entry(line.as_str());
                    Line::Text(line)
                }
                Err(ReadlineError::Interrupted) => Line::Interrupted,
                Err(_) => Line::End,
            };
            let is_last = !matches!(line, Line::Text(_));
            if sender.send(line).is_err() || is_last {
                return;
            }
        }
    });
    Ok(Box::new(move |line| {
        let _ = printer.print(line);
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustyline::history::History;

    #[test]
    fn names_seen_are_completed() {
        let names = Names::default();
        names.add("chat");
        names.add("change");
        names.add("other");
        let completing = Completing(names);
        let history = DefaultHistory::new();
        assert_eq!(history.len(), 0);
        let complete = |line: &str| {
            let context = Context::new(&history);
            completing.complete(line, line.len(), &context).unwrap()
        };
        assert_eq!(
            complete("ch"),
            (0, vec!["change".to_owned(), "chat".to_owned()])
        );
        assert_eq!(
            complete("? cha"),
            (2, vec!["change".to_owned(), "chat".to_owned()])
        );
        assert_eq!(complete(".q"), (0, vec![".quit".to_owned()]));
        assert_eq!(complete("chat o"), (6, Vec::new()));
    }
}
