//! Compares minting and verifying with their peers.

fn main() {}
