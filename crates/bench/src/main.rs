//! `make bench`: measures each operation for a few seconds and prints a table.

use portvakt_bench::{Operation, World, figures::measure};
use portvakt_journeys::Failure;
use std::time::Duration;

#[expect(clippy::print_stdout, reason = "a table is what it is for")]
fn main() -> Result<(), Failure> {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(5);
    let world = World::start()?;
    println!("Server CPU per operation is what to compare, within one run; other programs disturb the rest.\n");
    println!("{:26} {:>5} {:>10} {:>10} {:>12}", "operation", "conn", "checked", "per second", "CPU us each");
    for operation in Operation::ALL {
        for workers in [1, 16] {
            let figures = measure(&world, operation, workers, 10, Duration::from_secs(seconds))?;
            println!(
                "{:26} {:>5} {:>10} {:>10} {:>12}",
                operation.name(),
                workers,
                figures.done,
                figures.per_second(),
                figures.cpu_each()
            );
        }
    }
    Ok(())
}
