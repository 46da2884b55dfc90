import type { Visit } from '../../line.ts'
import { Fault } from '../../model/fault.ts'
import type { Batch, StreamSource } from '../../model/source.ts'
import type { ReplyWorld } from './world.ts'

type Controller = ReadableStreamDefaultController<Uint8Array>

/**
 * Hands a stream on, read by read, and notices what was in it. The next read is asked for only when the caller has taken
 * the last, so a slow caller slows the provider and nothing piles up. Before the closing mark leaves, the row is written;
 * a provider without one is settled before the body ends. However it ends, it is settled.
 *
 * One hand-written pull stream with plain `then`s: each async layer more costs some 20 us of CPU a stream.
 */
export function relay(source: StreamSource, visit: Visit, world: ReplyWorld): ReadableStream<Uint8Array> {
  const { diary, dialect } = visit
  let left = false

  const advance = (controller: Controller): Promise<void> =>
    source.next().then(
      batch => (batch ? deliver(controller, batch) : finish(controller)),
      error => fail(controller, error),
    )

  function deliver(controller: Controller, batch: Batch): Promise<void> | undefined {
    diary.noticed(batch.events, world.clock.now())
    const { bytes } = batch
    if (bytes.length === 0) return advance(controller)
    diary.bytesOut += bytes.length
    if (batch.events.some(event => event.type === 'fault')) return failed(controller, bytes)
    if (batch.events.some(event => event.type === 'done')) return world.settle(visit).then(() => say(controller, bytes))
    say(controller, bytes)
    return undefined
  }

  /** The provider's own words tell that it failed. Nothing follows them: what went on would look like a whole reply. */
  async function failed(controller: Controller, bytes: Uint8Array): Promise<void> {
    source.close()
    await world.settle(visit)
    if (left) return
    controller.enqueue(bytes)
    controller.close()
  }

  /** A caller that has left is not spoken to. */
  function say(controller: Controller, bytes: Uint8Array): void {
    if (!left) controller.enqueue(bytes)
  }

  async function finish(controller: Controller): Promise<void> {
    await world.settle(visit)
    if (!left) controller.close()
  }

  /** The reply has begun, so its failure is told inside it, as an event after which nothing comes. */
  async function fail(controller: Controller, error: unknown): Promise<void> {
    source.close()
    const fault = Fault.from(error)
    diary.ended(fault)
    await world.settle(visit)
    if (left) return
    controller.enqueue(source.fail(fault, visit.id) ?? dialect.fault.frame(fault, visit.id))
    controller.close()
  }

  return new ReadableStream<Uint8Array>(
    {
      pull: advance,
      async cancel() {
        left = true
        diary.ended(new Fault('client_closed', 'The caller left.'))
        const rest = await source.drain?.()
        if (rest) diary.noticed(rest, world.clock.now())
        source.close()
        await world.settle(visit)
      },
    },
    { highWaterMark: 0 },
  )
}
