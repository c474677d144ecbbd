//! Properties: what must hold for every input or every course of events, not for chosen examples.
#![cfg(test)]

mod model;
mod sequences;
