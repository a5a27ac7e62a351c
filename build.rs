//! How the program is linked.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if for_this_machine() && glibc().is_some_and(|version| version >= (2, 36)) {
        // Which addresses to set right at the start stands in a table, which is read from disk and
        // then stays in memory: packed it takes 20 KB in place of 1.1 MB. Older ones cannot read it.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "cargo speaks to a build script so"
)]
fn for_this_machine() -> bool {
    let of = |name| env::var(name).unwrap_or_default();
    of("HOST") == of("TARGET") && of("TARGET").ends_with("-linux-gnu")
}

/// The version of this machine's C library, where that is glibc.
fn glibc() -> Option<(u32, u32)> {
    let said = Command::new("ldd").arg("--version").output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    let first = said
        .lines()
        .next()
        .filter(|line| line.contains("GLIBC") || line.contains("GNU libc"))?;
    let (major, minor) = first.rsplit_once(' ')?.1.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
