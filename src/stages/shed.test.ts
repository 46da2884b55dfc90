import { expect, test } from 'bun:test'
import { Fault } from '../model/fault.ts'
import type { Happening } from '../model/happening.ts'
import { shed } from './shed.ts'

const limits = { maxInFlight: 3, maxLagMs: 500 }

function shedAt(inFlight: number, lagMs: number) {
  const told: Happening[] = []
  try {
    shed({ inFlight: () => inFlight, lagMs: () => lagMs }, limits, happening => void told.push(happening))
    return { told, fault: undefined }
  } catch (error) {
    return { told, fault: error instanceof Fault ? error : undefined }
  }
}

test.each([
  [3, 499, undefined],
  [4, 0, 'in_flight'],
  [1, 500, 'lag'],
] as const)(
  'with %i requests on their way and a lag of %i ms, the next is turned away for %p',
  (inFlight, lag, reason) => {
    const { told, fault } = shedAt(inFlight, lag)
    expect(told).toEqual(reason === undefined ? [] : [{ type: 'shed', reason }])
    expect(fault && [fault.code, fault.status, fault.retryAfterMs]).toEqual(
      reason === undefined ? undefined : ['overloaded', 503, 1000],
    )
  },
)
