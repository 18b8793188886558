-- What Portvakt keeps. Both trees hold the same tables and columns; a test compares them.

create table data_key (
  purpose    text not null,
  version    integer not null,
  wrapped    blob not null,
  created_at integer not null,
  primary key (purpose, version)
) strict;

create table signing_key (
  kid         text not null primary key,
  algorithm   text not null,
  sealed      blob not null,
  created_at  integer not null,
  active_from integer not null,
  retired_at  integer
) strict;

-- The public halves of signing keys that were removed: an id_token comes back as a hint long after its key has gone.
create table past_key (
  kid        text not null primary key,
  public_key text not null,
  retired_at integer not null
) strict;

-- Goes up with every change that nodes keep in memory (apps, APIs, tenants, policies, keys).
create table epoch (
  id    integer not null primary key check (id = 1),
  value integer not null
) strict;
insert into epoch (id, value) values (1, 1);

create table tenant (
  id           blob not null primary key,
  slug         text not null unique,
  name         text not null,
  language     text,
  contact      text not null,
  mail_sender  text,
  revision     integer not null,
  suspended_at integer,
  created_at   integer not null
) strict;

-- The deployment's default has the nil UUID as its owner; every other owner is a tenant.
create table policy (
  owner      blob not null primary key,
  version    integer not null,
  document   text not null,
  changed_at integer not null
) strict;

create table domain (
  name        text not null primary key,
  tenant_id   blob not null references tenant (id),
  verified_at integer,
  created_at  integer not null
) strict;
create index domain_by_tenant on domain (tenant_id);

-- Where a tenant's people come from, and how many: the budgets of strangers grow with them.
create table network (
  tenant_id  blob not null references tenant (id),
  cidr       text not null,
  people     integer not null,
  created_at integer not null,
  primary key (tenant_id, cidr)
) strict;

create table account (
  id            blob not null primary key,
  sub           text not null unique,
  home_id       blob references tenant (id),
  name          text not null,
  language      text,
  profile       text not null,
  facts_version integer not null,
  revision      integer not null,
  disabled_at   integer,
  created_at    integer not null
) strict;
create index account_by_home on account (home_id, id);

create table address (
  lookup      text not null primary key,
  account_id  blob not null references account (id),
  stored      text not null,
  verified_at integer,
  is_primary  integer not null,
  created_at  integer not null
) strict;
create index address_by_account on address (account_id);
create unique index address_primary on address (account_id) where is_primary;

create table password (
  account_id     blob not null primary key references account (id),
  hash           text not null,
  pepper_version integer not null,
  length_class   integer not null,
  rule           integer not null,
  set_at         integer not null,
  failures       integer not null,
  warned         integer not null,
  disabled_at    integer
) strict;
create index password_by_failures on password (failures);

create table device (
  id          blob not null primary key,
  handle_hash blob not null unique,
  created_at  integer not null,
  seen_at     integer not null
) strict;

-- Which accounts a browser has seen signing in, and which addresses it was told to remember.
create table device_account (
  device_id  blob not null references device (id) on delete cascade,
  account_id blob not null references account (id) on delete cascade,
  address    text not null,
  remembered integer not null,
  first_at   integer not null,
  last_at    integer not null,
  primary key (device_id, account_id)
) strict;
create index device_account_by_account on device_account (account_id);

create table session (
  id               blob not null primary key,
  handle_hash      blob not null unique,
  account_id       blob not null references account (id),
  device_id        blob references device (id) on delete set null,
  proofs           text not null,
  stamp_deployment integer not null,
  stamp_tenant     integer not null,
  stamp_facts      integer not null,
  stamp_until      integer not null,
  auth_time        integer not null,
  created_at       integer not null,
  seen_at          integer not null,
  idle_until       integer not null,
  expires_at       integer not null,
  keep             integer not null,
  description      text,
  ended_at         integer
) strict;
create index session_by_account on session (account_id);
create index session_by_end on session (idle_until);
create index session_open_by_end on session (idle_until) where ended_at is null;

create table app (
  id         blob not null primary key,
  client_id  text not null unique,
  tenant_id  blob references tenant (id),
  name       text not null,
  kind       text not null,
  settings   text not null,
  version    integer not null,
  created_at integer not null,
  -- Whether it is told by the back channel that a session ended: what its settings say, where SQL can ask for it.
  hears_logout integer not null
) strict;

create table app_secret (
  id         blob not null primary key,
  app_id     blob not null references app (id) on delete cascade,
  hash       blob not null,
  created_at integer not null,
  sealed     blob,
  expires_at integer
) strict;
create index app_secret_by_app on app_secret (app_id);

-- Apps that registered themselves, and the token with which each is managed (RFC 7592).
create table app_registration (
  app_id     blob not null primary key references app (id) on delete cascade,
  token_hash blob not null,
  vouched    integer not null,
  changed_at integer not null
) strict;

