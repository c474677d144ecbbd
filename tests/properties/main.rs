//! Properties: what must hold for every input or every course of events, not for chosen examples.

mod model;
