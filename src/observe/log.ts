import { type Clock, systemClock } from '../lib/clock.ts'
import { happeningFields } from '../model/happening.ts'
import { usdText } from '../model/money.ts'
import { missingIn, type Record } from '../model/record.ts'
import type { Usage } from '../model/usage.ts'
import type { Sink, Teller } from '../ports/sink.ts'
import { type Lines, openLines, outletOf } from './lines.ts'
import { redact, scrub } from './redact.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export type Log = {
  /** A line for each request. With a level above `info` only those that failed on our side or a provider's. */
  readonly request: Sink
  /** A line for what happens beside the requests: `listening`, `reload`, `key`. */
  event(name: string, fields: object): void
  /** A line for each decision that was taken for a request, when it is taken. */
  readonly happening: Teller
  /** What went wrong here; `more` says it of an event that has a name. */
  error(message: string, cause: unknown, more?: { readonly event: string; readonly ok: false }): void
  /** Writes what is still held before it returns. Call it on the process's way out, whichever that is. */
  close(): void
}

export type LogOptions = {
  readonly level: LogLevel
  /** Takes the lines instead of stdout. */
  readonly write?: (text: string) => void
  /** Is told how many lines were lost because the reader of stdout was too slow, or had left. */
  readonly onDrop?: (lines: number) => void
  readonly clock?: Clock
}

const ranks: { readonly [level in LogLevel]: number } = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 }

/**
 * One JSON object a line on stdout: the request's id and figures, never a body, never a secret. Nothing here waits or
 * throws. Costs 2.2 us CPU a request under load, the write included, and leaves 0.9 KB to collect. Joining the line by
 * hand is no quicker: `JSON.stringify` fills a buffer of its own, where a joined text is first a tree of its pieces.
 */
export function openLog({ level, write, onDrop = () => undefined, clock = systemClock }: LogOptions): Log {
  const lines: Lines = write
    ? { add: line => write(`${line}\n`), close: () => undefined }
    : openLines({ outlet: outletOf(1), clock, onDrop })
  const time = isoTimes()

  function put(rank: LogLevel, fields: (head: Head) => object): void {
    if (ranks[rank] < ranks[level]) return
    lines.add(lineOf({ time: time(clock.wall()), level: rank }, fields))
  }

  return {
    request: (record, cause) => put(levelOf(record), head => requestFields(head, record, cause)),
    event: (name, fields) =>
      put('info', head => ({ ...head, event: name, ...(redact({ ...fields, event: name }) as object), ...head })),
    happening: (happening, about) =>
      put('info', head => ({
        ...head,
        event: happening.type,
        request_id: about?.requestId,
        trace_id: about?.traceId,
        ...scrubbedFields(happeningFields(happening)),
      })),
    error: (message, cause, more) =>
      put('error', head => ({ ...head, event: 'error', ...more, message: scrub(message), cause: redact(cause) })),
    close: () => lines.close(),
  }
}

type Head = { readonly time: string; readonly level: LogLevel }

/** Time and level stand first. What cannot be printed (a getter that throws) still leaves a line that says so: the log must not end a request. */
function lineOf(head: Head, fields: (head: Head) => object): string {
  try {
    return JSON.stringify(fields(head))
  } catch (error) {
    return JSON.stringify({
      ...head,
      event: 'error',
      message: 'A log line could not be printed.',
      cause: redact(error),
    })
  }
}

/** Under load many lines are written within a millisecond, and spelling it out costs a tenth of a line. */
function isoTimes(): (wall: number) => string {
  let last = { wall: Number.NaN, text: '' }
  return wall => {
    // biome-ignore lint/style/noRestrictedGlobals: spells out a moment that it is given; it does not ask for the time.
    if (wall !== last.wall) last = { wall, text: new Date(wall).toISOString() }
    return last.text
  }
}

function levelOf(record: Record): LogLevel {
  if (record.code === 'internal') return 'error'
  return record.status >= 500 ? 'warn' : 'info'
}

/**
 * One literal, because spreading objects into one another took a third of a line's time. What is undefined is not
 * printed. The texts that a caller chose may hold a key pasted by mistake.
 */
const requestFields = ({ time, level }: Head, record: Record, cause: unknown): object => ({
  time,
  level,
  event: 'request',
  request_id: record.id,
  trace_id: record.traceId,
  operation: record.operation,
  dialect: record.dialect,
  stream: record.stream,
  key: record.keyName,
  team: record.team,
  model_asked: scrubbed(record.modelAsked),
  provider: record.provider,
  model: scrubbed(record.model),
  status: record.status,
  code: record.code,
  message: scrubbed(record.message),
  stop_reason: record.stopReason,
  attempts: record.tries.length,
  usage: record.usage && usageFields(record.usage),
  cost_usd: record.cost === undefined ? null : usdText(record.cost),
  ttft_ms: record.firstTokenMs && micros(record.firstTokenMs),
  duration_ms: micros(record.totalMs),
  overhead_ms: micros(record.overheadMs),
  bytes_in: record.bytesIn,
  bytes_out: record.bytesOut,
  missing: missingOf(record),
  lost: scrubAll(record.lost),
  task: scrubbed(record.task),
  user: scrubbed(record.user),
  tags: scrubAll(record.tags),
  cause: cause === undefined ? undefined : redact(cause),
})

const usageFields = (usage: Usage): object => ({
  input: usage.input,
  cache_read: usage.cacheRead,
  cache_write: usage.cacheWrite,
  output: usage.output,
  reasoning: usage.reasoning,
})

/** A model's name is a caller's word, too. */
const scrubbedFields = (fields: object): object =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? scrub(value) : value]),
  )

const scrubbed = (text: string | undefined): string | undefined => text && scrub(text)

const scrubAll = (texts: readonly string[]): readonly string[] => (texts.length === 0 ? texts : texts.map(scrub))

/** Left out where nothing is, which is nearly always. */
function missingOf(record: Record): readonly string[] | undefined {
  const missing = missingIn(record)
  return missing.length === 0 ? undefined : scrubAll(missing)
}

/** Milliseconds to the microsecond: more digits are noise, and printing them is most of the cost of a number. */
const micros = (ms: number): number => Math.round(ms * 1000) / 1000
