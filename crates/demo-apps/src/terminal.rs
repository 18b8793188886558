//! Words to the person at the terminal.

use std::io::{self, Write};

/// A line on standard output. A closed pipe is nobody listening, not an error.
pub fn say(line: impl AsRef<str>) {
    let _nobody_listens = writeln!(io::stdout(), "{}", line.as_ref());
}

/// A line on standard error: for what must not mix with output that a program reads.
pub fn note(line: impl AsRef<str>) {
    let _nobody_listens = writeln!(io::stderr(), "{}", line.as_ref());
}
