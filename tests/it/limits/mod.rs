//! What keeps a running server within bounds.

mod rates;
