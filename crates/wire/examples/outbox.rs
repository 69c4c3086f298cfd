//! The vocabulary at work, without a protocol: lines come in through the input cursor, answers wait in an
//! outbox until a slow socket has taken them, and one group goes to two receivers by reference.
//!
//! Run with `cargo run -p siox-wire --example outbox`.

use siox_wire::{Form, Input, Instant, Lead, Outbox, Part, Shared};

/// Takes the next line, without its end; what is left of the input stays.
fn line<'b>(input: &mut Input<'b>) -> Option<&'b [u8]> {
    let end = input.peek().iter().position(|&b| b == b'\n')?;
    let line = input.take(end);
    input.take(1);
    Some(line)
}

/// A socket that takes at most `room` bytes.
fn write(name: &str, out: &mut Outbox, room: usize) {
    let waiting: Vec<u8> = out.chunks().flatten().copied().take(room).collect();
    println!("{name} writes \"{}\"", waiting.escape_ascii());
    out.advance(waiting.len());
}

fn main() {
    let mut scratch = *b"hello\nworld\n";
    let mut input = Input::new(Instant::from_millis(5), &mut scratch);
    let mut out = Outbox::default();
    while let Some(line) = line(&mut input) {
        // The line borrows the buffer, not the cursor: it may be answered while the rest is unread.
        out.pack(&[b"<", line, b">"]);
    }
    println!(
        "at {} us, {} bytes wait",
        input.now().as_micros(),
        out.len()
    );
    write("first", &mut out, 9);
    write("first", &mut out, 100);

    // A group for many is encoded when the first receiver asks, and long runs are not copied.
    let group = Shared::new(vec![Part::Text(vec![b'x'; 2000].into())]);
    let mut others = [Outbox::default(), Outbox::default()];
    for out in &mut others {
        let run = group.form(Form::Frames, Lead::NONE, |parts| {
            println!("encoding {} message", parts.len());
            parts.iter().flat_map(Part::bytes).copied().collect()
        });
        out.pack(&[b"own; "]);
        out.share(run);
    }
    let [a, b] = others
        .each_ref()
        .map(|out| out.chunks().last().map(<[u8]>::as_ptr));
    println!("both wait for the same bytes: {}", a == b);
}
