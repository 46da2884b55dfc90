import { dialects, type Endpoint, endpoints } from './endpoints.ts'
import { afterContent, type Fault, faults, ofWholes, type Position } from './faults.ts'

/** One of the things that can happen: who is asked what, how, over whom, and what goes wrong where. */
export type Cell = {
  readonly id: number
  readonly endpoint: Endpoint
  /** The dialect of the provider that fails, and of the one that is well. */
  readonly first: string
  readonly second: string
  readonly stream: boolean
  /** A tool is called, instead of a text said. */
  readonly call: boolean
  readonly fault: Fault
  readonly position: Position
  /** A stream of text that broke off may be gone on with. */
  readonly standby: boolean
  /** The second fails in the same way. */
  readonly both: boolean
}

type Draft = Omit<Cell, 'id' | 'second'>

/** Everything that can happen. */
export function allCells(): readonly Cell[] {
  return faults.flatMap(faultDrafts).map(placed)
}

const faultDrafts = (fault: Fault): readonly Draft[] =>
  fault.at.flatMap(position =>
    endpoints.flatMap(endpoint => endpoint.forms.flatMap(stream => drafts(fault, position, endpoint, stream))),
  )

function drafts(fault: Fault, position: Position, endpoint: Endpoint, stream: boolean): readonly Draft[] {
  const { only = {} } = fault
  const call = position === 'in a tool call'
  if ((call && !endpoint.calls) || (only.stream ?? stream) !== stream) return []
  if (!stream && !ofWholes.has(position)) return []
  const firsts = endpoint.reaches.filter(first => (only.dialect ?? first) === first)
  // Without content nobody has anything to go on with; only talk that is streamed can be gone on with.
  const standbys = stream && endpoint.calls && afterContent.has(position) ? [false, true] : [false]
  const fates = position === 'before the headers' ? [false, true] : [false]
  return firsts.flatMap(first =>
    standbys.flatMap(standby => fates.map(both => ({ endpoint, first, stream, call, fault, position, standby, both }))),
  )
}

/** The one that is well speaks another dialect each time, where it can. */
function placed(draft: Draft, id: number): Cell {
  const { reaches, calls } = draft.endpoint
  const known = calls ? dialects : reaches
  return { ...draft, id, second: known[id % known.length] ?? draft.first }
}

/** Of those that are alike one each, so that every fault, place and form is there, and every endpoint somewhere. */
export function someCells(): readonly Cell[] {
  return [...Map.groupBy(allCells(), kindOf)].flatMap(([kind, cells]) => cells[seedOf(kind) % cells.length] ?? [])
}

const kindOf = ({ fault, position, stream, standby, both, first, endpoint }: Cell): string =>
  [fault.name, position, stream, standby, both, first === endpoint.tongue.id].join()

const seedOf = (text: string): number => Buffer.from(text).reduce((sum, byte) => (sum * 31 + byte) % 9973, 7)

/** What is said in a cell: a text of its own, with letters of one to four bytes. */
export const lineOf = (id: number): string =>
  `cell-${id} says: the quick brown fox jumps over the lazy dog, und die Straße glänzt; 東京 is far away 😀 and then it sleeps until ${id} suns have set.`

export const nameOf = ({ id }: Pick<Cell, 'id'>): string => `cell-${id}`
