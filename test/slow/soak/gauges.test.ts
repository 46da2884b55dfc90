import { expect, test } from 'bun:test'
import { connect, createServer, type Socket } from 'node:net'
import { eventually } from '../../fakes/ledger.ts'
import { portsTo, slopeOf, socketsTo, strandedAt } from './gauges.ts'

test.skipIf(process.platform !== 'linux')(
  'a connection is held to nobody from when its client is gone until its server has closed it, too',
  async () => {
    const held: Socket[] = []
    const server = createServer({ allowHalfOpen: true }, socket => void held.push(socket.resume()))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const stranded = async (): Promise<number> => strandedAt(port, process.pid, process.pid)
    const client = connect(port, '127.0.0.1')
    try {
      await eventually(
        async () => held.length,
        length => length === 1,
      )
      expect([await stranded(), socketsTo(port, process.pid)]).toEqual([0, 1])
      expect(portsTo(port, process.pid)).toEqual([client.localPort ?? 0])
      client.destroy()
      await eventually(stranded, count => count === 1)
      held[0]?.destroy()
      await eventually(stranded, count => count === 0)
    } finally {
      client.destroy()
      server.close()
    }
  },
)

test('a slope is that of most pairs, whatever a single one says', () => {
  const points = [0, 1, 2, 3, 4, 5, 6].map(x => [x, x === 3 ? 900 : 2 * x] as const)
  expect(slopeOf(points)).toBe(2)
})
