import type { Gateway } from '../house.ts'
import type { ClosedResult } from '../load/closed.ts'
import { type Ask, requestTo } from '../requests.ts'
import { CONNECTIONS } from '../settings.ts'
import { mustBeRight, type Run } from './run.ts'

/** Asks a gateway the same in a closed loop, for so long, and sees to it that it answers rightly. */
export async function closed(run: Run, gateway: Gateway, ask: Ask, seconds: number): Promise<ClosedResult> {
  const result = await run.load<ClosedResult>({
    type: 'closed',
    port: gateway.port,
    pid: gateway.pid,
    request: requestTo(gateway.peer, run.mock.port, ask),
    connections: CONNECTIONS,
    leadSeconds: Math.min(0.3, seconds / 2),
    seconds,
  })
  mustBeRight(gateway.peer.name, ask, result)
  return result
}
