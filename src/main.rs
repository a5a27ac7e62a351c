//! The binary: arguments, telemetry, settings, run, exit code.
fn main() {}
