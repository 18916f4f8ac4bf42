//! What people and programs see: tables, JSON, and the streams and prompts of the terminal.

mod audit;
mod doctor;
mod issue;
mod profiles;
mod table;
pub mod terminal;
mod token;

pub use audit::*;
pub use doctor::*;
pub use issue::*;
pub use profiles::*;
pub use token::*;

/// How a text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// How wide it may be; `None` leaves every line as long as it is.
    pub width: Option<u16>,
    /// Whether it is in colour.
    pub has_color: bool,
}
