import { type Finding, tryOut } from './run.ts'
import { stock } from './stock.ts'

export type Asked = { readonly seed: number; readonly cases: number }

type Timer = ReturnType<typeof setInterval>

/** What a worker is told, and what it says: how far it is, what it found, and at last that it is done. */
export type Task = {
  readonly seed: number
  readonly from: number
  readonly to: number
  readonly progress: SharedArrayBuffer
}
export type Said = { readonly finding: Finding } | { readonly done: true }

/** A case that takes so long hangs. Nothing but another thread could tell. */
const hangsMs = 30_000

/** Different findings are told once, with their first case. */
const mostFindings = 30

/** Tries all cases, in a thread that may be left to its fate. */
export async function fuzz({ seed, cases }: Asked, say: (line: string) => void): Promise<readonly Finding[]> {
  say(`seed ${seed}, ${cases} cases`)
  const findings = new Map<string, Finding>()
  const note = (finding: Finding): void => {
    const kind = kindOf(finding)
    if (!findings.has(kind)) say(`${finding.number}: ${finding.what}: ${finding.complaint}`)
    if (findings.size < mostFindings && !findings.has(kind)) findings.set(kind, finding)
  }
  for (let from = 0; from < cases; ) {
    const end = await watched({ seed, from, to: cases, progress: new SharedArrayBuffer(4) }, note, say)
    if (end < cases) note({ number: end, what: 'a case', complaint: `it hangs for more than ${hangsMs} ms` })
    from = end + 1
  }
  return [...findings.values()]
}

/** Findings that differ in numbers and names alone are one. */
const kindOf = ({ what, complaint }: Finding): string =>
  `${what} ${complaint
    .replaceAll(/'[^']*'|"[^"]*"/g, '…')
    .replaceAll(/\d+/g, 'N')
    .slice(0, 100)}`

/** Tries cases until all are done or one hangs: the number at which it ended. */
async function watched(task: Task, note: (finding: Finding) => void, say: (line: string) => void): Promise<number> {
  const worker = new Worker(new URL('worker.ts', import.meta.url).href)
  const at = new Int32Array(task.progress)
  Atomics.store(at, 0, task.from)
  let timer: Timer | undefined
  try {
    return await new Promise((resolve, reject) => {
      timer = watch(at, say, resolve)
      worker.onmessage = ({ data }: { readonly data: Said }) =>
        'finding' in data ? note(data.finding) : resolve(task.to)
      worker.onerror = error => reject(new Error(error.message))
      worker.postMessage(task)
    })
  } finally {
    clearInterval(timer)
    worker.terminate()
  }
}

function watch(at: Int32Array, say: (line: string) => void, hung: (number: number) => void): Timer {
  let last = -1
  return setInterval(() => {
    const now = Atomics.load(at, 0)
    if (now > last) say(`${now} cases tried`)
    else hung(now)
    last = now
  }, hangsMs)
}

/** One case again. */
export const retry = async (seed: number, number: number): Promise<readonly Finding[]> =>
  tryOut(await stock(seed), seed, number)
