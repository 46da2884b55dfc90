import type { StreamReading } from '../../dialects/dialect.ts'
import { bufferOf, frameEnd } from '../../lib/sse-scan.ts'
import type { Batch } from '../../model/source.ts'
import { faultAmong } from './read-whole.ts'

/**
 * What was read, up to the frame that tells of a failure: with what may stand behind it (`[DONE]`, `message_stop`) a stream
 * that failed would end like a whole one. Few streams fail, so that it is looked for again, frame by frame.
 */
export function upToFault({ bytes, events }: Batch, stream: StreamReading): Batch {
  const glancer = stream.glance({ hideUsage: false, array: false })
  const frames = bufferOf(bytes)
  let end = 0
  for (let failed = false; !failed && end < frames.length; ) {
    const from = end
    end = frameEnd(frames, from)
    failed = faultAmong(glancer.read(frames.subarray(from, end)).events) !== undefined
  }
  return {
    bytes: bytes.subarray(0, end),
    events: events.slice(0, events.findIndex(({ type }) => type === 'fault') + 1),
  }
}
