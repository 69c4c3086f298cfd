//! One side's work and nothing else, to be run under `valgrind --tool=callgrind`:
//! `instructions read|write SIZE CRATE`.

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [part, size, name] = words.as_slice() else {
        panic!("instructions read|write SIZE CRATE");
    };
    let (size, count) = (size.parse().expect("a number"), 4096);
    let jobs = match part.as_str() {
        "read" => siox_frames::read::jobs(size, count),
        _ => siox_frames::write::jobs(size, count),
    };
    let job = jobs.into_iter().find(|job| job.name == name);
    let mut job = job.expect("one of the crates");
    for _ in 0..10 {
        (job.run)();
    }
}
