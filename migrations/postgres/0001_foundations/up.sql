-- What Portvakt keeps. Both trees hold the same tables and columns; a test compares them.

create table data_key (
  purpose    text not null,
  version    smallint not null,
  wrapped    bytea not null,
  created_at timestamptz not null,
  primary key (purpose, version)
);

create table signing_key (
  kid         text not null primary key,
  algorithm   text not null,
  sealed      bytea not null,
  created_at  timestamptz not null,
  active_from timestamptz not null,
  retired_at  timestamptz
);

-- The public halves of signing keys that were removed: an id_token comes back as a hint long after its key has gone.
create table past_key (
  kid        text not null primary key,
  public_key text not null,
  retired_at timestamptz not null
);

-- Goes up with every change that nodes keep in memory (apps, APIs, tenants, policies, keys).
create table epoch (
  id    smallint not null primary key check (id = 1),
  value bigint not null
);
insert into epoch (id, value) values (1, 1);

create table tenant (
  id           uuid not null primary key,
  slug         text not null unique,
  name         text not null,
  language     text,
  contact      jsonb not null,
  mail_sender  text,
  revision     bigint not null,
  suspended_at timestamptz,
  created_at   timestamptz not null
);

-- The deployment's default has the nil UUID as its owner; every other owner is a tenant.
create table policy (
  owner      uuid not null primary key,
  version    bigint not null,
  document   jsonb not null,
  changed_at timestamptz not null
);

create table domain (
  name        text not null primary key,
  tenant_id   uuid not null references tenant (id),
  verified_at timestamptz,
  created_at  timestamptz not null
);
create index domain_by_tenant on domain (tenant_id);

-- Where a tenant's people come from, and how many: the budgets of strangers grow with them.
create table network (
  tenant_id  uuid not null references tenant (id),
  cidr       text not null,
  people     integer not null,
  created_at timestamptz not null,
  primary key (tenant_id, cidr)
);

create table account (
  id            uuid not null primary key,
  sub           text not null unique,
  home_id       uuid references tenant (id),
  name          text not null,
  language      text,
  profile       jsonb not null,
  facts_version bigint not null,
  revision      bigint not null,
  disabled_at   timestamptz,
  created_at    timestamptz not null
);
create index account_by_home on account (home_id, id);

create table address (
  lookup      text not null primary key,
  account_id  uuid not null references account (id),
  stored      text not null,
  verified_at timestamptz,
  is_primary  boolean not null,
  created_at  timestamptz not null
);
create index address_by_account on address (account_id);
create unique index address_primary on address (account_id) where is_primary;

create table password (
  account_id     uuid not null primary key references account (id),
  hash           text not null,
  pepper_version smallint not null,
  length_class   smallint not null,
  rule           smallint not null,
  set_at         timestamptz not null,
  failures       integer not null,
  warned         integer not null,
  disabled_at    timestamptz
);
create index password_by_failures on password (failures);

create table device (
  id          uuid not null primary key,
  handle_hash bytea not null unique,
  created_at  timestamptz not null,
  seen_at     timestamptz not null
);

-- Which accounts a browser has seen signing in, and which addresses it was told to remember.
create table device_account (
  device_id  uuid not null references device (id) on delete cascade,
  account_id uuid not null references account (id) on delete cascade,
  address    text not null,
  remembered boolean not null,
  first_at   timestamptz not null,
  last_at    timestamptz not null,
  primary key (device_id, account_id)
);
create index device_account_by_account on device_account (account_id);

create table session (
  id               uuid not null primary key,
  handle_hash      bytea not null unique,
  account_id       uuid not null references account (id),
  device_id        uuid references device (id) on delete set null,
  proofs           jsonb not null,
  stamp_deployment bigint not null,
  stamp_tenant     bigint not null,
  stamp_facts      bigint not null,
  stamp_until      timestamptz not null,
  auth_time        timestamptz not null,
  created_at       timestamptz not null,
  seen_at          timestamptz not null,
  idle_until       timestamptz not null,
  expires_at       timestamptz not null,
  keep             boolean not null,
  description      text,
  ended_at         timestamptz
);
create index session_by_account on session (account_id);
create index session_by_end on session (idle_until);
create index session_open_by_end on session (idle_until) where ended_at is null;

create table app (
  id         uuid not null primary key,
  client_id  text not null unique,
  tenant_id  uuid references tenant (id),
  name       text not null,
  kind       text not null,
  settings   jsonb not null,
  version    bigint not null,
  created_at timestamptz not null,
  -- Whether it is told by the back channel that a session ended: what its settings say, where SQL can ask for it.
  hears_logout boolean not null
);

create table app_secret (
  id         uuid not null primary key,
  app_id     uuid not null references app (id) on delete cascade,
  hash       bytea not null,
  created_at timestamptz not null,
  sealed     bytea,
  expires_at timestamptz
);
create index app_secret_by_app on app_secret (app_id);

-- Apps that registered themselves, and the token with which each is managed (RFC 7592).
create table app_registration (
  app_id     uuid not null primary key references app (id) on delete cascade,
  token_hash bytea not null,
  vouched    boolean not null,
  changed_at timestamptz not null
);

