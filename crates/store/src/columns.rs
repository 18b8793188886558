//! How a value of the model lies in a column: natively in each database.
//!
//! | SQL type     | PostgreSQL    | SQLite                    | model                        |
//! |--------------|---------------|---------------------------|------------------------------|
//! | [`Uid`]      | `uuid`        | BLOB, 16 bytes            | every typed id, `Uuid`       |
//! | [`Instant`]  | `timestamptz` | INTEGER, µs since 1970    | `Timestamp`                  |
//! | [`Document`] | `jsonb`       | TEXT                      | [`Json`]                     |
//! | [`Digest`]   | `bytea`       | BLOB, 32 bytes            | `TokenHash`                  |
//! | [`Word`]     | `text`        | TEXT                      | the model's closed enums     |
//!
//! The SQL types are ours, so the model's own types can be bound and read without a wrapper.

use diesel::backend::Backend;
use diesel::data_types::PgTimestamp;
use diesel::deserialize::{self, FromSql, FromSqlRow, Queryable};
use diesel::expression::AsExpression;
// The name under which diesel's own derive reaches it.
use diesel::internal::derives::as_expression::Bound;
use diesel::pg::Pg;
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{self, SqlOrd, SqlType};
use diesel::sqlite::Sqlite;
use portvakt_model::app::AppKind;
use portvakt_model::audit::AuditEvent;
use portvakt_model::challenge::ChallengePurpose;
use portvakt_model::key::{Algorithm, Purpose};
use portvakt_model::{
    AccountId, ApiId, AppId, AuditId, ChallengeId, DeviceId, GrantId, InitialTokenId, Language, OutboxId, SecretId,
    SenderKey, SessionId, Slug, TenantId, Timestamp, TokenHash,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::io::Write as _;
use uuid::Uuid;

/// A typed id.
#[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct Uid;

/// An instant.
#[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct Instant;

/// A JSON document.
#[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807), sqlite_type(name = "Text"))]
pub struct Document;

/// SHA-256 of a handle.
#[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
#[diesel(postgres_type(oid = 17, array_oid = 1001), sqlite_type(name = "Binary"))]
pub struct Digest;

/// The word for a value of a closed set.
#[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
#[diesel(postgres_type(oid = 25, array_oid = 1009), sqlite_type(name = "Text"))]
pub struct Word;

impl SqlOrd for Uid {}
impl SqlOrd for Instant {}
impl SqlOrd for Word {}

/// A type of the model and its SQL type. diesel's own way to bind a value, `AsExpression`, cannot be had for types of
/// another crate, so they are bound by [`bind`] (an `Option` needs nothing, diesel's own rule for it does).
pub(crate) trait Column {
    /// How it lies in the database.
    type Sql: SqlType;
}

impl<T: Column> Column for &T {
    type Sql = T::Sql;
}

/// Binds a value of the model to a statement.
pub(crate) fn bind<T: Column>(value: T) -> Bound<T::Sql, T> {
    Bound::new(value)
}

/// Binds and reads `$model` as a column of the SQL type `$sql`; the two `FromSql` and `ToSql` follow by hand.
macro_rules! column {
    ($model:ty, $sql:ty) => {
        impl Column for $model {
            type Sql = $sql;
        }
        impl<DB: Backend> Queryable<$sql, DB> for $model
        where
            Self: FromSql<$sql, DB>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    };
}

/// Writes and reads ids, sixteen bytes.
macro_rules! ids {
    ($($id:ident),+) => {$(
        impl ToSql<Uid, Pg> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                out.write_all(self.0.as_bytes())?;
                Ok(IsNull::No)
            }
        }
        impl ToSql<Uid, Sqlite> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.0.as_bytes().to_vec());
                Ok(IsNull::No)
            }
        }
        impl FromSql<Uid, Pg> for $id {
            fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(Self(Uuid::from_slice(value.as_bytes())?))
            }
        }
        impl FromSql<Uid, Sqlite> for $id {
            fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                let bytes = <Vec<u8> as FromSql<sql_types::Binary, Sqlite>>::from_sql(value)?;
                Ok(Self(Uuid::from_slice(&bytes)?))
            }
        }
    )+};
}

macro_rules! typed_ids {
    ($($id:ident),+) => {$(
        column!($id, Uid);
        ids!($id);
    )+};
}
typed_ids!(
    AccountId,
    ApiId,
    AppId,
    AuditId,
    ChallengeId,
    DeviceId,
    GrantId,
    InitialTokenId,
    OutboxId,
    SecretId,
    SessionId,
    TenantId
);

/// An id where its type says nothing: the `jti` of an access token, rows to be swept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = Uid)]
pub(crate) struct RowId(pub(crate) Uuid);
ids!(RowId);

