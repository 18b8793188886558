//! The tables, as `migrations/` makes them. Both databases hold the same tables and columns; a contract test compares
//! them with each other.

diesel::table! {
    use crate::columns::{Instant, Word};
    use diesel::sql_types::{Binary, SmallInt};

    data_key (purpose, version) {
        purpose -> Word,
        version -> SmallInt,
        wrapped -> Binary,
        created_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Instant, Word};
    use diesel::sql_types::{Binary, Nullable, Text};

    signing_key (kid) {
        kid -> Text,
        algorithm -> Word,
        sealed -> Binary,
        created_at -> Instant,
        active_from -> Instant,
        retired_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::columns::Instant;

    past_key (kid) {
        kid -> Text,
        public_key -> Text,
        retired_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, SmallInt};

    epoch (id) {
        id -> SmallInt,
        value -> BigInt,
    }
}

diesel::table! {
    use crate::columns::{Document, Instant, Uid, Word};
    use diesel::sql_types::{BigInt, Nullable, Text};

    tenant (id) {
        id -> Uid,
        slug -> Word,
        name -> Text,
        language -> Nullable<Word>,
        contact -> Document,
        mail_sender -> Nullable<Text>,
        revision -> BigInt,
        suspended_at -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Document, Instant, Uid};
    use diesel::sql_types::BigInt;

    policy (owner) {
        owner -> Uid,
        version -> BigInt,
        document -> Document,
        changed_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Instant, Uid};
    use diesel::sql_types::{Nullable, Text};

    domain (name) {
        name -> Text,
        tenant_id -> Uid,
        verified_at -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Instant, Uid};
    use diesel::sql_types::{Integer, Text};

    network (tenant_id, cidr) {
        tenant_id -> Uid,
        cidr -> Text,
        people -> Integer,
        created_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Document, Instant, Uid, Word};
    use diesel::sql_types::{BigInt, Nullable, Text};

    account (id) {
        id -> Uid,
        sub -> Text,
        home_id -> Nullable<Uid>,
        name -> Text,
        language -> Nullable<Word>,
        profile -> Document,
        facts_version -> BigInt,
        revision -> BigInt,
        disabled_at -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Instant, Uid};
    use diesel::sql_types::{Bool, Nullable, Text};

    address (lookup) {
        lookup -> Text,
        account_id -> Uid,
        stored -> Text,
        verified_at -> Nullable<Instant>,
        is_primary -> Bool,
        created_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Instant, Uid};
    use diesel::sql_types::{Integer, Nullable, SmallInt, Text};

    password (account_id) {
        account_id -> Uid,
        hash -> Text,
        pepper_version -> SmallInt,
        length_class -> SmallInt,
        rule -> SmallInt,
        set_at -> Instant,
        failures -> Integer,
        warned -> Integer,
        disabled_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::columns::{Digest, Instant, Uid};

    device (id) {
        id -> Uid,
        handle_hash -> Digest,
        created_at -> Instant,
        seen_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Instant, Uid};
    use diesel::sql_types::{Bool, Text};

    device_account (device_id, account_id) {
        device_id -> Uid,
        account_id -> Uid,
        address -> Text,
        remembered -> Bool,
        first_at -> Instant,
        last_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Digest, Document, Instant, Uid};
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};

    session (id) {
        id -> Uid,
        handle_hash -> Digest,
        account_id -> Uid,
        device_id -> Nullable<Uid>,
        proofs -> Document,
        stamp_deployment -> BigInt,
        stamp_tenant -> BigInt,
        stamp_facts -> BigInt,
        stamp_until -> Instant,
        auth_time -> Instant,
        created_at -> Instant,
        seen_at -> Instant,
        idle_until -> Instant,
        expires_at -> Instant,
        keep -> Bool,
        description -> Nullable<Text>,
        ended_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::columns::{Document, Instant, Uid, Word};
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};

    app (id) {
        id -> Uid,
        client_id -> Text,
        tenant_id -> Nullable<Uid>,
        name -> Text,
        kind -> Word,
        settings -> Document,
        version -> BigInt,
        created_at -> Instant,
        hears_logout -> Bool,
    }
}

diesel::table! {
    use crate::columns::{Digest, Instant, Uid};
    use diesel::sql_types::{Binary, Nullable};

    app_secret (id) {
        id -> Uid,
        app_id -> Uid,
        hash -> Digest,
        created_at -> Instant,
        sealed -> Nullable<Binary>,
        expires_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::columns::{Digest, Instant, Uid};
    use diesel::sql_types::Bool;

    app_registration (app_id) {
        app_id -> Uid,
        token_hash -> Digest,
        vouched -> Bool,
        changed_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Digest, Instant, Uid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    initial_token (id) {
        id -> Uid,
        token_hash -> Digest,
        name -> Text,
        tenant_id -> Nullable<Uid>,
        uses_left -> BigInt,
        expires_at -> Instant,
        created_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Document, Instant, Uid};
    use diesel::sql_types::{Nullable, Text};

    api (id) {
        id -> Uid,
        identifier -> Text,
        tenant_id -> Nullable<Uid>,
        name -> Text,
        settings -> Document,
        created_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Document, Instant, Uid};

    consent (account_id, app_id) {
        account_id -> Uid,
        app_id -> Uid,
        scopes -> Document,
        claims -> Document,
        apis -> Document,
        given_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Document, Instant, Uid, Word};
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable};

    grants (id) {
        id -> Uid,
        account_id -> Uid,
        session_id -> Uid,
        app_id -> Uid,
        tenant_id -> Nullable<Uid>,
        scopes -> Document,
        apis -> Document,
        facts -> Document,
        sender_key -> Nullable<Word>,
        stamp_deployment -> BigInt,
        stamp_tenant -> BigInt,
        stamp_facts -> BigInt,
        stamp_app -> BigInt,
        stamp_until -> Instant,
        generation -> BigInt,
        offline -> Bool,
        refreshable -> Bool,
        created_at -> Instant,
        used_at -> Instant,
        successor -> Nullable<Binary>,
        successor_at -> Nullable<Instant>,
        idle_until -> Instant,
        expires_at -> Instant,
        revoked_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::columns::Uid;

    session_app (session_id, app_id) {
        session_id -> Uid,
        app_id -> Uid,
    }
}

diesel::table! {
    use crate::columns::{Instant, Uid};
    use diesel::sql_types::{Integer, Nullable, Text};

    logout_notice (session_id, app_id) {
        session_id -> Uid,
        app_id -> Uid,
        account_id -> Uid,
        attempts -> Integer,
        next_at -> Instant,
        lease_until -> Nullable<Instant>,
        created_at -> Instant,
        expires_at -> Instant,
        failed_at -> Nullable<Instant>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::columns::{Instant, Uid};

    revoked_token (jti) {
        jti -> Uid,
        expires_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Digest, Instant};

    used_assertion (hash) {
        hash -> Digest,
        expires_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Digest, Instant, Uid, Word};
    use diesel::sql_types::{BigInt, Nullable, Text};

    challenge (id) {
        id -> Uid,
        purpose -> Word,
        handle_hash -> Digest,
        account_id -> Nullable<Uid>,
        address -> Text,
        browser_hash -> Nullable<Digest>,
        request -> Nullable<Text>,
        facts -> BigInt,
        created_at -> Instant,
        expires_at -> Instant,
        spent_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::columns::{Digest, Instant};
    use diesel::sql_types::Binary;

    parked_request (handle_hash) {
        handle_hash -> Digest,
        sealed -> Binary,
        expires_at -> Instant,
    }
}

diesel::table! {
    use crate::columns::Instant;
    use diesel::sql_types::{BigInt, Text};

    limit_counter (key) {
        key -> Text,
        count -> BigInt,
        window_end -> Instant,
        held_until -> Instant,
    }
}

diesel::table! {
    use crate::columns::{Instant, Uid, Word};
    use diesel::sql_types::{Binary, Bool, Integer, Nullable, Text};

    outbox (id) {
        id -> Uid,
        account_id -> Nullable<Uid>,
        tenant_id -> Nullable<Uid>,
        recipient -> Text,
        language -> Word,
        sealed -> Nullable<Binary>,
        void -> Bool,
        attempts -> Integer,
        next_at -> Instant,
        lease_until -> Nullable<Instant>,
        created_at -> Instant,
        expires_at -> Instant,
        delivered_at -> Nullable<Instant>,
        failed_at -> Nullable<Instant>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::columns::{Document, Instant, Uid, Word};
    use diesel::sql_types::Nullable;

    audit (id) {
        id -> Uid,
        tenant_id -> Nullable<Uid>,
        account_id -> Nullable<Uid>,
        app_id -> Nullable<Uid>,
        event -> Word,
        detail -> Document,
        at -> Instant,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    account,
    address,
    app,
    app_registration,
    app_secret,
    consent,
    device,
    device_account,
    domain,
    epoch,
    grants,
    logout_notice,
    password,
    past_key,
    policy,
    revoked_token,
    session,
    session_app,
    signing_key,
    tenant,
);
