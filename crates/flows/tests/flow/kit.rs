//! The test kit: a deployment without HTTP. Everything is real but the clock, which stands until it is moved, and the
//! mail server, which is a list.

mod browser;
mod database;
mod outside;
pub mod program;
pub mod registering;
mod template;
mod wire;
mod world;

pub use browser::{Brought, Browser, Got, PASSWORD, Step};
pub use template::{
    ANNA, DEPOT, DESK, HRM, ISSUER, KARI, LEDGER, MOBILE, NILS, NORDVIK, NOW, PORTAL, STRANGER, TIMECLOCK, TIMESHEETS,
    person,
};
pub use wire::{Code, Tokens, caller, claims, flipped, pairs_of, params};
pub use world::{World, hashing, hashing_at, off};

/// Runs the named tests on both databases, each in a world of its own; `offering …;` before them says what the
/// deployment offers beyond what all do.
macro_rules! on_both {
    (offering $offers:ident; $($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $test() { super::$test(&crate::kit::World::sqlite().offering(super::$offers.clone())); })+
        }
        mod postgres {
            $(#[test] fn $test() {
                if let Some(world) = crate::kit::World::postgres() { super::$test(&world.offering(super::$offers.clone())); }
            })+
        }
    };
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $test() { super::$test(&crate::kit::World::sqlite()); })+
        }
        mod postgres {
            $(#[test] fn $test() { if let Some(world) = crate::kit::World::postgres() { super::$test(&world); } })+
        }
    };
}
pub(crate) use on_both;