/// A hash where its type says nothing: rows to be swept.
#[derive(Debug, Clone, Copy, AsExpression, FromSqlRow)]
#[diesel(sql_type = Digest)]
pub(crate) struct RowHash(pub(crate) [u8; 32]);

/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL's clock begins.
const PG_EPOCH: i64 = 946_684_800_000_000;

column!(Timestamp, Instant);
impl ToSql<Instant, Pg> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let moment = PgTimestamp(self.0.saturating_sub(PG_EPOCH));
        ToSql::<sql_types::Timestamptz, Pg>::to_sql(&moment, &mut out.reborrow())
    }
}
impl ToSql<Instant, Sqlite> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0);
        Ok(IsNull::No)
    }
}
impl FromSql<Instant, Pg> for Timestamp {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let moment = <PgTimestamp as FromSql<sql_types::Timestamptz, Pg>>::from_sql(value)?;
        Ok(Self(moment.0.saturating_add(PG_EPOCH)))
    }
}
impl FromSql<Instant, Sqlite> for Timestamp {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <i64 as FromSql<sql_types::BigInt, Sqlite>>::from_sql(value).map(Self)
    }
}

/// Writes and reads hashes, thirty-two bytes.
macro_rules! hashes {
    ($($hash:ident),+) => {$(
        impl ToSql<Digest, Pg> for $hash {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                out.write_all(&self.0)?;
                Ok(IsNull::No)
            }
        }
        impl ToSql<Digest, Sqlite> for $hash {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.0.to_vec());
                Ok(IsNull::No)
            }
        }
        impl FromSql<Digest, Pg> for $hash {
            fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(Self(value.as_bytes().try_into()?))
            }
        }
        impl FromSql<Digest, Sqlite> for $hash {
            fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                let bytes = <Vec<u8> as FromSql<sql_types::Binary, Sqlite>>::from_sql(value)?;
                Ok(Self(bytes.as_slice().try_into()?))
            }
        }
    )+};
}
column!(TokenHash, Digest);
hashes!(TokenHash, RowHash);

/// Writes and reads closed sets as their words.
macro_rules! words {
    ($($model:ident: $word:expr, $of_word:expr);+ $(;)?) => {$(
        column!($model, Word);
        impl ToSql<Word, Pg> for $model {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                out.write_all($word(self).as_bytes())?;
                Ok(IsNull::No)
            }
        }
        impl ToSql<Word, Sqlite> for $model {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value($word(self).to_owned());
                Ok(IsNull::No)
            }
        }
        impl FromSql<Word, Pg> for $model {
            fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                let word = std::str::from_utf8(value.as_bytes())?;
                $of_word(word).ok_or_else(|| concat!("an unknown word for ", stringify!($model)).into())
            }
        }
        impl FromSql<Word, Sqlite> for $model {
            fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                let word = <String as FromSql<sql_types::Text, Sqlite>>::from_sql(value)?;
                $of_word(&word).ok_or_else(|| concat!("an unknown word for ", stringify!($model)).into())
            }
        }
    )+};
}
words! {
    Language: |value: &Language| value.tag(), |word: &str| Language::ALL.into_iter().find(|value| value.tag() == word);
    AppKind: |value: &AppKind| value.word(), AppKind::of_word;
    AuditEvent: |value: &AuditEvent| value.word(), AuditEvent::of_word;
    ChallengePurpose: |value: &ChallengePurpose| value.word(), ChallengePurpose::of_word;
    Algorithm: |value: &Algorithm| value.name(), Algorithm::of_name;
    Purpose: |value: &Purpose| value.name(), Purpose::of_name;
    Slug: Slug::as_str, Slug::parse;
    SenderKey: SenderKey::text, SenderKey::of_text;
}

/// A value kept as one JSON document. The model's serde names are therefore part of the schema.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Document)]
pub(crate) struct Json<T: Debug>(pub(crate) T);

impl<T: Serialize + Debug> ToSql<Document, Pg> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&[1])?; // the version of jsonb's binary form
        serde_json::to_writer(out, &self.0)?;
        Ok(IsNull::No)
    }
}
impl<T: Serialize + Debug> ToSql<Document, Sqlite> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(&self.0)?);
        Ok(IsNull::No)
    }
}
impl<T: DeserializeOwned + Debug> FromSql<Document, Pg> for Json<T> {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes() {
            [1, text @ ..] => Ok(Self(serde_json::from_slice(text)?)),
            _ => Err("an unknown version of jsonb's binary form".into()),
        }
    }
}
impl<T: DeserializeOwned + Debug> FromSql<Document, Sqlite> for Json<T> {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<sql_types::Text, Sqlite>>::from_sql(value)?;
        Ok(Self(serde_json::from_str(&text)?))
    }
}
