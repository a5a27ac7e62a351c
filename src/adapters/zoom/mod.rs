//! zoom