-- Tokens with which apps can be registered (RFC 7591).
create table initial_token (
  id         uuid not null primary key,
  token_hash bytea not null unique,
  name       text not null,
  tenant_id  uuid references tenant (id),
  uses_left  bigint not null,
  expires_at timestamptz not null,
  created_at timestamptz not null
);

create table api (
  id         uuid not null primary key,
  identifier text not null unique,
  tenant_id  uuid references tenant (id),
  name       text not null,
  settings   jsonb not null,
  created_at timestamptz not null
);

create table consent (
  account_id uuid not null references account (id),
  app_id     uuid not null references app (id) on delete cascade,
  scopes     jsonb not null,
  claims     jsonb not null,
  apis       jsonb not null,
  given_at   timestamptz not null,
  primary key (account_id, app_id)
);
create index consent_by_app on consent (app_id);

-- One row per redeemed code; its key is the code's id, so redeeming twice cannot insert twice. An offline grant
-- outlives its session's row, so that is no foreign key.
create table grants (
  id               uuid not null primary key,
  account_id       uuid not null references account (id),
  session_id       uuid not null,
  app_id           uuid not null references app (id) on delete cascade,
  tenant_id        uuid references tenant (id),
  scopes           jsonb not null,
  apis             jsonb not null,
  facts            jsonb not null,
  sender_key       text,
  stamp_deployment bigint not null,
  stamp_tenant     bigint not null,
  stamp_facts      bigint not null,
  stamp_app        bigint not null,
  stamp_until      timestamptz not null,
  generation       bigint not null,
  offline          boolean not null,
  refreshable      boolean not null,
  created_at       timestamptz not null,
  used_at          timestamptz not null,
  successor        bytea,
  successor_at     timestamptz,
  idle_until       timestamptz not null,
  expires_at       timestamptz not null,
  revoked_at       timestamptz
);
create index grants_by_account on grants (account_id);
create index grants_by_session on grants (session_id);
create index grants_by_app on grants (app_id);
create index grants_by_end on grants (idle_until);

-- Apps that know a session and have no grant that says so: they were given an id_token alone, or their grant is swept.
create table session_app (
  session_id uuid not null references session (id) on delete cascade,
  app_id     uuid not null references app (id) on delete cascade,
  primary key (session_id, app_id)
);
create index session_app_by_app on session_app (app_id);

-- Apps that are still to be told that a session ended (OpenID Connect Back-Channel Logout), and those that could not be.
-- A row goes when its app has heard.
create table logout_notice (
  session_id  uuid not null,
  app_id      uuid not null references app (id) on delete cascade,
  account_id  uuid not null,
  attempts    integer not null,
  next_at     timestamptz not null,
  lease_until timestamptz,
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  failed_at   timestamptz,
  last_error  text,
  primary key (session_id, app_id)
);
create index logout_notice_waiting on logout_notice (next_at) where failed_at is null;
create index logout_notice_by_app on logout_notice (app_id);
create index logout_notice_given_up on logout_notice (failed_at) where failed_at is not null;

-- Access tokens revoked one by one (RFC 7009), until they would have run out.
create table revoked_token (
  jti        uuid not null primary key,
  expires_at timestamptz not null
);
create index revoked_token_by_end on revoked_token (expires_at);

-- Assertions that clients proved themselves with (RFC 7523): SHA-256 of client and jti, until nobody would take them.
create table used_assertion (
  hash       bytea not null primary key,
  expires_at timestamptz not null
);
create index used_assertion_by_end on used_assertion (expires_at);

create table challenge (
  id           uuid not null primary key,
  purpose      text not null,
  handle_hash  bytea not null unique,
  account_id   uuid references account (id),
  address      text not null,
  browser_hash bytea,
  request      text,
  facts        bigint not null,
  created_at   timestamptz not null,
  expires_at   timestamptz not null,
  spent_at     timestamptz
);
create index challenge_by_address on challenge (address, purpose);
create index challenge_by_end on challenge (expires_at);

-- Authorization requests that are too big to travel in an address, under a handle.
create table parked_request (
  handle_hash bytea not null primary key,
  sealed      bytea not null,
  expires_at  timestamptz not null
);
create index parked_request_by_end on parked_request (expires_at);

-- One counter per key and window: tries, mails, failures. All nodes share them.
create table limit_counter (
  key        text not null primary key,
  count      bigint not null,
  window_end timestamptz not null,
  held_until timestamptz not null
);
create index limit_counter_by_end on limit_counter (window_end);

create table outbox (
  id           uuid not null primary key,
  account_id   uuid,
  tenant_id    uuid,
  recipient    text not null,
  language     text not null,
  sealed       bytea,
  void         boolean not null,
  attempts     integer not null,
  next_at      timestamptz not null,
  lease_until  timestamptz,
  created_at   timestamptz not null,
  expires_at   timestamptz not null,
  delivered_at timestamptz,
  failed_at    timestamptz,
  last_error   text
);
create index outbox_waiting on outbox (next_at) where delivered_at is null and failed_at is null;
create index outbox_by_end on outbox (expires_at);

create table audit (
  id         uuid not null primary key,
  tenant_id  uuid,
  account_id uuid,
  app_id     uuid,
  event      text not null,
  detail     jsonb not null,
  at         timestamptz not null
);
create index audit_by_account on audit (account_id, id);
create index audit_by_tenant on audit (tenant_id, id);
