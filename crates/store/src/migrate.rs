//! The schema's migrations, one tree per database, embedded in the program.

use crate::conn::Conn;
use crate::fault::fault;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{PgConnection, RunQueryDsl as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use portvakt_model::Fault;

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The advisory lock under which PostgreSQL's schema is changed: "portvakt" as eight bytes.
const LOCK: i64 = i64::from_be_bytes(*b"portvakt");

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Runs what is missing and names it.
pub(crate) fn run(conn: &mut Conn) -> Result<Vec<String>, Fault> {
    match conn {
        // The write lock from the first statement on: of two programs that start together, one waits.
        Conn::Sqlite(c) => c.immediate_transaction(|c| Ok(pending(c, &SQLITE))).map_err(fault)?,
        Conn::Postgres(c) => {
            lock(c)?;
            pending(c, &POSTGRES)
        }
    }
}

/// Waits for other programs that look at the schema or change it: diesel takes no lock of its own, and looking alone makes
/// its table where there is none. The connection holds the lock, so that a migration may leave its transaction, and
/// ends it, as it is ours alone.
fn lock(c: &mut PgConnection) -> Result<(), Fault> {
    let lock = diesel::sql_query("select pg_advisory_lock($1)").bind::<diesel::sql_types::BigInt, _>(LOCK);
    lock.execute(c).map(|_| ()).map_err(fault)
}

/// Says what is wrong with the schema, if anything is.
pub(crate) fn check(conn: &mut Conn) -> Result<(), Fault> {
    let missing = match conn {
        Conn::Sqlite(c) => compare::<Sqlite>(c, &SQLITE)?,
        Conn::Postgres(c) => {
            lock(c)?;
            compare::<Pg>(c, &POSTGRES)?
        }
    };
    match missing.first() {
        None => Ok(()),
        Some(first) => Err(Fault::Broken(format!(
            "the database's schema is older than this program: migration {first} is missing; run `portvakt migrate`"
        ))),
    }
}

fn pending<DB: diesel::backend::Backend>(
    conn: &mut impl MigrationHarness<DB>,
    source: &EmbeddedMigrations,
) -> Result<Vec<String>, Fault>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let missing = compare(conn, source)?;
    let migrations = source.migrations().map_err(|error| broken(&error))?;
    for version in &missing {
        if let Some(migration) = migrations.iter().find(|found| found.name().version().to_string() == *version) {
            conn.run_migration(&**migration).map_err(|error| broken(&error))?;
        }
    }
    Ok(missing)
}

/// The versions that the program has and the database has not, in order; a fault if it is the other way round.
fn compare<DB: diesel::backend::Backend>(
    conn: &mut impl MigrationHarness<DB>,
    source: &EmbeddedMigrations,
) -> Result<Vec<String>, Fault>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let applied: Vec<String> =
        conn.applied_migrations().map_err(|error| broken(&error))?.iter().map(ToString::to_string).collect();
    let migrations: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(|error| broken(&error))?;
    let mut known: Vec<String> = migrations.iter().map(|migration| migration.name().version().to_string()).collect();
    known.sort();
    if let Some(newer) = applied.iter().find(|version| !known.contains(version)) {
        let newest = known.last().map_or("none", String::as_str);
        return Err(Fault::Broken(format!(
            "the database's schema is newer than this program: it has migration {newer}, this program knows up to \
             {newest}; start the newer program"
        )));
    }
    known.retain(|version| !applied.contains(version));
    Ok(known)
}

fn broken(error: &AnyError) -> Fault {
    Fault::Broken(format!("migration: {error}"))
}
