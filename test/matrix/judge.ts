import { isUtf8 } from 'node:buffer'
import type { Row } from '../fakes/ledger.ts'
import { complaintsAbout as aboutAnthropic } from '../wire/machines/anthropic-messages.ts'
import { complaintsAbout as aboutGemini, complaintsAboutArray } from '../wire/machines/gemini-generate.ts'
import { complaintsAbout as aboutChat } from '../wire/machines/openai-chat.ts'
import { complaintsAbout as aboutResponses } from '../wire/machines/openai-responses.ts'
import { type Got, notTold } from './caller.ts'
import { type Cell, lineOf, nameOf } from './cells.ts'
import { type Reading, readStream, readWhole } from './endpoints.ts'
import { afterContent, type Position } from './faults.ts'
import type { Sdks } from './sdks.ts'
import { firstOf, hasty, type Stage, secondOf } from './stage.ts'

/** What became of a request, as its caller sees it. */
export type Outcome =
  /** A whole right answer, from the second provider alone. */
  | 'the second'
  /** A whole right answer, from the first: nothing that matters was missing. */
  | 'the first'
  /** A whole right answer, begun by the first and gone on with by the second. */
  | 'gone on'
  /** A part of the answer, and an error that the caller's own SDK throws. */
  | 'an error'
  /** A whole answer that no provider gave: a count of tokens can be estimated. */
  | 'ourselves'
  /** A status that says no. */
  | 'refused'
  /** As the first wrote it, in the caller's own dialect. */
  | 'as it came'
  | 'wrong'

export type Verdict = {
  readonly cell: Cell
  readonly outcome: Outcome
  readonly complaints: readonly string[]
  readonly got: Got
}

/** What may become of it. */
function allowed(cell: Cell): readonly Outcome[] {
  const { fault, position, stream, standby, endpoint, both } = cell
  if (both) return endpoint.alone ? ['ourselves', 'refused'] : ['refused']
  const odd: readonly Outcome[] = isHandedOn(cell) ? ['as it came', 'the first'] : []
  const whole: readonly Outcome[] = fault.harmless === 'in wholes' && !stream ? ['the first'] : []
  if (fault.harmless === 'always') return ['the first', ...odd]
  if (!(stream && afterContent.has(position))) return ['the second', ...whole, ...odd]
  // What comes in one read with the first content is heard before the caller has anything.
  const either: readonly Outcome[] = ['the second', ...odd, ...(odd.length > 0 ? (['an error'] as const) : [])]
  const goneOn: readonly Outcome[] = standby && !cell.call ? ['gone on', ...either] : ['an error', ...either]
  // Where the stop has been told, what it used or a closing mark is all that is missing.
  return mayBeOver.has(position) ? [...goneOn, 'an error', 'the first'] : goneOn
}

const mayBeOver: ReadonlySet<Position> = new Set(['before the usage', 'before the last event'])

/** Odd, in the caller's own dialect: it is as its provider wrote it. */
const isHandedOn = ({ fault, first, endpoint }: Cell): boolean =>
  fault.handedOn === true && first === endpoint.tongue.id

export async function judge(cell: Cell, got: Got, rows: readonly Row[], stage: Stage, sdks: Sdks): Promise<Verdict> {
  const reading = read(cell, got)
  const [row] = rows
  const outcome = outcomeOf(cell, got, reading, row)
  const complaints = [
    ...(got.broke === undefined ? [] : [`the reply broke off: ${got.broke}`]),
    ...(msOf(got) < mostMs ? [] : [`it took ${msOf(got)} ms`]),
    ...(rows.length === 1 ? [] : [`${rows.length} rows`]),
    ...(allowed(cell).includes(outcome) ? [] : [`it came to ${outcome}: ${sample(got)}`]),
    ...(row ? aboutRow(cell, got, outcome, reading, row) : []),
    ...aboutAsking(cell, outcome, row, stage),
    ...aboutWire(cell, got, outcome),
    ...(outcome === 'refused' ? aboutWords(cell, reading) : []),
    ...(await aboutSdk(cell, got, outcome, sdks)),
  ]
  return { cell, outcome, complaints, got }
}

