//! vdir
