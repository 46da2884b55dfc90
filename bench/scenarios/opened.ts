import type { Gateway } from '../house.ts'
import type { OpenResult } from '../load/open.ts'
import { type Ask, requestTo } from '../requests.ts'
import { mustBeRight, type Run } from './run.ts'

/** Asks a gateway at a fixed rate, whether or not it has answered, and sees to it that it answers rightly. */
export async function opened(run: Run, gateway: Gateway, { ask, ...how }: Opened): Promise<OpenResult> {
  const request = requestTo(gateway.peer, run.mock.port, ask)
  const result = await run.load<OpenResult>({ type: 'open', port: gateway.port, request, ...how })
  mustBeRight(gateway.peer.name, ask, result)
  return result
}

type Opened = { readonly ask: Ask; readonly connections: number; readonly rate: number; readonly seconds: number }
