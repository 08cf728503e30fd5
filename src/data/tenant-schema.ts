import type { Migration } from './database.ts'
import { chainAudit } from './sqlite-audit.ts'

/** tenants/<id>.db, step by step. Released steps are never edited. */
export const tenantMigrations: readonly Migration[] = [
  `
  -- the ledger is append-only: a call has one opening row and at most one ending row, neither ever changes
  create table call_opening (
    turn text not null,
    attempt integer not null check (attempt >= 1),
    call integer not null check (call >= 1),
    purpose text not null,
    room_id text not null,
    member text not null,
    domain text not null,
    alias text not null,
    reserved_nano_usd integer not null check (reserved_nano_usd >= 0),
    input_tokens_estimate integer not null check (input_tokens_estimate >= 0),
    opened_at integer not null,
    primary key (turn, attempt, call)
  ) strict, without rowid;
  create index call_opening_by_time on call_opening (opened_at);

  create table call_ending (
    turn text not null,
    attempt integer not null,
    call integer not null,
    kind text not null check (kind in ('settled', 'estimated', 'released')),
    model text,
    input_tokens integer not null check (input_tokens >= 0),
    output_tokens integer not null check (output_tokens >= 0),
    cached_tokens integer not null check (cached_tokens >= 0),
    cost_nano_usd integer not null check (cost_nano_usd >= 0),
    primary key (turn, attempt, call),
    foreign key (turn, attempt, call) references call_opening
  ) strict, without rowid;

  create trigger opening_stays before update on call_opening begin select raise(abort, 'the ledger is append-only'); end;
  create trigger opening_kept before delete on call_opening begin select raise(abort, 'the ledger is append-only'); end;
  create trigger ending_stays before update on call_ending begin select raise(abort, 'the ledger is append-only'); end;
  create trigger ending_kept before delete on call_ending begin select raise(abort, 'the ledger is append-only'); end;
  -- "insert or replace" deletes without asking the triggers above
  create trigger opening_once before insert on call_opening
  when exists (select 1 from call_opening where turn = new.turn and attempt = new.attempt and call = new.call)
  begin select raise(abort, 'the ledger is append-only'); end;
  create trigger ending_once before insert on call_ending
  when exists (select 1 from call_ending where turn = new.turn and attempt = new.attempt and call = new.call)
  begin select raise(abort, 'the ledger is append-only'); end;

  -- thread_root '' is the room's main timeline
  create table message (
    number integer primary key,
    event_id text not null unique,
    room_id text not null,
    thread_root text not null,
    author text not null check (author in ('member', 'assistant')),
    member text,
    name text not null,
    text text not null,
    at integer not null
  ) strict;
  create index message_by_room on message (room_id, thread_root, at, number);

  create table topic (
    room_id text not null,
    thread_root text not null,
    started_at integer not null,
    primary key (room_id, thread_root)
  ) strict, without rowid;

  -- redacted events: a job that remembers late must not bring them back
  create table forgotten (
    event_id text primary key
  ) strict, without rowid;

  create table trace (
    turn text not null,
    attempt integer not null,
    started_at integer not null,
    facts text not null,
    primary key (turn, attempt)
  ) strict;
  create index trace_by_time on trace (started_at);
  `,
  `
  -- what the rails stopped; harm at home is never written down where somebody at home may find it
  create table incident (
    turn text not null,
    direction text not null check (direction in ('in', 'out')),
    room_id text not null,
    member text not null,
    category text not null check (category <> 'harm-at-home'),
    severity text not null check (severity in ('low', 'medium', 'high')),
    action text not null check (action in ('care', 'refuse')),
    at integer not null,
    primary key (turn, direction)
  ) strict, without rowid;
  create index incident_by_member on incident (member, category, at);
  create index incident_by_time on incident (at);

  -- words: SHA-256 of the question as it is compared with later ones
  create table refused_question (
    turn text primary key,
    room_id text not null,
    member text not null,
    event_id text not null,
    thread_root text,
    text text not null,
    words blob not null,
    category text not null,
    at integer not null,
    asked_at integer,
    answer text check (answer in ('once', 'always', 'no')),
    guardian text,
    answered_at integer,
    answer_event text
  ) strict, without rowid;
  create index refused_question_by_member on refused_question (room_id, member, at);
  create index refused_question_allowed on refused_question (member, words) where answer = 'always';

  create table audit (
    number integer primary key autoincrement,
    at integer not null,
    actor text not null,
    action text not null,
    subject text not null,
    detail text not null
  ) strict;
  create index audit_by_time on audit (at, number);
  create trigger audit_stays before update on audit begin select raise(abort, 'the audit is append-only'); end;
  create trigger audit_kept before delete on audit begin select raise(abort, 'the audit is append-only'); end;
  -- "insert or replace" deletes without asking the triggers above
  create trigger audit_once before insert on audit when exists (select 1 from audit where number = new.number)
  begin select raise(abort, 'the audit is append-only'); end;
  `,
  `
  -- what was given on top of an allowance; a cause gives once
  create table allowance_grant (
    cause text primary key,
    event text not null,
    member text not null,
    unit text not null check (unit in ('money', 'messages', 'minutes')),
    amount integer not null check (amount > 0),
    granted_from integer not null,
    granted_until integer not null,
    granted_by text not null
  ) strict, without rowid;
  create index allowance_grant_by_member on allowance_grant (member, unit, granted_from);
  create trigger grant_stays before update on allowance_grant begin select raise(abort, 'grants are append-only'); end;
  create trigger grant_kept before delete on allowance_grant begin select raise(abort, 'grants are append-only'); end;

  create index call_opening_by_member on call_opening (member, opened_at);
  `,
  chainAudit,
]
