//! The load generator itself: every operation, with several workers, each answer checked. Nothing is timed.

use portvakt_bench::{Operation, World, figures::measure};
use portvakt_journeys::Failure;
use std::time::Duration;

#[test]
fn every_operation_gives_only_right_answers() -> Result<(), Failure> {
    let world = World::start()?;
    for operation in Operation::ALL {
        let figures = measure(&world, operation, 2, 10, Duration::ZERO)?;
        assert_eq!(figures.done, 20, "{}", operation.name());
    }
    Ok(())
}
