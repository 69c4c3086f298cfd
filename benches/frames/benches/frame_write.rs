//! A server sends text messages, flushed every 16: siox beside its peers, see `siox_frames::write`. Throughput is payload.
#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use siox_frames::{
    input::{SIZES, count},
    write::{bare, session},
};
use std::time::Duration;

fn frame_write(c: &mut Criterion) {
    let mut group = c.benchmark_group("frame_write");
    for (label, size) in SIZES {
        let count = count(size);
        group.throughput(Throughput::Bytes((size * count) as u64));
        for mut job in session::jobs(size, count) {
            group.bench_function(BenchmarkId::new(job.name, label), |b| b.iter(&mut job.run));
        }
        for mut job in bare::jobs(size, count) {
            let name = format!("{}, bare", job.name);
            group.bench_function(BenchmarkId::new(name, label), |b| b.iter(&mut job.run));
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = frame_write
}
criterion_main!(benches);
