//! The program as others meet it: as a process, over its sources, by its files.
mod house;
mod paste;
