//! Whole runs: nothing is lost, and a run is the same every time.

use siox_sim::{Party, Scenario, Simulation, Storm, campaign, run};

#[test]
fn thousands_of_sessions_lose_nothing() {
    let tally = campaign::<Scenario>(1, 2_000);
    assert_eq!(tally.failure, None);
    assert!(tally.faults >= tally.runs, "each run has a fault");
    assert!(tally.polling > 0 && tally.ended > 0, "{tally:?}");
}

#[test]
fn a_seed_is_replayed_byte_for_byte() {
    for seed in 0..200 {
        let plan = Scenario::draw(seed);
        let [first, second] = [(), ()].map(|()| run(&plan, true));
        assert!(first.log.as_ref().is_some_and(|log| !log.is_empty()));
        assert_eq!(first, second, "seed {seed}");
        let quiet = run(&Scenario::draw(seed), false);
        assert_eq!(quiet.digest, first.digest, "a log changes nothing");
    }
}

#[test]
fn parties_lose_nothing_that_they_are_owed() {
    let tally = campaign::<Party>(1, 40);
    assert_eq!(tally.failure, None);
    assert!(tally.polling > 0 && tally.messages > 1_000, "{tally:?}");
}

#[test]
fn a_party_is_replayed_byte_for_byte() {
    for seed in 0..30 {
        let plan = Party::draw(seed);
        let [first, second] = [(), ()].map(|()| plan.run(true));
        assert_eq!(first, second, "seed {seed}");
        assert_eq!(
            plan.run(false).digest,
            first.digest,
            "a log changes nothing"
        );
    }
}

#[test]
fn a_crowd_comes_back_spread_and_loses_nothing() {
    for seed in 0..8 {
        let storm = Storm {
            crowd: 60,
            ..Storm::draw(seed)
        };
        let [first, second] = [(), ()].map(|()| storm.run(true));
        assert_eq!(first.failure, None);
        assert_eq!(first, second, "seed {seed}");
    }
}

#[test]
fn every_scenario_is_full() {
    for seed in 0..2_000 {
        let plan = Scenario::draw(seed);
        assert!(!plan.faults.is_empty());
        assert!(plan.messages.iter().all(|n| *n >= 20));
    }
}
