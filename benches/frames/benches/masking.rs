//! The XOR of the mask alone: siox beside the peers that offer it. Throughput is payload.
#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use siox_frames::input::SIZES;
use std::{hint::black_box, time::Duration};

type Mask = fn(&mut [u8], [u8; 4]);

const SIDES: [(&str, Mask); 4] = [
    ("siox", siox_websocket::mask::apply),
    ("fastwebsockets", fastwebsockets::unmask),
    ("yawc", yawc::mask::apply_mask),
    ("sockudo-ws", sockudo_ws::simd::apply_mask),
];

fn masking(c: &mut Criterion) {
    let mut group = c.benchmark_group("masking");
    for (label, size) in SIZES {
        group.throughput(Throughput::Bytes(size as u64));
        let mut bytes = vec![b'x'; size];
        for (name, apply) in SIDES {
            group.bench_function(BenchmarkId::new(name, label), |b| {
                b.iter(|| apply(black_box(&mut bytes), black_box([1, 2, 3, 4])));
            });
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
    targets = masking
}
criterion_main!(benches);
