import type { Migration } from './database.ts'

/** edge.db, step by step. Released steps are never edited. */
export const edgeMigrations: readonly Migration[] = [
  `
  create table saved_sync (
    id integer primary key check (id = 1),
    token text not null
  ) strict;

  -- a room stays known after we left it: that it was encrypted is never forgotten
  create table room (
    number integer primary key,
    room_id text not null unique,
    joined integer not null default 0,
    encrypted integer not null default 0,
    members_complete integer not null default 0,
    last_event text
  ) strict;

  create table room_state (
    room_id text not null,
    type text not null,
    state_key text not null,
    event text not null,
    primary key (room_id, type, state_key)
  ) strict, without rowid;

  create table member (
    room_id text not null,
    user_id text not null,
    membership text not null,
    since integer not null,
    display_name text,
    primary key (room_id, user_id)
  ) strict, without rowid;

  create table account_data (
    type text primary key,
    event text not null
  ) strict, without rowid;

  create table gap (
    sequence integer primary key,
    room_id text not null,
    from_token text not null,
    until_event text
  ) strict;

  create table inbox (
    sequence integer primary key,
    room_id text not null,
    event_id text not null unique,
    sent_at integer not null,
    received_at integer not null,
    raw text not null,
    draft_begun integer not null default 0,
    draft_event text,
    noticed_at integer
  ) strict;

  create table sequence_counter (
    id integer primary key check (id = 1),
    next integer not null
  ) strict;
  insert into sequence_counter values (1, 1);

  -- the first half of SHA-256 of an event id: 16 bytes instead of 44
  create table settled (
    event blob primary key,
    room integer not null,
    day integer not null
  ) strict, without rowid;

  create table settled_count (
    reason text primary key,
    count integer not null
  ) strict, without rowid;

  create table outbox (
    id integer primary key autoincrement,
    room_id text not null,
    tenant text not null,
    source text not null unique,
    turn text,
    content blob not null,
    created_at integer not null,
    device text,
    sent_parts integer not null default 0
  ) strict;

  -- sources whose row is sent and gone, hashed as in settled: the assistant never says the same twice
  create table sent_source (
    source blob primary key,
    sent_at integer not null
  ) strict, without rowid;

  create table own_event (
    event_id text primary key,
    room_id text,
    thread_root text
  ) strict, without rowid;
  create index own_event_by_thread on own_event (thread_root) where thread_root is not null;

  create table job (
    id integer primary key autoincrement,
    tenant text not null,
    kind text not null,
    payload blob not null,
    attempts integer not null default 0
  ) strict;

  create table fact (
    key text primary key,
    value text not null
  ) strict, without rowid;

  create table said_once (
    key text primary key
  ) strict, without rowid;

  create table binding (
    room_id text primary key,
    name text not null,
    tenant text not null,
    domain text not null,
    profile text,
    kind text not null,
    answers text,
    bound_at integer not null
  ) strict, without rowid;
  `,
  `
  -- what the assistant said by itself keeps its name, so that an answer to it finds what it is about
  alter table own_event add column source text;
  `,
]
