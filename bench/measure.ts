import { readdirSync, readFileSync } from 'node:fs'

/** What a process and all its children have used, from /proc: threads are in it, children that ended as well. */
export function usage(pid: number): Usage {
  const all = processes()
  let cpuMicros = 0
  let rssMb = 0
  for (const one of treeOf(pid, all)) {
    cpuMicros += one.ticks * MICROS_PER_TICK
    rssMb += (one.pages * PAGE_BYTES) / 1e6
  }
  return { cpuMicros, rssMb }
}

export type Usage = { readonly cpuMicros: number; readonly rssMb: number }

type Process = { readonly pid: number; readonly parent: number; readonly ticks: number; readonly pages: number }

// sysconf(_SC_CLK_TCK) and the page size of every Linux this runs on (x86-64, arm64 with 4 KB pages).
const MICROS_PER_TICK = 10_000
const PAGE_BYTES = 4096

function processes(): readonly Process[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => readProcess(Number(name)))
}

/** A process may end between the listing and the reading: then it is not there. */
function readProcess(pid: number): readonly Process[] {
  try {
    return [parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'latin1'))]
  } catch {
    return []
  }
}

/** The name may hold spaces and parentheses, so the fields are counted from behind it. See proc_pid_stat(5). */
export function parseStat(pid: number, stat: string): Process {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  return { pid, parent: field(4), ticks: field(14) + field(15) + field(16) + field(17), pages: field(24) }
}

export function treeOf(pid: number, all: readonly Process[]): readonly Process[] {
  const root = all.filter(one => one.pid === pid)
  const children = all.filter(one => one.parent === pid)
  return [...root, ...children.flatMap(child => treeOf(child.pid, all))]
}
