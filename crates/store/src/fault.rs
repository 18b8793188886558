//! What diesel says, as a [`Fault`].

use diesel::result::{ConnectionError, DatabaseErrorKind, Error};
use portvakt_model::Fault;

/// Whether a failure passes by itself (`Unavailable`: connection, locks, time-outs, a full disk) or is ours (`Broken`).
///
/// Constraints are ours: where an insert can meet a taken key, the statement says `on conflict`. All other kinds reach
/// us as `Unknown` without SQLSTATE, and PostgreSQL's texts may be translated, so only what is surely a statement
/// that does not fit the schema counts as ours; everything else is taken for the database's trouble.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
pub(crate) fn fault(error: Error) -> Fault {
    let text = error.to_string();
    let Error::DatabaseError(kind, _) = error else {
        let lost = matches!(error, Error::BrokenTransactionManager | Error::RollbackErrorOnCommit { .. });
        return if lost { Fault::Unavailable(text) } else { Fault::Broken(text) };
    };
    let ours = match kind {
        DatabaseErrorKind::UniqueViolation
        | DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::NotNullViolation
        | DatabaseErrorKind::CheckViolation
        | DatabaseErrorKind::RestrictViolation
        | DatabaseErrorKind::ExclusionViolation
        | DatabaseErrorKind::ReadOnlyTransaction => true,
        DatabaseErrorKind::ClosedConnection
        | DatabaseErrorKind::UnableToSendCommand
        | DatabaseErrorKind::SerializationFailure => false,
        _ => ["syntax error", "no such ", "does not exist", "readonly database", "datatype mismatch", "cannot store "]
            .iter()
            .any(|sign| text.contains(sign)),
    };
    if ours { Fault::Broken(text) } else { Fault::Unavailable(text) }
}

/// A connection that could not be opened.
pub(crate) fn unreachable(error: &ConnectionError) -> Fault {
    Fault::Unavailable(format!("cannot open the database: {error}"))
}
