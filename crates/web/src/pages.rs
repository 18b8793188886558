//! Pages: a template, a struct of plain data, and samples of every state it can be in.

pub mod account;
pub mod account_password;
pub mod consent;
pub mod design;
pub mod forgot;
pub mod going;
pub mod link;
pub mod new_password;
pub mod sign_in;
pub mod sign_out;
pub mod trouble;

use crate::samples::Sampler;
use portvakt_model::Fault;

/// A page that people see.
pub trait Page: askama::Template + Sized {
    /// Its name among the samples.
    const NAME: &'static str;

    /// One sample for each state, with the state's name.
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)>;

    /// The whole document. It fails only when a template is broken.
    fn html(&self) -> Result<String, Fault> {
        self.render().map_err(Fault::broken)
    }
}
