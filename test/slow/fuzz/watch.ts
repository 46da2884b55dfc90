import { count, type Finding, findingsIn, type Tally, type Tried } from './outcome.ts'
import { closeRelay, isRelayed, noVerdict, openRelay, type Relay, tryRelayed } from './relayed.ts'
import { tryOut } from './run.ts'
import { type Stock, stock } from './stock.ts'

export type Asked = { readonly seed: number; readonly cases: number }

export type Verdict = { readonly findings: readonly Finding[]; readonly tally: Tally }

type Timer = ReturnType<typeof setInterval>

/** What a worker is told, and what it says: what became of cases, what it found, and at last that it is done. */
export type Task = {
  readonly seed: number
  readonly from: number
  readonly to: number
  readonly progress: SharedArrayBuffer
}
export type Said =
  | { readonly finding: Finding }
  | { readonly tally: readonly (readonly [string, number])[] }
  | { readonly done: true }

/** A case that takes so long hangs. Nothing but another thread could tell. */
const hangsMs = 30_000

/** Different findings are told once, with their first case. */
const mostFindings = 30

/** Tries all cases: first what codecs make of them, in a thread that may be left to its fate, then the running relay. */
export async function fuzz(asked: Asked, say: (line: string) => void): Promise<Verdict> {
  say(`seed ${asked.seed}, ${asked.cases} cases`)
  const findings = new Map<string, Finding>()
  const tally: Tally = new Map()
  const note = (finding: Finding): void => {
    const kind = kindOf(finding)
    if (!findings.has(kind)) say(`${finding.number}: ${finding.what}: ${finding.complaint}`)
    if (findings.size < mostFindings && !findings.has(kind)) findings.set(kind, finding)
  }
  await throughCodecs(asked, tally, note, say)
  await throughRelay(asked, tally, note, say)
  return { findings: [...findings.values()], tally }
}

/** Findings that differ in numbers and names alone are one. */
const kindOf = ({ what, complaint }: Finding): string =>
  `${what} ${complaint
    .replaceAll(/'[^']*'|"[^"]*"/g, '…')
    .replaceAll(/\d+/g, 'N')
    .slice(0, 100)}`

type Note = (finding: Finding) => void
type Say = (line: string) => void

async function throughCodecs({ seed, cases }: Asked, tally: Tally, note: Note, say: Say): Promise<void> {
  const heard = (said: Said): void => {
    if ('finding' in said) note(said.finding)
    else if ('tally' in said) for (const [name, more] of said.tally) count(tally, name, more)
  }
  for (let from = 0; from < cases; ) {
    const end = await watched({ seed, from, to: cases, progress: new SharedArrayBuffer(4) }, heard, say)
    if (end < cases) note({ number: end, what: 'a case', complaint: `it hangs for more than ${hangsMs} ms` })
    from = end + 1
  }
}

/** Tries cases until all are done or one hangs: the number at which it ended. */
async function watched(task: Task, heard: (said: Said) => void, say: Say): Promise<number> {
  const worker = new Worker(new URL('worker.ts', import.meta.url).href)
  const at = new Int32Array(task.progress)
  Atomics.store(at, 0, task.from)
  let timer: Timer | undefined
  try {
    return await new Promise((resolve, reject) => {
      timer = watch(at, say, resolve)
      worker.onmessage = ({ data }: { readonly data: Said }) => ('done' in data ? resolve(task.to) : heard(data))
      worker.onerror = error => reject(new Error(`Case ${Atomics.load(at, 0)}: ${error.message}`))
      worker.postMessage(task)
    })
  } finally {
    clearInterval(timer)
    worker.terminate()
  }
}

function watch(at: Int32Array, say: Say, hung: (number: number) => void): Timer {
  let last = -1
  return setInterval(() => {
    const now = Atomics.load(at, 0)
    if (now > last) say(`${now} cases tried`)
    else hung(now)
    last = now
  }, hangsMs)
}

async function throughRelay({ seed, cases }: Asked, tally: Tally, note: Note, say: Say): Promise<void> {
  const whole = stock(seed)
  for (let next = 0; next < cases; ) {
    next = await withRelay(whole, note, async relay => {
      for (let number = next; number < cases; number++) {
        if (!isRelayed(number)) continue
        const tried = await tryRelayed(relay, seed, number)
        count(tally, `${tried.what}: ${tried.became}`)
        for (const finding of findingsIn(tried)) note(finding)
        if (number % 10_000 === 9) say(`${number} cases tried through the relay`)
        if (tried.became === noVerdict) return number + 1
      }
      return cases
    })
  }
}

async function withRelay<Made>(whole: Stock, note: Note, act: (relay: Relay) => Promise<Made>): Promise<Made> {
  const relay = await openRelay(whole)
  try {
    return await act(relay)
  } finally {
    for (const finding of await closeRelay(relay)) note(finding)
  }
}

/** One case again, with what it was made of. */
export async function retry(seed: number, number: number): Promise<{ readonly tried: Tried } & Verdict> {
  const whole = stock(seed)
  const findings: Finding[] = []
  const note = (finding: Finding): void => void findings.push(finding)
  const tried = isRelayed(number)
    ? await withRelay(whole, note, relay => tryRelayed(relay, seed, number))
    : tryOut(whole, seed, number)
  const { what, became } = tried
  return { tried, findings: [...findingsIn(tried), ...findings], tally: new Map([[`${what}: ${became}`, 1]]) }
}
