import { open } from '../house.ts'
import { type Figure, figure, isGateway, type Run } from './run.ts'

/** From the start of the process to its first 200 from the mock, each time in a new folder. */
export async function cold(run: Run): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (let round = 1; round <= run.settings.starts; round += 1)
    for (const peer of run.peers.filter(isGateway)) {
      const gateway = await open(peer, run.mock.port)
      await gateway.close()
      run.say(`start ${round}/${run.settings.starts} · ${peer.name}: ${gateway.startMs.toFixed(0)} ms`)
      figures.push(figure(gateway, 'start', gateway.startMs))
    }
  return figures
}