-- Tokens with which apps can be registered (RFC 7591).
create table initial_token (
  id         blob not null primary key,
  token_hash blob not null unique,
  name       text not null,
  tenant_id  blob references tenant (id),
  uses_left  integer not null,
  expires_at integer not null,
  created_at integer not null
) strict;

create table api (
  id         blob not null primary key,
  identifier text not null unique,
  tenant_id  blob references tenant (id),
  name       text not null,
  settings   text not null,
  created_at integer not null
) strict;

create table consent (
  account_id blob not null references account (id),
  app_id     blob not null references app (id) on delete cascade,
  scopes     text not null,
  claims     text not null,
  apis       text not null,
  given_at   integer not null,
  primary key (account_id, app_id)
) strict;
create index consent_by_app on consent (app_id);

-- One row per redeemed code; its key is the code's id, so redeeming twice cannot insert twice. An offline grant
-- outlives its session's row, so that is no foreign key.
create table grants (
  id               blob not null primary key,
  account_id       blob not null references account (id),
  session_id       blob not null,
  app_id           blob not null references app (id) on delete cascade,
  tenant_id        blob references tenant (id),
  scopes           text not null,
  apis             text not null,
  facts            text not null,
  sender_key       text,
  stamp_deployment integer not null,
  stamp_tenant     integer not null,
  stamp_facts      integer not null,
  stamp_app        integer not null,
  stamp_until      integer not null,
  generation       integer not null,
  offline          integer not null,
  refreshable      integer not null,
  created_at       integer not null,
  used_at          integer not null,
  successor        blob,
  successor_at     integer,
  idle_until       integer not null,
  expires_at       integer not null,
  revoked_at       integer
) strict;
create index grants_by_account on grants (account_id);
create index grants_by_session on grants (session_id);
create index grants_by_app on grants (app_id);
create index grants_by_end on grants (idle_until);

-- Apps that know a session and have no grant that says so: they were given an id_token alone, or their grant is swept.
create table session_app (
  session_id blob not null references session (id) on delete cascade,
  app_id     blob not null references app (id) on delete cascade,
  primary key (session_id, app_id)
) strict;
create index session_app_by_app on session_app (app_id);

-- Apps that are still to be told that a session ended (OpenID Connect Back-Channel Logout), and those that could not be.
-- A row goes when its app has heard.
create table logout_notice (
  session_id  blob not null,
  app_id      blob not null references app (id) on delete cascade,
  account_id  blob not null,
  attempts    integer not null,
  next_at     integer not null,
  lease_until integer,
  created_at  integer not null,
  expires_at  integer not null,
  failed_at   integer,
  last_error  text,
  primary key (session_id, app_id)
) strict;
create index logout_notice_waiting on logout_notice (next_at) where failed_at is null;
create index logout_notice_by_app on logout_notice (app_id);
create index logout_notice_given_up on logout_notice (failed_at) where failed_at is not null;

-- Access tokens revoked one by one (RFC 7009), until they would have run out.
create table revoked_token (
  jti        blob not null primary key,
  expires_at integer not null
) strict;
create index revoked_token_by_end on revoked_token (expires_at);

-- Assertions that clients proved themselves with (RFC 7523): SHA-256 of client and jti, until nobody would take them.
create table used_assertion (
  hash       blob not null primary key,
  expires_at integer not null
) strict;
create index used_assertion_by_end on used_assertion (expires_at);

create table challenge (
  id           blob not null primary key,
  purpose      text not null,
  handle_hash  blob not null unique,
  account_id   blob references account (id),
  address      text not null,
  browser_hash blob,
  request      text,
  facts        integer not null,
  created_at   integer not null,
  expires_at   integer not null,
  spent_at     integer
) strict;
create index challenge_by_address on challenge (address, purpose);
create index challenge_by_end on challenge (expires_at);

-- Authorization requests that are too big to travel in an address, under a handle.
create table parked_request (
  handle_hash blob not null primary key,
  sealed      blob not null,
  expires_at  integer not null
) strict;
create index parked_request_by_end on parked_request (expires_at);

-- One counter per key and window: tries, mails, failures. All nodes share them.
create table limit_counter (
  key        text not null primary key,
  count      integer not null,
  window_end integer not null,
  held_until integer not null
) strict;
create index limit_counter_by_end on limit_counter (window_end);

create table outbox (
  id           blob not null primary key,
  account_id   blob,
  tenant_id    blob,
  recipient    text not null,
  language     text not null,
  sealed       blob,
  void         integer not null,
  attempts     integer not null,
  next_at      integer not null,
  lease_until  integer,
  created_at   integer not null,
  expires_at   integer not null,
  delivered_at integer,
  failed_at    integer,
  last_error   text
) strict;
create index outbox_waiting on outbox (next_at) where delivered_at is null and failed_at is null;
create index outbox_by_end on outbox (expires_at);

create table audit (
  id         blob not null primary key,
  tenant_id  blob,
  account_id blob,
  app_id     blob,
  event      text not null,
  detail     text not null,
  at         integer not null
) strict;
create index audit_by_account on audit (account_id, id);
create index audit_by_tenant on audit (tenant_id, id);