/** The deadline of a stage where timers ring, and time for a busy machine. */
const mostMs = hasty.totalMs + 3_000

export const msOf = ({ began, ended }: Got): number => Math.round(ended - began)

const sample = ({ status, bytes }: Got): string => {
  const text = new TextDecoder().decode(bytes)
  return `${status} ${text.length > 600 ? `${text.slice(0, 200)} … ${text.slice(-400)}` : text}`
}

/** What is no UTF-8 is read as most clients read it. */
function read(cell: Cell, { status, bytes }: Got): Reading {
  const sound = isUtf8(bytes)
  const readable = sound ? bytes : Buffer.from(new TextDecoder().decode(bytes))
  const reading =
    cell.stream && status === 200 ? readStream(cell.endpoint, readable) : readWhole(cell.endpoint, readable)
  return sound ? reading : { ...reading, garbage: true }
}

function outcomeOf(cell: Cell, { status }: Got, reading: Reading, row: Row | undefined): Outcome {
  const { heard, error, garbage } = reading
  if (status !== 200) return error === undefined ? 'wrong' : 'refused'
  if (garbage) return 'as it came'
  if (error !== undefined) return isPart(cell, reading) ? 'an error' : 'wrong'
  if (!isRight(cell, reading)) return 'wrong'
  if (heard?.finish === undefined && !isWholeWithout(cell)) return isHandedOn(cell) ? 'as it came' : 'wrong'
  return whoTold(row)
}

/** A reply that is one JSON text is whole without saying why it stopped. */
const isWholeWithout = ({ fault, stream }: Cell): boolean => fault.how('') === 'no-finish' && !stream

/** Half a call cannot be read; a text must be a beginning of the whole one. */
const isPart = ({ id, call, endpoint }: Cell, { heard }: Reading): boolean =>
  call || endpoint.right(lineOf(id)).startsWith(heard?.text ?? '')

const isRight = ({ id, call, endpoint }: Cell, { heard }: Reading): boolean =>
  call
    ? heard?.calls.length === 1 && heard.calls[0]?.name === 'weather' && isCity(heard.calls[0].args)
    : heard?.text === endpoint.right(lineOf(id))

const isCity = (args: unknown): boolean =>
  typeof args === 'object' && args !== null && 'city' in args && typeof args.city === 'string'

function whoTold(row: Row | undefined): Outcome {
  const told = row?.attempts.filter(({ outcome, part }) => outcome === 'ok' || part) ?? []
  if (told.length === 0) return 'ourselves'
  if (told.length > 1) return 'gone on'
  return told[0]?.provider.startsWith('first') ? 'the first' : 'the second'
}

/** The ledger tells the same story: every try, how it ended, what was used. */
function aboutRow(cell: Cell, got: Got, outcome: Outcome, { heard }: Reading, row: Row): readonly string[] {
  const [first, ...others] = row.attempts
  const whole = ['the first', 'the second', 'gone on', 'ourselves'].includes(outcome)
  const reasons = cell.fault.reasons
  const failedFirst = first?.outcome !== 'ok'
  return [
    ...(first?.provider === firstOf(cell) ? [] : [`the row begins with ${first?.provider}`]),
    ...(whole === (row.code === 'ok') || outcome === 'as it came' ? [] : [`the row says ${row.code} of ${outcome}`]),
    ...(got.status === notTold || row.status === got.status
      ? []
      : [`the row says ${row.status}, the caller was told ${got.status}`]),
    ...(failedFirst === (outcome === 'as it came' ? row.code !== 'ok' : outcome !== 'the first')
      ? []
      : [`the first try ended ${first?.outcome}`]),
    ...(failedFirst && !reasons.includes(first?.reason ?? '') ? [`the first try failed by ${first?.reason}`] : []),
    ...(outcome === 'the second' || outcome === 'gone on' || outcome === 'refused'
      ? others.length === 1 && others[0]?.provider === secondOf(cell)
        ? []
        : [`the tries after it are ${JSON.stringify(others.map(each => each.provider))}`]
      : []),
    ...(outcome === 'gone on' && others[0]?.why !== 'standby' ? [`the second was asked for ${others[0]?.why}`] : []),
    ...aboutTokens(outcome, heard?.completion, row),
    ...aboutAttempts(outcome, got, row),
  ]
}

