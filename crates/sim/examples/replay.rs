//! A scenario of one's own, told step by step: a proxy refuses the WebSocket.

use siox_sim::{Fault, Scenario, run};

fn main() {
    let mut plan = Scenario::draw(1);
    plan.faults = vec![Fault::Refuse {
        nth: 0,
        status: 502,
    }];
    let outcome = run(&plan, true);
    print!("{}", outcome.log.unwrap_or_default());
    assert_eq!(outcome.failure, None);
}
