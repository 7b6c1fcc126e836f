//! The integration tests of the whole judge, one binary.

mod tidy;
