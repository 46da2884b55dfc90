import type { Database } from 'bun:sqlite'

/**
 * The schema, step by step; the number of steps taken is the database's `user_version`. A step that was released is
 * never changed, and only adds: a process of the version before goes on working on the file until it is replaced.
 *
 * `seq` is the order of writing and what pages are cut by. Tokens and cost have integer columns, to be summed.
 * Columns that hold text may hold a blob (text.ts). `tries` is NULL for one try that the row itself tells (row.ts).
 */
const steps = [
  `CREATE TABLE keys (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     team TEXT,
     models TEXT NOT NULL,
     limits TEXT NOT NULL,
     hint TEXT NOT NULL,
     secret_hash TEXT NOT NULL UNIQUE,
     created_at INTEGER NOT NULL,
     revoked_at INTEGER
   );
   CREATE UNIQUE INDEX keys_active_name ON keys (name) WHERE revoked_at IS NULL;
   CREATE TABLE settings (
     name TEXT PRIMARY KEY,
     value TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE requests (
     seq INTEGER PRIMARY KEY,
     id TEXT NOT NULL,
     at INTEGER NOT NULL,
     operation TEXT NOT NULL,
     dialect TEXT NOT NULL,
     stream INTEGER NOT NULL,
     key_id TEXT,
     key_name TEXT,
     team TEXT,
     model_asked TEXT,
     provider TEXT,
     model TEXT,
     status INTEGER NOT NULL,
     code TEXT NOT NULL,
     message TEXT,
     stop_reason TEXT,
     input_tokens INTEGER,
     cache_read_tokens INTEGER,
     cache_write_tokens INTEGER,
     output_tokens INTEGER,
     reasoning_tokens INTEGER,
     price TEXT,
     cost_nano_usd INTEGER,
     plan TEXT,
     tries TEXT,
     try_started_ms REAL,
     try_status INTEGER,
     try_headers_ms REAL,
     lost TEXT,
     bytes_in INTEGER NOT NULL,
     bytes_out INTEGER NOT NULL,
     first_token_ms REAL,
     total_ms REAL NOT NULL,
     overhead_ms REAL NOT NULL,
     task TEXT,
     user TEXT,
     tags TEXT,
     trace_id TEXT
   );
   CREATE UNIQUE INDEX requests_id ON requests (id);`,
  `ALTER TABLE requests ADD COLUMN try_key TEXT;
   ALTER TABLE requests ADD COLUMN happened TEXT;`,
  `CREATE TABLE replies (
     id TEXT NOT NULL,
     key_id TEXT NOT NULL,
     at INTEGER NOT NULL,
     maker TEXT NOT NULL,
     input TEXT,
     reply TEXT,
     PRIMARY KEY (key_id, id)
   ) WITHOUT ROWID;
   CREATE INDEX replies_at ON replies (at);`,
  `CREATE TABLE replays (
     seq INTEGER PRIMARY KEY,
     name TEXT NOT NULL,
     until INTEGER NOT NULL,
     size INTEGER NOT NULL,
     print TEXT NOT NULL,
     id TEXT NOT NULL,
     dialect TEXT NOT NULL,
     form TEXT NOT NULL,
     content_type TEXT NOT NULL,
     stop_reason TEXT,
     bytes BLOB NOT NULL
   );
   CREATE UNIQUE INDEX replays_name ON replays (name);
   CREATE INDEX replays_until ON replays (until);
   CREATE INDEX replays_size ON replays (size);`,
  `CREATE TABLE reply_items (
     id TEXT NOT NULL,
     key_id TEXT NOT NULL,
     at INTEGER NOT NULL,
     reply TEXT NOT NULL,
     place INTEGER NOT NULL,
     PRIMARY KEY (key_id, id)
   ) WITHOUT ROWID;
   CREATE INDEX reply_items_reply ON reply_items (key_id, reply);
   CREATE INDEX reply_items_at ON reply_items (at);`,
]

/** "Thal" in ASCII: tells our files from every other SQLite database. */
const applicationId = 0x5468616c

/** Takes the steps that are missing. Refuses a database that is not ours, and one from the future. */
export function migrate(database: Database): void {
  if (isOurs(database) && stepsTaken(database) === steps.length) return
  // IMMEDIATE, so that of two processes starting together the second waits, and finds the work done.
  database.transaction(takeMissingSteps).immediate(database)
}

function takeMissingSteps(database: Database): void {
  const taken = stepsTaken(database)
  if (!isOurs(database) && number(database, 'SELECT count(*) FROM sqlite_schema') > 0) {
    throw new Error('it is a SQLite database of another program. Give Thalamus a file of its own')
  }
  if (taken > steps.length) {
    throw new Error(
      `it was written by a newer Thalamus (its schema is ${taken}, this version knows up to ${steps.length}). ` +
        'Run that version again, or give this one a file of its own',
    )
  }
  for (const step of steps.slice(taken)) database.run(step)
  database.run(`PRAGMA application_id = ${applicationId}`)
  database.run(`PRAGMA user_version = ${steps.length}`)
}

const stepsTaken = (database: Database): number => number(database, 'PRAGMA user_version')

const isOurs = (database: Database): boolean => number(database, 'PRAGMA application_id') === applicationId

function number(database: Database, question: string): number {
  const [answer] = database.query<[number], []>(question).values()[0] ?? []
  return Number(answer)
}