function aboutTokens(outcome: Outcome, completion: number | undefined, { usage }: Row): readonly string[] {
  if ((outcome !== 'the second' && outcome !== 'gone on') || completion === undefined) return []
  const counted = usage && usage.output + usage.reasoning
  return counted === completion ? [] : [`the caller was told of ${completion} tokens, the row of ${counted}`]
}

/** The header is written before a stream is gone on with. */
function aboutAttempts(outcome: Outcome, { headers }: Got, { attempts }: Row): readonly string[] {
  const told = headers.get('x-thalamus-attempts')
  if (told === null) return []
  const before = attempts.filter(({ why }) => why !== 'standby').length
  return Number(told) === (outcome === 'refused' ? attempts.length : before) ? [] : [`x-thalamus-attempts says ${told}`]
}

/** The second itself says whether it was asked. */
function aboutAsking(cell: Cell, outcome: Outcome, row: Row | undefined, { understudy }: Stage): readonly string[] {
  if (cell.both) return []
  const asked = understudy.wasAsked(nameOf(cell))
  const told = row?.attempts.some(({ provider }) => provider === secondOf(cell)) ?? false
  const needed = outcome === 'the second' || outcome === 'gone on'
  return [
    ...(needed && !asked ? ['the second was never asked'] : []),
    ...(asked === told ? [] : [`the second was ${asked ? '' : 'not '}asked, the row says otherwise`]),
  ]
}

/** Who was asked in vain is told by name; where the request itself is at fault, its first refusal is told as it is. */
function aboutWords(cell: Cell, { error }: Reading): readonly string[] {
  const ofTheRequest = cell.fault.reasons.includes('not_found')
  const named = [firstOf(cell), secondOf(cell)].every(name => error?.includes(name))
  return named || ofTheRequest ? [] : [`the refusal does not name both: ${error}`]
}

const machines: Readonly<Record<string, (text: string) => readonly string[]>> = {
  'openai-chat': aboutChat,
  'openai-responses': aboutResponses,
  'anthropic-messages': aboutAnthropic,
  'gemini-generate': aboutGemini,
  'gemini-generate, as an array': complaintsAboutArray,
}

/** A stream, whoever wrote it, is one that the dialect's machine accepts, with an error at its end or not. */
function aboutWire(cell: Cell, { status, bytes }: Got, outcome: Outcome): readonly string[] {
  const machine = machines[cell.endpoint.name]
  if (!machine || !cell.stream || status !== 200 || isHandedOn(cell)) return []
  const teller = outcome === 'the second' ? cell.second : cell.first
  const theirs = teller === cell.endpoint.tongue.id ? manners : /^$/
  const complaints = machine(new TextDecoder().decode(bytes)).filter(each => !theirs.test(each))
  return complaints.map(complaint => `on the wire: ${complaint}`)
}

/**
 * Where a provider's own words are handed on, its manners are too: Google counts in every chunk, a chat may end without its
 * mark, OpenAI's responses leave penalties out, errors have fields of their own, and what came in one read leaves in one.
 */
const manners =
  /^(usage before the end|no end|response\.\w+_penalty is undefined|an error without|error\.\w+ is|something after the end)/

/** What is whole is understood by the dialect's SDK, and what is not is an error to it. */
async function aboutSdk(cell: Cell, got: Got, outcome: Outcome, sdks: Sdks): Promise<readonly string[]> {
  const { sdk } = cell.endpoint
  const failed = outcome === 'an error' || outcome === 'refused'
  if (sdk === undefined || got.broke !== undefined || (isHandedOn(cell) && !failed)) return []
  try {
    const { text, tools, stop } = await sdks.understand(sdk, nameOf(cell), cell.stream, got)
    if (failed) return [`its SDK sees no error, but ${JSON.stringify({ text, tools, stop })}`]
    const right = cell.call
      ? tools.length === 1 && isCity(tools[0]?.input)
      : text === cell.endpoint.right(lineOf(cell.id))
    return right ? [] : [`its SDK understands ${JSON.stringify({ text, tools, stop })}`]
  } catch (error) {
    return failed ? [] : [`its SDK says ${String(error)}`]
  }
}
